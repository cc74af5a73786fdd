"""Run the C++ tests of a build, or pytest, and keep what came of them for tools/summary.py.

Usage: python tools/run_tests.py NAME cpp BUILD [PROGRAM[:FILTER] ...]
       python tools/run_tests.py NAME pytest [ARGUMENT ...]
       python tools/run_tests.py NAME command COMMAND [ARGUMENT ...]
       python tools/run_tests.py NAME build PRESET [TARGET ...]
       python tools/run_tests.py NAME skip REASON
       python tools/run_tests.py NAME fail REASON

NAME goes before each test's name in the summary ("no AVX2"). BUILD is a build folder; a PROGRAM is one of its
GoogleTest programs without "test_" (default: all), with a filter of GoogleTest's. A COMMAND counts as one test, and so
does a build with CMake's PRESET. Results go to build/results (JUnit's XML); the outcome is told by the summary, and by
the exit status of this too.

The cases of a program share a process, in as many parts side by side as there are processors: that spares the start of
OpenVINO for each of thousands. Programs that the build lists as isolated get a process for each case. The environment
variable VSMLRT_TEST_EMULATOR is a command that runs them on another processor ("qemu-x86_64 -cpu Nehalem")
or system ("wine").
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "build" / "results"
LONGEST = 1200
"""Seconds after which a part counts as hanging."""


@dataclass(frozen=True)
class Part:
    """What one process runs: a share of a program's cases, or one of them."""

    program: Path
    filter: str
    index: int = 0
    count: int = 1


def parts_of(program: Path, chosen: str, isolated: bool) -> list[Part]:
    """The processes that a program's cases take."""
    if isolated:
        return [Part(program, case) for case in cases_of(program, chosen)]
    count = 2 * processors()
    return [Part(program, chosen, index, count) for index in range(count)]


def emulator() -> list[str]:
    """What runs a program that is not this system's."""
    return os.environ.get("VSMLRT_TEST_EMULATOR", "").split()


def cases_of(program: Path, chosen: str) -> list[str]:
    """Full names."""
    status, said = outcome(program, [f"--gtest_filter={chosen}", "--gtest_list_tests"])
    if status != 0:
        return [chosen]  # all as one, which fails as this did, and is told of
    suite, cases = "", []
    for line in said.splitlines():
        name = line.partition("#")[0].strip()
        if line.startswith("  "):
            cases.append(suite + name)
        elif re.fullmatch(r"\S+\.", name):
            suite = name
    return cases


def run(part: Part, to: Path) -> bool:
    """Runs a part and leaves its results in the file; whether all of it passed."""
    environment = os.environ | {"GTEST_TOTAL_SHARDS": str(part.count), "GTEST_SHARD_INDEX": str(part.index)}
    results = os.path.relpath(to)  # GoogleTest for Windows takes what begins with a slash for a relative path
    begin = time.monotonic()
    arguments = [f"--gtest_filter={part.filter}", f"--gtest_output=xml:{results}"]
    status, said = outcome(part.program, arguments, environment)
    to.with_suffix(".log").write_text(said)
    complete = to.is_file() and _reads(to)
    if status == 0 and complete:
        return True
    if not complete or not _failed(to):  # it died, or failed at its end, as sanitizers do
        _write_death(part, to, status, said, time.monotonic() - begin)
    return False


def outcome(program: Path, arguments: list[str], environment: dict[str, str] | None = None) -> tuple[int, str]:
    """A program's status, 124 if it did not end within LONGEST, and what it said."""
    command = [*emulator(), str(program), *arguments]
    status, said = _ended(command, environment)
    if emulator() and _emulator_failed(status, said):
        words = said.strip().rpartition("\n")[2] or "nothing"
        print(f"run_tests: the emulator failed (status {status}, {program.name}, last words: {words}); once more")
        status, said = _ended(command, environment)
    return status, said


