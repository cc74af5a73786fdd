"""What tools/run_tests.py makes of an emulator that does not come up, of programs that die, and of builds that fail."""

from __future__ import annotations

import os
import runpy
import stat
from pathlib import Path
from typing import Any

import pytest

RUN_TESTS = Path(__file__).resolve().parents[2] / "tools" / "run_tests.py"
PROGRAM = """#!/bin/sh
echo 'Running main()'
case "$*" in
*--gtest_list_tests*) printf 'Suite.\\n  Case\\n  Other  # GetParam() = 1\\n' ;;
*) echo "$@"; exit STATUS ;;
esac
"""


@pytest.fixture
def tool() -> dict[str, Any]:
    return runpy.run_path(str(RUN_TESTS))


def script(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


SERVER_LEFT = "wine client error:0: recvmsg: Connection reset by peer"


def emulated(
    folder: Path, monkeypatch: pytest.MonkeyPatch, failing_starts: int, status: int = 0, last_words: str = ""
) -> Path:
    """A program, to be run by an emulator that fails at its first starts, with these words."""
    starts = folder / "starts"
    starts.write_text("")
    says = f"echo '{last_words}';" if last_words else ""
    fails = (
        f'echo start >> {starts}; [ "$(wc -l < {starts})" -gt {failing_starts} ] || {{ {says} exit 1; }}; exec "$@"\n'
    )
    monkeypatch.setenv("VSMLRT_TEST_EMULATOR", str(script(folder / "emulator", f"#!/bin/sh\n{fails}")))
    return script(folder / "program", PROGRAM.replace("STATUS", str(status)))


def starts_in(folder: Path) -> int:
    return len((folder / "starts").read_text().splitlines())


@pytest.mark.parametrize("last_words", ["", SERVER_LEFT, f"Running main()\n[ RUN      ] Suite.Case\n{SERVER_LEFT}"])
def test_an_emulator_that_fails_is_started_again(
    tool: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last_words: str
) -> None:
    program = emulated(tmp_path, monkeypatch, failing_starts=1, last_words=last_words)
    assert tool["cases_of"](program, "*") == ["Suite.Case", "Suite.Other"]
    assert starts_in(tmp_path) == 2
    status, said = tool["outcome"](program, ["--gtest_filter=Suite.Case"])
    assert (status, said) == (0, "Running main()\n--gtest_filter=Suite.Case\n")
    assert starts_in(tmp_path) == 3


def test_an_emulator_that_never_comes_up_is_a_failure(
    tool: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = emulated(tmp_path, monkeypatch, failing_starts=99)
    assert tool["cases_of"](program, "*") == ["*"]
    part = tool["parts_of"](program, "*", isolated=True)[0]
    assert not tool["run"](part, tmp_path / "out.xml")
    assert "the program ended with status 1" in (tmp_path / "out.died.xml").read_text()


def test_a_program_that_fails_with_words_is_run_once(
    tool: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = emulated(tmp_path, monkeypatch, failing_starts=0, status=3)
    assert tool["outcome"](program, ["--gtest_filter=*"])[0] == 3
    assert starts_in(tmp_path) == 1


def test_a_program_that_was_not_built_is_a_failure(tool: dict[str, Any], tmp_path: Path) -> None:
    part = tool["parts_of"](tmp_path / "test_missing", "*", isolated=False)[0]
    assert not tool["run"](part, tmp_path / "out.xml")
    assert "No such file" in (tmp_path / "out.died.xml").read_text()


def test_a_build_that_fails_tells_of_the_steps_that_did(
    tool: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tmp_path / "asked"
    steps = "".join(f"echo '[{n}/999] Building CXX object'; " for n in range(999))
    says = f"{steps} echo 'FAILED: [code=1] last.o'; echo 'error: no such thing'"
    script(tmp_path / "cmake", f'#!/bin/sh\necho "$@" > {asked}\n{says}\nexit 1\n')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    tool["run_build"].__globals__["RESULTS"] = tmp_path / "results"
    assert not tool["run_build"]("build", "dev", ["test_base"])
    assert asked.read_text() == "--build --preset dev --target test_base\n"
    results = (tmp_path / "results" / "build" / "command-0.xml").read_text()
    assert "it ended with status 1:\nFAILED: [code=1] last.o\nerror: no such thing" in results
