"""Lists what is in the wheels and checks that they belong together; a fault ends it with one sentence.

Usage: python tools/check_wheels.py WHEEL...

Each wheel has the plugin's folder with every library that its manifest.vs names, the backends of its system, and
the cuda backend's kernels for each architecture. All have the same version, requirements and extras, and the same
Python package and kernels.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

PLUGIN = "vapoursynth/plugins/mlrt/"
ARCHITECTURES = ("sm_80", "sm_86", "sm_89", "sm_90a", "sm_100", "sm_120")
BACKENDS = {
    ".so": ("cuda", "onnxruntime", "openvino", "reference"),
    ".dll": ("cuda", "onnxruntime", "reference"),
}


def check_plugin(wheel: Path, archive: zipfile.ZipFile) -> None:
    """SystemExit where the manifest names what is not there, or a backend is missing."""
    names = set(archive.namelist())
    if f"{PLUGIN}manifest.vs" not in names:
        raise SystemExit(f"{wheel.name} has no {PLUGIN}manifest.vs")
    ending = ".dll" if "-win_" in wheel.name else ".so"
    libraries = archive.read(f"{PLUGIN}manifest.vs").decode().split("\n")[1:]
    if not any(libraries):
        raise SystemExit(f"{wheel.name}: its manifest.vs names no library")
    for name in [*filter(None, libraries), *(f"libvsmlrt_{backend}" for backend in BACKENDS[ending])]:
        if f"{PLUGIN}{name}{ending}" not in names:
            raise SystemExit(f"{wheel.name} has no {PLUGIN}{name}{ending}, which belongs there")
    for architecture in ARCHITECTURES:
        if f"{PLUGIN}libvsmlrt_cuda.{architecture}.kernels" not in names:
            raise SystemExit(f"{wheel.name} has no kernels for {architecture}; make them with: tools/kernels")


def common_parts(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """The metadata, the Python package and the kernels."""
    names = [entry.filename for entry in archive.infolist() if not entry.is_dir()]
    return {
        name: archive.read(name)
        for name in names
        if name.startswith("vsmlrt/") or name.endswith(("/METADATA", ".kernels"))
    }


def main() -> None:
    """See the head of this file."""
    parts: list[dict[str, bytes]] = []
    for wheel in map(Path, sys.argv[1:]):
        with zipfile.ZipFile(wheel) as archive:
            check_plugin(wheel, archive)
            parts.append(common_parts(archive))
            print(f"{wheel.name}: {wheel.stat().st_size / (1 << 20):.1f} MiB, {len(archive.namelist())} files")
            for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
                if not entry.is_dir() and not entry.filename.startswith("vsmlrt/"):
                    print(f"{entry.file_size:10}  {entry.filename}")
        for name in sorted(parts[0].keys() | parts[-1].keys()):
            if parts[0].get(name) != parts[-1].get(name):
                raise SystemExit(f"{wheel.name}: {name} is not that of {Path(sys.argv[1]).name}")


if __name__ == "__main__":
    main()
