"""What the command line says: help for every command, refusals in the user's own words, remedies that it has."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
import vapoursynth as vs
from rich.console import Console

import networks
from video_samples import make_video
from vsmlrt import cli
from vsmlrt.backend import named
from vsmlrt.cli import console, doctor
from vsmlrt.video.errors import reason


def commands(command: Any, name: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command by its words."""
    below = getattr(command, "commands", {})
    found = [name] if not below else []
    for word, one in below.items():
        found += commands(one, (*name, word))
    return found


ALL = commands(cli.command())


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_has_a_short_form_an_example_and_no_type_of_flags(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    printed = []
    for option in ("-h", "--help"):
        assert cli.run([*words, option]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    assert f"Example: vsmlrt {' '.join(words)}" in printed[0]
    assert "<bool>" not in printed[0]


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    status = cli.run([str(argument) for argument in arguments])
    return status, " ".join(capsys.readouterr().err.split())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A video of four frames, a network, and a name for the result."""
    folder = tmp_path_factory.mktemp("words")
    video = make_video(folder / "in.mkv", list(range(0, 512 * 4, 512)))
    return video, Path(networks.identity(folder / "same.onnx")), folder / "out.mkv"


@pytest.mark.parametrize("given", ["30:", "30:40", ":40"])
def test_frames_are_quoted_as_typed(
    files: tuple[Path, Path, Path], given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    video, network, out = files
    status, said = run(capsys, "upscale", video, out, "--model", network, "--frames", given)
    assert status == 2
    assert f"--frames {given} does not fit: the video has 4 frames" in said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--device", "nonsense"), "--device must be one of"),
        (("--device", "7"), "--device must be 0 to 0"),
        (("--matrix", "3"), "--matrix takes a number of H.273 that turns YUV into RGB: 1 (BT.709), "),
        (("--matrix", "99"), "; not 99"),
        (("--matrix", "10"), "give a --matrix from 1 to 9"),
        (("--model", "nonsense"), "called nonsense"),
        (("--backend", "nonsense"), "--backend takes auto"),
    ],
)
def test_a_word_that_has_to_be_another_one_is_status_2(
    files: tuple[Path, Path, Path], more: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    video, network, out = files
    model = () if "--model" in more else ("--model", str(network))
    status, line = run(capsys, "upscale", video, out, *model, *more)
    assert status == 2
    assert said in line
    assert '"device' not in line
    assert "SetFrameProps" not in line
    assert not out.exists()


def test_an_encoder_without_its_hardware_says_so(
    files: tuple[Path, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    video, network, out = files
    status, said = run(capsys, "upscale", video, out, "--model", network, "--codec", "h264_nvenc")
    if status == 0:
        pytest.skip("this machine has an NVIDIA GPU that encodes")
    assert status == 2
    assert "h264_nvenc encodes on an NVIDIA GPU, and there is none here that can" in said


def test_bestsources_own_argument_is_no_remedy() -> None:
    said = "Failed to decode frame 7. Retry with threads=1 if this is unexpected. The file is damaged."
    assert reason(vs.Error(said)) == "Failed to decode frame 7 The file is damaged."
    assert reason(vs.Error("No such file")) == "No such file"


def test_backends_that_were_not_built_are_not_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "plugins" / "mlrt"
    folder.mkdir(parents=True)
    for name in ("openvino", "reference"):
        (folder / f"libvsmlrt_{name}.so").touch()

    class Spec:
        origin = str(tmp_path / "__init__.py")

    monkeypatch.setattr("importlib.util.find_spec", lambda _: Spec)
    offered = named.offered()
    assert {"auto", "openvino", "reference", "trt"} <= set(offered)
    assert not {"cuda", "onnxruntime"} & set(offered)


LONG = "/videos/" + "a-very-long-name-" * 8 + "of-a-file.mkv"
SENTENCE = f"the job of {LONG} is done by others, who have begun it this morning, and nothing of it is left to do here"


def printed(sentence: str, *, terminal: bool, width: int = 40) -> str:
    file = io.StringIO()
    console.put(Console(file=file, force_terminal=terminal, width=width, color_system=None, highlight=False), sentence)
    return file.getvalue()


def test_a_terminals_lines_end_between_words_and_paths_stay_whole() -> None:
    lines = printed(SENTENCE, terminal=True).rstrip("\n").split("\n")
    assert " ".join(line.strip() for line in lines) == SENTENCE
    assert [line for line in lines if len(line) > 40] == [LONG]
    assert len(lines) > 3


def test_elsewhere_a_sentence_is_one_line() -> None:
    assert printed(SENTENCE, terminal=False) == f"{SENTENCE}\n"


@pytest.mark.parametrize("terminal", [False, True])
def test_names_are_printed_as_they_are(terminal: bool) -> None:
    """Neither a bracket nor a colon is markup, and a name cannot clear the screen or begin a line."""
    assert printed("[bold]:smile: /x/ 12:30", terminal=terminal) == "[bold]:smile: /x/ 12:30\n"
    assert printed("a\x1b[2Jb\nc\rd", terminal=terminal) == "a\\x1b[2Jb\\nc\\rd\n"
    assert printed("film\u202egpj.mkv", terminal=terminal) == "film\\u202egpj.mkv\n"


def test_a_long_path_is_whole_in_doctors_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """On a narrow terminal it goes on in the next line of its cell."""
    folder = tmp_path / "a-folder-with-a-rather-long-name" / "models"
    monkeypatch.setenv("VSMLRT_MODELS", str(folder))
    file = io.StringIO()
    doctor._folders(Console(file=file, force_terminal=True, width=40, color_system=None, highlight=False))
    shown = "".join(line[8:].strip() for line in file.getvalue().splitlines() if not line.startswith("cache"))
    assert str(folder) in shown.replace("(not there yet)", "").replace(" ", "")
