"""Options by name: profiles in the user's configuration, and choices of a network for a kind of picture.

Both stand behind what is written on the command line and before the options' own defaults; a profile before a choice.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import folders
from ..video.errors import UsageError, reason
from . import values

PRESET_NAMES = ("fast", "balanced", "best")
MATERIALS = ("drawn", "natural")

NETWORKS = {
    "drawn": {"fast": "animevideov3", "balanced": "cugan", "best": "realesrgan-x4plus-anime"},
    "natural": {
        "fast": "waifu2x-upconv_7_photo-2x",
        "balanced": "swinir-lightweightSR_DIV2K_s64w8_SwinIR_S_x2",
        "best": "realesrgan-x4plus",
    },
}
"""The network for enlarging each kind of picture, by how long it takes: each is measured to be slower than the one
before it (docs/performance.md), and each can be fetched."""

_NOT_IN_PROFILES = ("source", "output", "profile", "preset_name", "material")


def config_file() -> Path:
    """Where profiles are: the file that VSMLRT_CONFIG names, else ``$XDG_CONFIG_HOME/vsmlrt/config.toml``."""
    named = os.environ.get("VSMLRT_CONFIG", "")
    return Path(named).expanduser() if named else folders.config() / "config.toml"


def defaults(
    words: Sequence[str], own: Collection[str], known: Callable[[], Collection[str]], flags: Collection[str]
) -> dict[str, Any]:
    """What a command's words say by a name, as its parameters' defaults.

    ``own`` are the command's parameters, ``known`` gives those of every command: a profile serves several, each of
    which takes what it knows. ``flags`` are those of them that are true or false. Raises UsageError for a name or an
    option that there is not.
    """
    found: dict[str, Any] = {}
    if "preset_name" in own:
        name, material = given(words, "--preset-name"), given(words, "--material")
        if material is not None:
            values.one_of("--material", material, MATERIALS)
            if name is None:
                raise UsageError("--material is about --preset-name; give that as well, or leave it out")
        if name is not None and given(words, "--model") is not None:
            raise UsageError("--model and --preset-name both say which network it is; give one of them")
        if name is not None:
            found["model"] = NETWORKS[material or "drawn"][values.one_of("--preset-name", name, PRESET_NAMES)]
    if "profile" in own and (profile := given(words, "--profile")) is not None:
        told = {key: value for key, value in _profile(profile, known()).items() if key in own}
        for key, value in told.items():
            if isinstance(value, bool) != (key in flags):
                wanted = "true or false" if key in flags else "a word or a number"
                name = key.replace("_", "-")
                raise UsageError(f"{config_file()}: {name} of the profile {profile} has to be {wanted}, not {value!r}")
        found |= told
    return found


def given(words: Sequence[str], option: str) -> str | None:
    """The value of an option, the last one where it is given several times."""
    value = None
    for place, word in enumerate(words):
        if word == "--":
            break
        if word.startswith(f"{option}="):
            value = word.partition("=")[2]
        elif word == option and place + 1 < len(words):
            value = words[place + 1]
    return value


def _profile(name: str, known: Collection[str]) -> Mapping[str, Any]:
    path = config_file()
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise UsageError(f"--profile {name}: there is no {path}; write a table [profiles.{name}] into it") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"--profile {name}: {path} cannot be read: {reason(error)}") from error
    profiles = told.get("profiles", {})
    profile = profiles.get(name) if isinstance(profiles, dict) else None
    if not isinstance(profile, dict):
        there = ", ".join(profiles) if isinstance(profiles, dict) and profiles else "none"
        raise UsageError(
            f"--profile takes the name of a table [profiles.NAME] in {path}, which are {there}; not {name!r}"
        )
    made: dict[str, Any] = {}
    for key, value in profile.items():
        field = key.replace("-", "_")
        if isinstance(value, bool) and field.startswith("no_") and field.removeprefix("no_") in known:
            field, value = field.removeprefix("no_"), not value
        if field not in known or field in _NOT_IN_PROFILES:
            raise UsageError(f"{path}: the profile {name} has {key}, which is not an option that a profile can have")
        if not isinstance(value, str | int | float | bool):
            raise UsageError(f"{path}: {key} of the profile {name} has to be a word, a number, true or false")
        made[field] = value
    return made
