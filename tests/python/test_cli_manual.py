"""The manual page has every command and every option, and the program that sets such pages takes it without a word."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from command import vsmlrt
from vsmlrt import cli
from vsmlrt.cli import manual


def test_it_has_all_that_the_help_has() -> None:
    text = manual.page(cli.command()).replace("\\-", "-")
    parts = {one.partition(" [options]")[0]: one for one in text.split(".SS vsmlrt ")[1:]}
    root = cli.command()
    for name, command in manual._commands(root, ""):
        part = next(one for title, one in parts.items() if title == name or title.startswith(f"{name} "))
        for param in command.params:
            if param.param_type_name == "option" and not param.hidden:
                assert re.search(rf"^\.B .*{re.escape(param.opts[0])}", part, re.MULTILINE), (name, param.opts)
                assert " ".join((param.help or "").split()[:4]) in part
    assert len(parts) >= 15


@pytest.mark.parametrize(("text", "made"), [(".x", "\\&.x"), ("'x", "\\&'x"), ("a-b\\c\n d", "a\\-b\\ec d")])
def test_words_are_no_requests(text: str, made: str) -> None:
    assert manual._text(text) == made


def _every(group: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, one in group.commands.items():
        yield (*before, name)
        if hasattr(one, "commands"):
            yield from _every(one, (*before, name))


@pytest.mark.parametrize("words", list(_every(cli.command())), ids=" ".join)
def test_the_help_at_80_columns(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is cut off, no line is longer, and brackets are words like others."""
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.run([*words, "--help"]) == 0
    text = capsys.readouterr().out
    assert "\N{HORIZONTAL ELLIPSIS}" not in text
    assert max(map(len, text.splitlines())) <= 80
    if "--ray" in text:
        assert "vsmlrt[ray]" in text
        assert "[profiles.NAME]" in text
    assert cli.run([*words, "--help"]) == 0  # and showing it changes nothing
    assert capsys.readouterr().out == text


def test_the_command_prints_it() -> None:
    done = vsmlrt("man")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(".TH VSMLRT 1")


@pytest.mark.skipif(shutil.which("groff") is None, reason="groff is not installed")
def test_groff_takes_it() -> None:
    text = manual.page(cli.command())
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-z"], input=text, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
