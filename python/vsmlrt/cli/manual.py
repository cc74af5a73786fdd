"""``vsmlrt man``: the manual page, made of the commands' own help, so that it says what they say."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import Any

import typer
import typer.main


def man(context: typer.Context) -> None:
    """Print the manual page: 'vsmlrt man > vsmlrt.1', or 'vsmlrt man | man -l -' to read it."""
    sys.stdout.write(page(context.find_root().command))


def page(command: Any) -> str:
    """The manual page of the command and all below it, as the macros of man(7)."""
    from .. import product_version

    lines = [
        f'.TH VSMLRT 1 "" "vsmlrt {product_version}" "User Commands"',
        ".SH NAME",
        f"vsmlrt \\- {_text(command.help).rstrip('.')}",
        ".SH SYNOPSIS",
        ".B vsmlrt",
        ".I COMMAND",
        "[options]",
        ".SH COMMANDS",
    ]
    for name, one in _commands(command, ""):
        lines += _command(name, one)
    lines += [
        ".SH EXIT STATUS",
        "0 when everything asked for was done, 1 when something failed, 2 when the command itself has to be changed, 3 "
        "when the output is written but the video is damaged.",
        ".SH FILES",
        ".TP",
        ".I ~/.config/vsmlrt/config.toml",
        "Profiles: tables [profiles.NAME] of options.",
    ]
    return "\n".join(lines) + "\n"


def _commands(group: Any, before: str) -> Iterator[tuple[str, Any]]:
    for name, one in group.commands.items():
        if getattr(one, "hidden", False):
            continue
        if hasattr(one, "commands"):
            yield from _commands(one, f"{before}{name} ")
        else:
            yield f"{before}{name}", one


def _command(name: str, command: Any) -> list[str]:
    arguments = [one.metavar or one.name.upper() for one in command.params if one.param_type_name == "argument"]
    lines = [f".SS vsmlrt {_text(' '.join([name, *arguments, '[options]']))}", *_paragraphs(command.help)]
    if command.epilog:
        lines += [".PP", _text(command.epilog)]
    for one in command.params:
        if getattr(one, "hidden", False):
            continue
        if one.param_type_name == "argument":
            lines += [".TP", f".I {_text(one.metavar or one.name.upper())}", _text(one.help)]
            continue
        spelled = ", ".join([*one.opts, *one.secondary_opts])
        metavar = "" if one.is_flag or not one.metavar else f" {one.metavar}"
        told = one.help or ""
        if one.show_default and one.default not in (None, False, True, "", ()) and "Default:" not in told:
            told = f"{told} Default: {one.default}."
        lines += [".TP", f".B {_text(spelled + metavar)}", _text(told)]
    return lines


def _paragraphs(text: str | None) -> list[str]:
    found = [" ".join(one.split()) for one in re.split(r"\n\s*\n", text or "") if one.strip()]
    return [line for one in found for line in (".PP", _text(one))]


def _text(text: str | None) -> str:
    """Words as roff takes them: nothing in them is a request, and a hyphen is one."""
    line = " ".join((text or "").split()).replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{line}" if line.startswith((".", "'")) else line
