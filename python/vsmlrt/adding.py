"""Taking the user's own network files into the user's models folder: a file, a whole models folder or its archive."""

from __future__ import annotations

import filecmp
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from . import catalog, folders, held, seven_zip, store
from .errors import UserError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")

_RIFE_FOLDER = re.compile(r"rife[-_]?v(4(?:\.\d+)?)(?:[-_](lite|heavy))?(?:[-_]ensemble(True|False))?", re.IGNORECASE)
"""A folder of rife-ncnn-vulkan or its VapourSynth plugin: ``rife-v4.6``, ``rife-v4.12-lite_ensembleFalse``."""


@dataclass(frozen=True)
class _Part:
    """One file to take in: where it goes below the models folder, and how it is opened."""

    place: PurePosixPath
    open: Callable[[], IO[bytes]]


def add(path: Path, name: str | None = None, *, overwrite: bool = False) -> list[Path]:
    """Copy a network file, a models folder or an archive of one into the user's models folder.

    Arguments:
        path: an ``.onnx`` file; an ncnn ``.param`` file with its ``.bin`` next to it; a folder, a
            ``.zip`` or a ``.7z`` in vs-mlrt's layout (``models/dpir/drunet_color.onnx``), whose network files keep
            their places, or in rife-ncnn-vulkan's (``rife-v4.6/flownet.param``).
        name: for one file: the name it is found by later. Default: its place in vs-mlrt's layout if it has one, else
            the file's own name.
        overwrite: whether other files than these may be replaced, which the models folder has by their names.

    Returns the network files put into place. Raises UserError for what is not a network, for a file that is not there
    and for one that would replace another; then nothing was changed.
    """
    if not path.exists():
        raise UserError(f"there is no file or folder {path}")
    single = not path.is_dir() and path.suffix.lower() in folders.EXTENSIONS
    if name is not None and not single:
        raise UserError(f"a name goes with one network file ({' or '.join(folders.EXTENSIONS)}), and {path} is none")
    try:
        if single:
            return _take(_parts_of_file(path, name), check=True, overwrite=overwrite)
        if path.is_dir():
            return _take(_parts_of_folder(path, path.name), check=False, overwrite=overwrite)
        if seven_zip.is_7z(path):
            return _take_7z(path, overwrite=overwrite)
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return _take(_parts_of_zip(archive, path), check=False, overwrite=overwrite)
    except (OSError, zipfile.BadZipFile, zipfile.LargeZipFile) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{path} could not be added: {getattr(error, 'strerror', None) or error}") from error
    raise UserError(
        f"{path} is none of what can be added: an .onnx file, a .param file with its .bin, a folder of them, or a .zip "
        "or .7z of that; unpack other archives first"
    )


