"""Fetching networks from a project's public releases: one archive, checked by the digest that the release lists."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from . import folders, held, seven_zip
from .catalog import Entry, Family, Release
from .download import Meter, Progress, sha256_of
from .errors import DownloadError, UserError

_HOST = "https://api.github.com"
_SECONDS = 30
"""Without an answer."""


@dataclass(frozen=True, kw_only=True)
class _Asset:
    """One file of a release, as the host lists it."""

    name: str
    url: str
    size: int
    sha256: str | None
    """In hexadecimal digits; None where the host lists none, as for files that are older than its digests."""


def fetch(wanted: Iterable[tuple[Family, Entry]], progress: Progress | None = None) -> list[Path]:
    """Download networks that a release carries into the user's models folder.

    An archive is downloaded once for all the networks of its family in it. Each network has a file ``NAME.onnx.origin``
    next to it: where it comes from, its licence, and the SHA-256 of archive and network.

    Arguments:
        wanted: networks with their families; each family must have a release.
        progress: receives one sentence for each step that takes time, and the licence.

    Returns the network files put into place. Raises DownloadError in one sentence; nothing half-written stays behind.
    """
    say = progress or (lambda _: None)
    missing: dict[tuple[str, str], tuple[Family, list[Entry]]] = {}
    for family, entry in wanted:
        if not any(_is_whole(folders.user_models() / f"{file}.onnx") for file in entry.files):
            archive = archive_of(family, entry)
            missing.setdefault((family.name, archive), (family, []))[1].append(entry)
    placed: list[Path] = []
    for (_, archive), (family, entries) in missing.items():
        placed += _fetch_archive(family, archive, entries, say)
    return placed


def archive_of(family: Family, entry: Entry) -> str:
    """The archive of a family's release that holds a network. Raises DownloadError where none is known to."""
    if family.release is not None:
        for pattern, archive in family.release.archives:
            if match := re.fullmatch(pattern, entry.model):
                return match.expand(archive)
    raise DownloadError(f"no public release is known to carry {entry.name}")


def _fetch_archive(family: Family, archive: str, entries: list[Entry], say: Progress) -> list[Path]:
    release = family.release
    assert release is not None
    root = folders.user_models()
    try:
        with folders.staging(root) as scratch:
            asset = _asset(release, archive)
            size = f"{max(1, asset.size >> 20)} MB"
            say(f"downloading {archive} ({size}) from {release.page} for {', '.join(entry.name for entry in entries)}")
            say(f"licence of {family.title}: {release.license}")
            file, digest = _download(asset, scratch, Meter(say, archive, asset.size))
            if asset.sha256 is None:
                say(f"{release.page} lists no digest of {archive}; its SHA-256 is {digest}, kept next to the networks")
            (unpacked := scratch / "unpacked").mkdir()
            seven_zip.unpack(file, unpacked)
            origin = f"archive {asset.url}\narchive-sha256 {digest}\nlicence {release.license}\n"
            placed = {entry.name: _place(unpacked, entry, origin, root) for entry in family.entries}
    except OSError as error:
        if isinstance(error, UserError):
            raise
        raise DownloadError(f"{root} cannot be written: {error.strerror or error}") from error
    if absent := [entry.name for entry in entries if not placed[entry.name]]:
        raise DownloadError(f"{archive} of {release.page} does not hold {', '.join(absent)}")
    return [path for entry in entries for path in placed[entry.name]]


def _asset(release: Release, archive: str) -> _Asset:
    host = os.environ.get("VSMLRT_RELEASES", "") or _HOST
    listing = f"{host}/repos/{release.repository}/releases/tags/{release.tag}"
    with _open(listing) as answer:
        try:
            found: Any = json.load(answer)
            assets = {str(item["name"]): item for item in found["assets"]}
            if archive not in assets:
                raise DownloadError(f"{release.page} has no {archive}")
            item = assets[archive]
            digest = str(item.get("digest") or "")
            return _Asset(
                name=archive,
                url=str(item["browser_download_url"]),
                size=int(item["size"]),
                sha256=digest.removeprefix("sha256:") if digest.startswith("sha256:") else None,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DownloadError(f"{listing} does not answer with a release's list of files") from error


def _download(asset: _Asset, scratch: Path, meter: Meter) -> tuple[Path, str]:
    target = scratch / asset.name
    digest = hashlib.sha256()
    received = 0
    with _open(asset.url) as answer, target.open("wb") as file:
        while block := _read(answer, asset.url):
            received += len(block)
            if received > asset.size:
                break
            digest.update(block)
            file.write(block)
            meter.reach(received)
    if received != asset.size:
        raise DownloadError(f"the download of {asset.name} is not {asset.size} bytes long, as the release says")
    if asset.sha256 is not None and digest.hexdigest() != asset.sha256:
        raise DownloadError(
            f"the download of {asset.name} is not the file that the release lists: its SHA-256 is "
            f"{digest.hexdigest()}, not {asset.sha256}"
        )
    return target, digest.hexdigest()


def _open(url: str) -> IO[bytes]:
    import urllib.error
    import urllib.request  # not with the package: it takes a tenth of its start

    request = urllib.request.Request(url, headers={"User-Agent": "vsmlrt", "Accept": "*/*"})
    try:
        answer: IO[bytes] = urllib.request.urlopen(request, timeout=_SECONDS)
        return answer
    except urllib.error.HTTPError as error:
        why = "too many requests, try again later" if error.code in (403, 429) else f"it answers {error.code}"
        raise DownloadError(f"{url} was not downloaded: {why}") from error
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise DownloadError(_offline(url, error)) from error


def _read(answer: IO[bytes], url: str) -> bytes:
    try:
        return answer.read(1 << 20)
    except OSError as error:
        raise DownloadError(_offline(url, error)) from error


def _offline(url: str, error: Exception) -> str:
    why = getattr(error, "reason", error)
    return (
        f"{url} cannot be reached ({getattr(why, 'strerror', None) or why}): check the connection and run the command "
        "again, or 'vsmlrt models add FILE' with the file from elsewhere"
    )


def _place(unpacked: Path, entry: Entry, origin: str, root: Path) -> list[Path]:
    """The network's files out of an unpacked archive: each representation that it holds."""
    placed = []
    for stem in entry.files:
        wanted = f"{stem}.onnx"
        depth = wanted.count("/") + 1
        found = [file for file in unpacked.rglob(Path(wanted).name) if "/".join(file.parts[-depth:]) == wanted]
        if not found:
            continue
        target = root / wanted
        target.parent.mkdir(parents=True, exist_ok=True)
        note = found[0].with_name(f"{found[0].name}.origin")
        note.write_text(f"{origin}sha256 {sha256_of(found[0])}\n", encoding="utf-8")
        held.replace(note, _note_of(target))
        held.replace(found[0], target)
        placed.append(target)
    return placed


def _note_of(network: Path) -> Path:
    return network.with_name(f"{network.name}.origin")


def _is_whole(network: Path) -> bool:
    """Whether the file is there, and is the one that was put there where it was fetched."""
    if not network.is_file():
        return False
    note = _note_of(network)
    kept = note.read_text(encoding="utf-8").splitlines() if note.is_file() else []
    digests = [line.removeprefix("sha256 ") for line in kept if line.startswith("sha256 ")]
    return not digests or digests[0] == sha256_of(network)