def _emulator_failed(status: int, said: str) -> bool:
    """Whether the emulator itself failed, as Wine does once in thousands of starts.

    Then the first words of GoogleTest are missing, or the emulator says that its server left it. A program that fails
    by itself before its first word fails again.
    """
    return status not in (0, 124) and ("Running main()" not in said or "wine client error:" in said)


def _ended(command: list[str], environment: dict[str, str] | None) -> tuple[int, str]:
    try:
        done = subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=LONGEST,
            env=environment,
            check=False,
        )
    except OSError as error:  # a program that was not built
        return 127, str(error)
    except subprocess.TimeoutExpired as error:
        return 124, (error.stdout or b"").decode(errors="replace") if isinstance(error.stdout, bytes) else ""
    return done.returncode, done.stdout


def _reads(path: Path) -> bool:
    try:
        ElementTree.parse(path)
    except ElementTree.ParseError:
        return False
    return True


def _failed(path: Path) -> bool:
    return next(ElementTree.parse(path).iter("failure"), None) is not None


def _write_death(part: Part, to: Path, status: int, said: str, seconds: float) -> None:
    """One failed test in place of what the program could not write: the one that it was in."""
    started = re.findall(r"^\[ RUN      \] (\S+)", said, re.MULTILINE)
    where = started[-1] if started else part.program.name
    how = f"it did not end within {LONGEST} s" if status == 124 else f"the program ended with status {status}"
    suite = ElementTree.Element("testsuite")
    for name in re.findall(r"^\[       OK \] (\S+)", said, re.MULTILINE):
        ElementTree.SubElement(suite, "testcase", classname="", name=name)
    case = ElementTree.SubElement(suite, "testcase", classname="", name=where, time=f"{seconds:.3f}")
    _add_failure(case, f"{how}; its last words:\n{said[-12000:]}")
    ElementTree.ElementTree(suite).write(to.with_name(to.stem + ".died.xml"))
    to.unlink(missing_ok=True)


def _add_failure(case: ElementTree.Element, words: str) -> None:
    """As text, which keeps its lines; XML has no place for control characters."""
    clean = "".join(letter for letter in words if letter.isprintable() or letter in "\n\t")
    ElementTree.SubElement(case, "failure").text = clean


def run_programs(name: str, build: Path, wanted: list[str]) -> bool:
    """The programs of a build, each processor having its part."""
    lines = (build / "test_programs.txt").read_text().splitlines()
    listed = {Path(path).stem.removeprefix("test_"): (Path(path), kind) for path, kind in map(str.split, lines)}
    chosen = dict(item.partition(":")[::2] for item in wanted) if wanted else dict.fromkeys(listed, "")
    unknown = sorted(set(chosen) - set(listed))
    if unknown:
        sys.exit(f"run_tests: {build} has no test program {', '.join(unknown)}; it has {', '.join(sorted(listed))}")
    parts = [
        part
        for program, chosen_cases in chosen.items()
        for part in parts_of(listed[program][0], chosen_cases or "*", listed[program][1] == "isolated")
    ]
    folder = RESULTS / name
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(processors()) as pool:
        files = (folder / f"{part.program.name}-{n}.xml" for n, part in enumerate(parts))
        passed = list(pool.map(run, parts, files))
    return all(passed)