def _take(parts: list[_Part], *, check: bool, overwrite: bool) -> list[Path]:
    root = folders.user_models()
    networks = []
    with folders.staging(root) as scratch:
        for part in parts:
            (scratch / part.place).parent.mkdir(parents=True, exist_ok=True)
            with part.open() as source, (scratch / part.place).open("wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)
        if check:
            for part in parts:
                if part.place.suffix in folders.EXTENSIONS:
                    store.inspect(scratch / part.place)
        if not overwrite:
            for part in parts:
                _check_replaced(root / part.place, scratch / part.place)
        # Weights first: a .param says that its network is there.
        for part in sorted(parts, key=lambda part: part.place.suffix in folders.EXTENSIONS):
            target = root / part.place
            target.parent.mkdir(parents=True, exist_ok=True)
            held.replace(scratch / part.place, target)
            if part.place.suffix in folders.EXTENSIONS:
                networks.append(target)
    return networks


def _check_replaced(old: Path, new: Path) -> None:
    """Raises UserError where another file would be lost."""
    if old.exists() and not filecmp.cmp(old, new, shallow=False):
        raise UserError(f"{old} exists and is another file; give --overwrite to replace it, or --name for another name")


def _parts_of_file(path: Path, name: str | None) -> list[_Part]:
    stem = _stem_for(path) if name is None else _stem_named(name)
    weights = folders.weights_of(path)
    if weights is not None and not weights.is_file():
        raise UserError(f"{path} needs its weights next to it: there is no {weights}")
    files = [path] if weights is None else [path, weights]
    return [_Part(PurePosixPath(stem + file.suffix.lower()), _opener(file)) for file in files]


def _opener(file: Path) -> Callable[[], IO[bytes]]:
    return lambda: file.open("rb")


def _stem_for(path: Path) -> str:
    return _known_stem(path.resolve().parts) or _stem_named(path.stem)


def _known_stem(parts: tuple[str, ...]) -> str | None:
    """A file's place in vs-mlrt's layout: told by its folders and name, or by its name alone if one network has it."""
    trailing = (*parts[:-1], PurePosixPath(parts[-1]).stem)
    rife = _rife_stem(trailing)
    if rife is not None:
        return rife
    alike = []
    for _, entry in store.entries():
        for file in entry.files:
            if trailing[-file.count("/") - 1 :] == tuple(file.split("/")):
                return file
        alike += [entry.file for file in entry.files if file.rsplit("/", 1)[-1] == trailing[-1]]
    return alike[0] if len(set(alike)) == 1 else None


def _rife_stem(parts: tuple[str, ...]) -> str | None:
    """The place of rife-ncnn-vulkan's ``rife-v4.6/flownet``; a version that is not listed is called like its folder."""
    match = _RIFE_FOLDER.fullmatch(parts[-2]) if parts[-1] == "flownet" and len(parts) > 1 else None
    if match is None:
        return None
    version, kind, ensemble = match.groups()
    model = "v" + (version if "." in version else f"{version}.0")
    model += f"_{kind.lower()}" if kind else ""
    model += "_ensemble" if (ensemble or "").lower() == "true" else ""
    return next((entry.file for entry in catalog.families()["rife"].entries if entry.model == model), parts[-2])


def _stem_named(name: str) -> str:
    for _, entry in store.entries():
        if entry.name == name:
            return entry.file
    taken = {entry.model for _, entry in store.entries()} | set(catalog.families())
    if name in taken:
        raise UserError(f"{name} is the name of a model or family already: give another one with --name")
    if not _NAME.fullmatch(name):
        raise UserError(f'a name is letters, digits and ._+-, got "{name}": give another one with --name')
    return name


def _take_7z(path: Path, *, overwrite: bool) -> list[Path]:
    with tempfile.TemporaryDirectory(dir=_existing(folders.user_models())) as scratch:
        seven_zip.unpack(path, Path(scratch))
        try:
            parts = _parts_of_folder(Path(scratch), path.stem)
        except UserError as error:
            raise UserError(str(error).replace(scratch, str(path))) from None
        return _take(parts, check=False, overwrite=overwrite)


def _parts_of_folder(path: Path, title: str) -> list[_Part]:
    files = [file for file in sorted(path.rglob("*")) if file.is_file()]
    named = {PurePosixPath(file.relative_to(path).as_posix()): file for file in files}
    places = _network_files(named, path, title)
    return [_Part(place, _opener(named[member])) for member, place in places.items()]


def _parts_of_zip(archive: zipfile.ZipFile, path: Path) -> list[_Part]:
    members = {}
    for info in archive.infolist():
        member = PurePosixPath(info.filename)
        if (
            member.is_absolute()
            or ".." in member.parts
            or "\\" in info.filename
            or stat.S_ISLNK(info.external_attr >> 16)
        ):
            raise UserError(f'{path} holds "{info.filename}", which points outside of the folder it is unpacked into')
        if not info.is_dir():
            members[member] = info
    total = sum(info.file_size for info in members.values())
    free = shutil.disk_usage(_existing(folders.user_models())).free
    if total > free:
        raise UserError(f"{path} unpacks to {total >> 20} MiB, and {folders.user_models()} has {free >> 20} MiB left")
    places = _network_files(members, path, path.stem)
    return [_Part(place, _zip_opener(archive, members[member])) for member, place in places.items()]


def _zip_opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(info)


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder


def _network_files(members: Iterable[PurePosixPath], path: Path, title: str) -> dict[PurePosixPath, PurePosixPath]:
    """The members that are network files whole, each with its place below a models folder."""
    names = set(members)
    wanted = {}
    for member in names:
        weights = member.with_suffix(".bin") if member.suffix == ".param" else None
        if member.suffix in folders.EXTENSIONS and (weights is None or weights in names):
            for part in (member, weights) if weights else (member,):
                wanted[part] = _place(part, title)
    if not wanted:
        raise UserError(f"{path} holds no network file: .onnx, or .param with its .bin")
    return wanted


def _place(member: PurePosixPath, title: str) -> PurePosixPath:
    """Where a known network is found; else below the last folder called models, or where the file is.

    A family's folder given by itself keeps its name.
    """
    parts = member.parts
    stem = _known_stem((title, *parts))
    if stem is not None:
        return PurePosixPath(stem + member.suffix)
    if "models" in parts[:-1]:
        return PurePosixPath(*parts[len(parts) - parts[::-1].index("models") :])
    known = {file.split("/")[0] for _, entry in store.entries() for file in entry.files}
    return PurePosixPath(title, member) if title in known else member
