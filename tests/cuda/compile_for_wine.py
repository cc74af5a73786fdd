"""Compiles what the emulated CUDA compiler asks for under Wine (emulated_system_windows.cpp), until it is stopped.

Usage: python tests/cuda/compile_for_wine.py FOLDER
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

COMPILER = ["x86_64-w64-mingw32-g++-posix", "-std=c++17", "-O1", "-w", "-shared", "-static", "-s", "-o"]


def compile_one(stem: Path) -> None:
    """STEM.cpp to STEM.dll, then STEM.done, of which both have another name while they are written."""
    made = stem.with_name(stem.name + ".making")
    with stem.with_name(stem.name + ".log").open("w") as log:
        command = [*COMPILER, str(made), f"{stem}.cpp"]
        done = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False)
    if done.returncode == 0:
        made.rename(f"{stem}.dll")
    Path(f"{stem}.done").touch()


def main() -> None:
    """See the head of this file."""
    folder = Path(sys.argv[1])
    with ThreadPoolExecutor(2) as pool:
        while True:
            for wanted in folder.glob("*.wanted"):
                wanted.unlink()
                pool.submit(compile_one, wanted.with_suffix(""))
            time.sleep(0.02)


if __name__ == "__main__":
    main()
