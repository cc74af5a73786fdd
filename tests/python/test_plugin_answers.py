"""What the plugin answers is read the same however many entries there are of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import vapoursynth as vs
from rich.console import Console

import vsmlrt
from hosting import ROOT, noise, picture, plugin_core, skip_where_missing
from networks import convs
from vsmlrt import plugin, store
from vsmlrt.backend import placing
from vsmlrt.cli import doctor
from vsmlrt.errors import SetupError

COUNTS = [0, 1, 2, 3]


def bare(values: list[Any]) -> Any:
    """As VapourSynth hands an array to Python."""
    return values[0] if len(values) == 1 else values


def answer(**arrays: list[Any]) -> dict[str, Any]:
    """As VapourSynth hands a map to Python: arrays of nothing are not in it."""
    return {key: bare(values) for key, values in arrays.items() if values}


class Plugin:
    """Stands for the core; its plugin gives `found` whatever it is asked."""

    def __init__(self, found: Any) -> None:
        self.found = found
        self.mlrt = self
        self.namespace = "mlrt"

    def __getattr__(self, function: str) -> Any:
        return lambda *arguments, **named: self.found


def devices(present: int, missing: int, as_bytes: bool) -> dict[str, Any]:
    def of(text: str, count: int) -> list[Any]:
        return [f"{text}{n}".encode() if as_bytes else f"{text}{n}" for n in range(count)]

    return answer(
        backend=of("openvino.", present),
        id=of("CPU.", present),
        name=of("A processor ", present),
        group=of("group", present),
        number=list(range(present)),
        memory=[n << 30 for n in range(present)],
        missing=of("backend", missing),
        reason=of("because ", missing),
    )


def test_a_real_map_has_the_shape_that_these_tests_take_for_granted() -> None:
    """One entry is bare, several are a list, none is not there; as properties of a frame, which are a map too."""
    clip = vs.core.std.BlankClip(length=1)
    with clip.std.SetFrameProps(one=[1], several=[1, 2], text="a").get_frame(0) as frame:
        found = dict(frame.props)
    assert (found["one"], list(found["several"]), "none" in found) == (1, [1, 2], False)
    lists = plugin.lists(found)
    assert (lists["one"], lists["several"], lists["text"], lists["none"]) == ([1], [1, 2], ["a"], [])


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("value", [7, 0.5, "text", b"text", ""])
def test_every_key_is_a_list(count: int, value: Any) -> None:
    wanted = [value.decode() if isinstance(value, bytes) else value] * count
    assert plugin.lists(answer(key=[value] * count))["key"] == wanted
    assert plugin.lists({"key": [value] * count})["key"] == wanted


@pytest.mark.parametrize("count", COUNTS)
def test_one_value_is_one(count: int) -> None:
    lists = plugin.lists(answer(key=[5] * count))
    if count == 1:
        assert lists.one("key") == 5
    else:
        with pytest.raises(SetupError, match=f"gave {count} values of key, and one was expected"):
            lists.one("key")


@pytest.mark.parametrize("as_bytes", [False, True])
@pytest.mark.parametrize("missing", COUNTS)
@pytest.mark.parametrize("present", COUNTS)
def test_the_machine(monkeypatch: pytest.MonkeyPatch, present: int, missing: int, as_bytes: bool) -> None:
    monkeypatch.setattr("vsmlrt.plugin.core", lambda: Plugin(devices(present, missing, as_bytes)))
    assert placing.machine() == placing.Machine(
        {f"openvino.{n}": (placing.Device(f"CPU.{n}", f"group{n}", n),) for n in range(present)},
        {f"backend{n}": f"because {n}" for n in range(missing)},
    )


@pytest.mark.parametrize("missing", COUNTS)
@pytest.mark.parametrize("present", COUNTS)
def test_doctor(monkeypatch: pytest.MonkeyPatch, present: int, missing: int) -> None:
    screen = Console(record=True, width=200)
    assert doctor._devices(screen, plugin.lists(devices(present, missing, False))) == (present > 0)
    lines = [re.split(r" {2,}", line.strip()) for line in screen.export_text().splitlines()[1:] if line.strip()]
    sizes: list[list[str]] = [[], ["1.0 GiB"], ["2.0 GiB"]]
    assert lines == [
        *([f"openvino.{n}", f"CPU.{n}", f"A processor {n}", *sizes[n]] for n in range(present)),
        *([f"backend{n}", "none", f"because {n}"] for n in range(missing)),
    ]


@pytest.mark.parametrize("missing", COUNTS)
def test_a_name_within_another_is_not_missing(missing: int) -> None:
    """`backend` is a part of each of the names that are missing, and itself not missing."""
    skip_where_missing(Plugin(devices(1, missing, False)), "backend")
    for n in range(missing):
        with pytest.raises(pytest.skip.Exception, match=f"backend{n}: because {n}"):
            skip_where_missing(Plugin(devices(1, missing, False)), f"backend{n}")


@pytest.mark.parametrize("count", COUNTS)
def test_what_is_known_of_a_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, count: int) -> None:
    path = tmp_path / "n.onnx"
    path.touch()
    monkeypatch.setattr("vsmlrt.plugin.core", lambda: Plugin(answer(channels=[3], scale=[2] * count)))
    if count > 1:
        with pytest.raises(SetupError, match="values of scale"):
            store.inspect(path)
    else:
        assert store.inspect(path) == {"channels": 3} | ({"scale": 2} if count else {})


@pytest.mark.parametrize("channels", [1, 2, 5])
def test_flexible_output(tmp_path: Path, channels: int) -> None:
    core = plugin_core()
    network = convs(tmp_path / "n.onnx", 2, outputs=channels)
    found = vsmlrt.flexible_inference(noise(core, 32, 24), str(network), backend=vsmlrt.Backend.OV_CPU())
    assert [picture(clip)[0].shape for clip in found] == [(24, 32)] * channels


def test_an_answer_without_keys_has_none(tmp_path: Path) -> None:
    assert plugin_core().mlrt.Plans(str(tmp_path)) is None
    assert plugin.lists(plugin_core().mlrt.Plans(str(tmp_path)))["file"] == []


def test_every_reader_goes_through_lists() -> None:
    """In this package, its tests, its benchmarks and its tools."""
    asked = re.compile(r"\bmlrt\.(?:Devices|Version|Inspect)\(")
    files = [file for folder in ("python", "tests", "bench", "tools") for file in (ROOT / folder).rglob("*.py")]
    texts = {file: file.read_text() for file in files}
    readers = [(file, text[: found.start()][-60:]) for file, text in texts.items() for found in asked.finditer(text)]
    assert len(readers) > 8
    assert not [(file.name, before) for file, before in readers if not re.search(r"\blists\([\w.()]*$", before)]
