"""clang-tidy over the sources of a build; what passed once and has not changed since is not checked again.

Usage: python tools/tidy.py BUILD FILE ...

What a file is, is what the preprocessor makes of it, headers and comments included, with the compiler's options, the
checks and clang-tidy's version: any change of these is checked anew. The names of what passed lie in the user's cache
folder. Files that the build does not compile (another processor's) are left out. Precompiled headers are not used, and
files that are compiled as one are checked one by one: each must include what it needs.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def passed_folder() -> Path:
    """Where the names of what passed lie."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    cache = Path(base) if os.path.isabs(base) else Path.home() / ".cache"
    folder = cache / "vsmlrt" / "clang-tidy"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def key(command: list[str], directory: str, constant: str) -> str | None:
    """A name for the file's content; None if it cannot be preprocessed."""
    options = command[: command.index("-o")]
    source = command[-1]
    done = subprocess.run([*options, "-E", "-C", "-P", source], cwd=directory, capture_output=True, check=False)
    if done.returncode != 0:
        return None
    flags = " ".join(option for option in options[1:] if not option.startswith("-I"))
    return hashlib.sha256(b"\0".join([constant.encode(), flags.encode(), done.stdout])).hexdigest()


def plain(command: list[str]) -> list[str]:
    """The compiler's command alone: without a launcher, and without what cmake/VsmlrtHeaders.cmake adds."""
    kept = command[1:] if Path(command[0]).name == "ccache" else list(command)
    while "-include" in kept:
        at = kept.index("-include")
        del kept[at : at + 2]
    return [option for option in kept if option not in ("-Winvalid-pch", "-Wno-array-bounds", "-Wno-shadow")]


def sources(entry: dict[str, str]) -> list[str]:
    """The files that an entry of compile_commands.json compiles: several where CMake made one of them."""
    if "/Unity/" not in entry["file"]:
        return [entry["file"]]
    return re.findall(r'^#include "(.+)"$', Path(entry["file"]).read_text(), re.MULTILINE)


def check(entry: dict[str, str], build: Path, constant: str, passed: Path) -> str:
    """What clang-tidy has against a file; empty for nothing. `build` holds the compile_commands.json for it."""
    command = shlex.split(entry["command"])
    name = key(command, entry["directory"], constant)
    if name is not None and (passed / name).exists():
        return ""
    tidy = ["clang-tidy", "-p", str(build), "--quiet", "--warnings-as-errors=*", entry["file"]]
    done = subprocess.run(tidy, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return done.stdout or done.stderr
    if name is not None:
        (passed / name).touch()
    return ""


def main() -> None:
    """See the head of this file."""
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    build = ROOT / sys.argv[1]
    wanted = {str(ROOT / name) for name in sys.argv[2:]}
    commands = json.loads((build / "compile_commands.json").read_text())
    entries = {
        source: entry | {"file": source, "command": shlex.join([*plain(shlex.split(entry["command"]))[:-1], source])}
        for entry in commands
        for source in sources(entry)
        if source in wanted
    }
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, text=True, check=True).stdout
    constant = version + (ROOT / ".clang-tidy").read_text()
    passed = passed_folder()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        (Path(folder) / "compile_commands.json").write_text(json.dumps(list(entries.values())))
        problems = list(pool.map(lambda entry: check(entry, Path(folder), constant, passed), entries.values()))
    print("".join(problems), end="")
    sys.exit(1 if any(problems) else 0)


if __name__ == "__main__":
    main()