def pytest_environment() -> dict[str, str]:
    """The environment for pytest: as here, but for what costs time with thousands of tests.

    Bytecode is kept, or each worker would compile all tests anew; build/dev has a library that keeps memory with a
    process between its networks (tests/base/keep_memory.cpp).
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    library = ROOT / "build" / "dev" / "tests" / "base" / "libkeep_memory.so"
    if library.is_file():
        environment["LD_PRELOAD"] = " ".join(filter(None, [environment.get("LD_PRELOAD"), str(library)]))
    return environment


@contextlib.contextmanager
def scratch_folder() -> Iterator[list[str]]:
    """Arguments for pytest that put its folders into memory where there is room.

    Thousands of tests make and remove files, and would wait for the disk.
    """
    memory = Path("/dev/shm")
    if not memory.is_dir() or shutil.disk_usage(memory).free < 4 << 30:
        yield []
        return
    with tempfile.TemporaryDirectory(prefix="vsmlrt-tests-", dir=memory) as folder:
        yield [f"--basetemp={folder}/pytest", "-o", "tmp_path_retention_policy=failed"]


def run_pytest(name: str, arguments: list[str]) -> bool:
    """Python's tests; the dots go to a file."""
    folder = RESULTS / name
    folder.mkdir(parents=True, exist_ok=True)
    results = folder / "pytest.xml"
    with (folder / "pytest.log").open("w") as log, scratch_folder() as places:
        command = [sys.executable, "-m", "pytest", f"--junitxml={results}", *places, *arguments]
        environment = pytest_environment()
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, cwd=ROOT, env=environment, check=False)
    if not results.is_file():
        suite = ElementTree.Element("testsuite")
        case = ElementTree.SubElement(suite, "testcase", classname="", name="pytest")
        words = (folder / "pytest.log").read_text()[-8000:]
        _add_failure(case, f"pytest ended with status {done.returncode}:\n{words}")
        ElementTree.ElementTree(suite).write(results)
    return done.returncode == 0


def run_command(name: str, command: list[str]) -> bool:
    """One test: whether the command ends with status 0."""
    begin = time.monotonic()
    status, said = _command_ended(command)
    _write_command(name, command, status, said[-20000:], time.monotonic() - begin)
    return status == 0


def run_build(name: str, preset: str, targets: list[str]) -> bool:
    """One test: whether CMake builds the targets (all if none is named)."""
    command = ["cmake", "--build", "--preset", preset, *(["--target", *targets] if targets else [])]
    begin = time.monotonic()
    status, said = _command_ended(command)
    _write_command(name, command, status, failing_steps(said), time.monotonic() - begin)
    return status == 0


def failing_steps(said: str) -> str:
    """The words of Ninja from the first step that failed; all where none did."""
    where = re.search(r"^FAILED: ", said, re.MULTILINE)
    words = said[where.start() :] if where else said[-8000:]
    return words[:8000]


def _command_ended(command: list[str]) -> tuple[int, str]:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", cwd=ROOT, check=False
    )
    return done.returncode, done.stdout


def _write_command(name: str, command: list[str], status: int, words: str, seconds: float) -> None:
    folder = RESULTS / name
    folder.mkdir(parents=True, exist_ok=True)
    suite = ElementTree.Element("testsuite")
    case = ElementTree.SubElement(suite, "testcase", classname="", name=" ".join(command), time=f"{seconds:.3f}")
    if status != 0:
        _add_failure(case, f"it ended with status {status}:\n{words}")
    ElementTree.ElementTree(suite).write(folder / f"command-{len(list(folder.iterdir()))}.xml")


def note(name: str, outcome: str, reason: str) -> None:
    """One test that was not run: "skipped", or a "failure"."""
    folder = RESULTS / name
    folder.mkdir(parents=True, exist_ok=True)
    suite = ElementTree.Element("testsuite")
    case = ElementTree.SubElement(suite, "testcase", classname="", name=f"all of {name}")
    ElementTree.SubElement(case, outcome, message=reason)
    ElementTree.ElementTree(suite).write(folder / f"{outcome}.xml")


def processors() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0))


def main() -> None:
    """See the head of this file."""
    name, kind, *rest = [*sys.argv[1:], "", ""] if len(sys.argv) < 3 else sys.argv[1:]
    if kind == "cpp" and rest:
        passed = run_programs(name, ROOT / rest[0], rest[1:])
    elif kind == "pytest":
        passed = run_pytest(name, rest)
    elif kind == "command" and rest:
        passed = run_command(name, rest)
    elif kind == "build" and rest:
        passed = run_build(name, rest[0], rest[1:])
    elif kind in ("skip", "fail") and rest:
        note(name, "skipped" if kind == "skip" else "failure", " ".join(rest))
        passed = kind == "skip"
    else:
        sys.exit(__doc__)
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()
