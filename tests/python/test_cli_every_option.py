"""Each option of each command changes what comes out or is refused: none is accepted and does nothing.

The options are read from the command line itself, so that a new one without an entry here fails.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import helper

import networks
from hosting import plugin_core
from interpolators import fade
from option_cases import Changes, Outcome, Refused, Shell
from option_tables import COMMANDS, FP32, WORDS
from rife_networks import random, v4_6
from video_samples import make_video
from vsmlrt import cli
from vsmlrt import video as video_part
from vsmlrt.benchmark import running
from vsmlrt.benchmark.worker import Job, Result
from vsmlrt.cli import options, several
from vsmlrt.video import job
from vsmlrt.video.errors import FIELDS, FieldError

TICKS = list(range(0, 512 * 4, 512))


def strength_network(path: Path, operator: str) -> str:
    """Darkens (Sub) or lightens (Add) the picture by its strength."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nodes = [
        helper.make_node("Split", ["input", "sizes"], ["picture", "strength"], axis=1),
        helper.make_node(operator, ["picture", "strength"], ["output"]),
    ]
    return networks.save(path, nodes, {"sizes": np.array([3, 1], np.int64)}, 4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with a small network of every kind that the commands choose from."""
    root = tmp_path_factory.mktemp("models")
    for name, layers, scale in (
        ("RealESRGANv2/realesr-animevideov3-x2", 3, 2),
        ("RealESRGANv2/realesr-animevideov3-x3", 3, 3),
        ("RealESRGANv2/realesr-animevideov3", 3, 4),
        ("cugan/up2x-latest-no-denoise", 2, 2),
        ("cugan/up2x-latest-denoise3x", 4, 2),
    ):
        (root / name).parent.mkdir(exist_ok=True)
        networks.convs(root / f"{name}.onnx", layers, scale)
    strength_network(root / "dpir" / "drunet_color.onnx", "Sub")
    strength_network(root / "dpir" / "drunet_deblocking_color.onnx", "Add")
    fade(root / "rife" / "rife_v4.6.onnx", 7)
    (root / "rife_v2").mkdir()
    v4_6(root / "rife_v2" / "rife_v4.0.onnx", random(), "flow_scale", (8, 8, 8, 8))
    networks.identity(root / "own.onnx")
    return root


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("in") / "in.mkv", TICKS)


@pytest.fixture(scope="module")
def videos() -> dict[tuple[str, ...], Outcome]:
    return {}


@pytest.fixture
def shell(
    tmp_path: Path,
    video: Path,
    folder: Path,
    videos: dict[tuple[str, ...], Outcome],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Shell]:
    plugin_core()
    monkeypatch.setenv("VSMLRT_MODELS", str(folder))
    monkeypatch.setenv("VSMLRT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("VSMLRT_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("[profiles.small]\ncrf = 40\n")
    monkeypatch.setattr(running, "run", lambda job: measured(tmp_path, job))

    def prepare(place: Path) -> None:
        (place / "old.mkv").write_bytes(b"old")
        (place / "old.onnx").write_bytes(b"old")
        (place / "old.html").write_bytes(b"old")
        (place / "plans").mkdir()
        (place / "plans" / "net_64x64_fp32.plan").write_bytes(b"plan")

    here = os.getcwd()
    yield Shell(tmp_path / "runs", video, folder, monkeypatch, capsys, prepare, videos)
    os.chdir(here)


def measured(folder: Path, job: Job) -> Result:
    """A figure that tells what was measured."""
    told = [job.network_path, sorted(job.arguments.items()), job.width, job.height, job.half, job.frames, job.seconds]
    told.append(job.layers)
    return Result(fps=sum(map(ord, str(told).replace(str(folder), ""))), memory_of="process")


def options_of(command: Any, name: str = "") -> dict[str, list[str]]:
    """The real options of a command and those below it."""
    names = [(p.opts[0] if p.opts[0].startswith("-") else p.name.upper()) for p in command.params]
    found = {name: [one for one in names if one not in ("--help", "SOURCE", "OUTPUT") or name == "models import"]}
    for word, below in getattr(command, "commands", {}).items():
        found |= options_of(below, f"{name} {word}".strip())
    return {key: value for key, value in found.items() if key not in ("cache", "models")}


def test_every_option_has_its_entry() -> None:
    real = options_of(cli.command())
    assert {name: sorted(found) for name, found in real.items()} == {
        name: sorted(found) for name, found in COMMANDS.items()
    }
    shown_below = ("--overwrite", "--quiet", "--share", "--deinterlace")
    exempt = {("", option) for option in COMMANDS[""]} | {(c, one) for c in WORDS for one in shown_below}
    empty = {(c, o) for c, found in COMMANDS.items() for o, cases in found.items() if not cases}
    assert empty <= exempt


CASES = [
    pytest.param(command, case, id=f"{command} {option} {number}")
    for command, found in COMMANDS.items()
    for option, cases in found.items()
    for number, case in enumerate(cases)
]


@pytest.mark.parametrize(("command", "case"), CASES)
def test_an_option_changes_the_result_or_is_refused(command: str, case: Changes | Refused, shell: Shell) -> None:
    case.check(shell, (*command.split(), *WORDS.get(command, ())))


@pytest.mark.parametrize("command", ["upscale", "denoise", "interpolate"])
def test_overwrite(command: str, shell: Shell) -> None:
    given = ["--strength", "5"] if command == "denoise" else []
    refused = shell.run(command, "in.mkv", "old.mkv", *given)
    assert (refused.status, refused.video) == (2, None)
    assert "the output old.mkv exists; use --overwrite to replace it, or another name" in refused.said
    assert refused.files["old.mkv"] == b"old"
    done = shell.run(command, "in.mkv", "old.mkv", "--overwrite", *given)
    assert done.status == 0
    assert done.video is not None
    piped = shell.run(command, "in.mkv", "-", "--overwrite", *given)
    assert piped.status == 2
    assert "--overwrite replaces a file, and - is a pipe; leave it out" in piped.said


def test_quiet(shell: Shell) -> None:
    """Nothing but errors, and for programs an object on each line."""
    spoken = shell.run("upscale", "in.mkv", "out.mkv", *FP32)
    assert "out.mkv: 4 frames in" in spoken.said
    still = shell.run("upscale", "in.mkv", "out.mkv", *FP32, "--quiet")
    assert (still.status, still.said, still.printed) == (0, "", "")
    assert still.video == spoken.video
    assert "vsmlrt: error: the output old.mkv exists" in shell.run("upscale", "in.mkv", "old.mkv", "-q").said
    told = shell.run("upscale", "in.mkv", "out.mkv", *FP32, "-q", "--json")
    objects = [json.loads(line) for line in told.printed.splitlines()]
    assert objects[-2]["frame"] == objects[-2]["frames"] == 4
    assert objects[-1] == {"output": "out.mkv", "frames": 4, "seconds": objects[-1]["seconds"], "damaged": 0}
    piped = shell.run("upscale", "in.mkv", "-", "--json")
    assert (piped.status, piped.printed) == (2, "")
    assert "--json writes to the standard output, and - sends the video there" in piped.said


@pytest.mark.parametrize("command", ["upscale", "interpolate"])
def test_share(command: str, shell: Shell) -> None:
    """A job that is too short for parts is one part; raw video has none. Several processes: test_video_shared_jobs."""
    alone = shell.run(command, "in.mkv", "out.mkv", *FP32)
    shared = shell.run(command, "in.mkv", "out.mkv", *FP32, "--share")
    assert (alone.status, shared.status, shared.video) == (0, 0, alone.video)
    refused = shell.run(command, "in.mkv", "out.y4m", "--share")
    assert refused.status == 2
    assert "--share is about files that are made in parts, and raw video is not; leave it out" in refused.said


def test_version(shell: Shell) -> None:
    done = shell.run("--version")
    assert (done.status, done.printed.split()[0]) == (0, "vsmlrt")


@pytest.mark.parametrize("option", ["--crf 20", "--codec libx264"])
def test_encoders_options_are_refused_for_raw_video(option: str, shell: Shell) -> None:
    done = shell.run("upscale", "in.mkv", "out.y4m", *option.split())
    assert done.status == 2
    assert "cannot be given for raw video" in done.said


def test_denoising_keeps_the_size_and_heeds_the_strength(shell: Shell) -> None:
    results = [shell.run("denoise", "in.mkv", "out.mkv", *FP32, "--strength", str(s)).video for s in (0, 25, 255)]
    assert len({result[-1] for result in results if result}) == 3
    assert {result[2:4] for result in results if result} == {(64, 48)}


def test_the_job_is_checked_and_the_source_opened_once(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apart from the copying of other streams, which reads the file as the work goes on."""
    seen: list[str] = []

    def counted(module: Any, name: str) -> None:
        original = getattr(module, name)

        def heard(*given: Any, **named: Any) -> Any:
            seen.append(name)
            return original(*given, **named)

        monkeypatch.setattr(module, name, heard)

    counted(several, "check_job")
    counted(job, "read_facts")
    assert shell.run("upscale", "in.mkv", "out.mkv", *FP32).status == 0
    assert sorted(seen) == ["check_job", "read_facts"]


def test_the_video_part_knows_no_option_of_the_command_line() -> None:
    for path in Path(video_part.__path__[0]).glob("*.py"):
        texts = [node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)]
        assert not [text for text in texts if isinstance(text, str) and re.search(r"--[a-z]", text)], path


def test_a_fields_name_is_written_as_each_front_end_writes_it() -> None:
    error = FieldError("{pixel_format}: {asked!r} is none; use {crop}", asked="{codec}")
    assert str(error) == "pixel_format: '{codec}' is none; use crop"
    assert error.worded(options.spelled) == "--pixel-format: '{codec}' is none; use --crop"
    named = set(COMMANDS["upscale"])
    assert {options.spelled(name) for name in FIELDS} <= named
