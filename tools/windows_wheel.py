"""The wheel for Windows from its build and this tree: what is in it is listed and checked before it is written.

Usage: python tools/windows_wheel.py [--build build/windows] [--out dist]

Needs the package of the preset windows (tools/windows makes it) and scikit-build-core, which writes the metadata, so
that version, requirements and extras are those of the wheel for Linux.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import subprocess
import tempfile
import zipfile
from pathlib import Path

from scikit_build_core.build import prepare_metadata_for_build_wheel

ROOT = Path(__file__).resolve().parents[1]
TAG = "py3-none-win_amd64"
PLUGIN = "vapoursynth/plugins/mlrt"
ENDINGS = (".dll", ".exe", ".package", ".folders", ".absent", ".vs")
TOOLS = "x86_64-w64-mingw32-"
SYSTEM = {"advapi32.dll", "kernel32.dll", "msvcrt.dll", "shell32.dll", "version.dll"}
"""Libraries that every Windows has."""


def metadata() -> dict[str, bytes]:
    """The files of the folder .dist-info, with the tag of this wheel."""
    with tempfile.TemporaryDirectory() as folder:
        info = Path(folder) / prepare_metadata_for_build_wheel(folder)
        files = {
            f"{info.name}/{path.relative_to(info)}": path.read_bytes() for path in info.rglob("*") if path.is_file()
        }
    points = f"{info.name}/entry_points.txt"
    # The command is the installer's own program here; elsewhere one of ours starts it (src/command).
    files[points] = files[points].replace(b"vsmlrt-python", b"vsmlrt")
    lines = f"Wheel-Version: 1.0\nGenerator: vsmlrt\nRoot-Is-Purelib: false\nTag: {TAG}\n"
    return files | {f"{info.name}/WHEEL": lines.encode()}


def python_files() -> dict[str, bytes]:
    """The Python package as git knows it."""
    listed = subprocess.run(["git", "ls-files", "-z", "python/vsmlrt"], cwd=ROOT, capture_output=True, check=True)
    names = [name for name in listed.stdout.decode().split("\0") if name]
    return {name.removeprefix("python/"): (ROOT / name).read_bytes() for name in names}


def imports(file: Path) -> set[str]:
    """The libraries that a DLL or a program was linked to, in lower case."""
    told = subprocess.run([f"{TOOLS}objdump", "-p", file], capture_output=True, text=True, check=True).stdout
    return {line.split(":")[1].strip().lower() for line in told.splitlines() if "DLL Name:" in line}


def plugin_files(build: Path) -> dict[str, bytes]:
    """The plugin and its modules without symbols. SystemExit where one is missing or needs a library next to it."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for path in sorted((build / "plugin").rglob("*")):
            if path.suffix not in ENDINGS:
                continue
            content = path
            if path.suffix in (".dll", ".exe"):
                if foreign := imports(path) - SYSTEM:
                    raise SystemExit(f"{path.name} needs {', '.join(sorted(foreign))}, which Windows does not have")
                content = Path(folder) / path.name
                subprocess.run([f"{TOOLS}strip", "--strip-unneeded", "-o", content, path], check=True)
            found[f"{PLUGIN}/{path.relative_to(build / 'plugin')}"] = content.read_bytes()
    manifest = found.get(f"{PLUGIN}/manifest.vs", b"").decode().split("\n")[1:]
    modules = [f"libvsmlrt_{name}" for name in ("cuda", "onnxruntime", "reference")]
    for name in [*filter(None, manifest), *modules]:
        if f"{PLUGIN}/{name}.dll" not in found:
            raise SystemExit(f"{build}/plugin has no {name}.dll; build it with: tools/windows")
    if not any(manifest):
        raise SystemExit(f"{build}/plugin has no manifest.vs; build it with: tools/windows")
    return found


def kernels() -> dict[str, bytes]:
    """The files of the folder VSMLRT_CUDA_KERNELS (tools/kernels), which are the same for every system."""
    folder = os.environ.get("VSMLRT_CUDA_KERNELS", "")
    files = sorted(Path(folder).glob("libvsmlrt_cuda.*.kernels")) if folder else []
    return {f"{PLUGIN}/{file.name}": file.read_bytes() for file in files}


def record(files: dict[str, bytes], name: str) -> bytes:
    """RECORD: a hash and a size for each file (Python's specification "Recording installed projects")."""
    lines = []
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={digest},{len(content)}\n")
    return "".join([*lines, f"{name},,\n"]).encode()


def main() -> None:
    """Writes the wheel and lists it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "windows")
    parser.add_argument("--out", type=Path, default=ROOT / "dist")
    given = parser.parse_args()
    info = metadata()
    folder = next(iter(info)).split("/")[0]
    files = python_files() | plugin_files(given.build) | kernels() | info
    files[f"{folder}/RECORD"] = record(files, f"{folder}/RECORD")
    given.out.mkdir(parents=True, exist_ok=True)
    wheel = given.out / f"{folder.removesuffix('.dist-info')}-{TAG}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(files.items()):
            archive.writestr(path, content)
    for path, content in sorted(files.items()):
        if not path.startswith("vsmlrt/"):
            print(f"{len(content):10}  {path}")
    print(f"{wheel}: {len(files)} files, {wheel.stat().st_size >> 10} KiB")


if __name__ == "__main__":
    main()
