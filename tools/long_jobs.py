#!/usr/bin/env python3
"""Shows what long jobs survive, by hand and in minutes: what takes too long for a test, or needs root.

A resize stands for the network, so that the time goes into parts, records and joining.

    tools/long_jobs.py kills      a job of ten parts is killed (-9) at twenty random moments, gone on with, and compared
    tools/long_jobs.py memory     20,000 frames in 200 parts: the process's memory from beginning to end
    tools/long_jobs.py speed      2,000 frames in parts and in one piece, in turns: processor time and memory
    tools/long_jobs.py full       on a disk (tmpfs, as root) that is full a little later each time, until it is not

Each ends with status 1 where something is not as promised.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "python"))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "python"))

from command import stand_in
from segment_jobs import content
from video_samples import make_video
from vsmlrt.video import job_folder

TICK = 512
_TIMEOUT = 600


def _start(*words: str | Path, wait: float = 0.0) -> subprocess.Popen[str]:
    return subprocess.Popen(stand_in(*words, wait=wait), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def _finish(*words: str | Path) -> tuple[int, str]:
    process = _start(*words)
    _, said = process.communicate(timeout=_TIMEOUT)
    return process.returncode, said


def _verdict(same: bool, said: str) -> str:
    return "equal" if same else f"NOT EQUAL {said}"


def kills(folder: Path, count: int) -> bool:
    """Each job is killed once, at a moment of its whole length, and gone on with."""
    source = make_video(folder / "in.mkv", [TICK * n for n in range(50)], audio=True)
    command: tuple[Any, ...] = ("upscale", source)
    whole = folder / "whole.mkv"
    begun = time.monotonic()
    _start(*command, whole, "--segment", "0.2", wait=0.04).wait()
    length = time.monotonic() - begun
    chosen, good = random.Random(), True
    for n in range(count):
        made = folder / f"{n}.mkv"
        process = _start(*command, made, "--segment", "0.2", wait=0.04)
        moment = chosen.uniform(0, length)
        time.sleep(moment)
        process.kill()
        process.wait()
        broken = made.exists() and content(made) != content(whole)
        kept = "all" if made.exists() else str(job_folder.unfinished(made)[0])
        status, said = (0, "") if made.exists() else _finish(*command, made, "--segment", "0.2", "--resume")
        same = status == 0 and not broken and content(made) == content(whole)
        left = [path.name for path in folder.iterdir() if path.name.startswith(f".{n}.mkv")]
        print(f"killed after {moment:5.2f} s of {length:.2f}: {kept} parts kept, {_verdict(same, said)}")
        good = good and same and (not left or kept == "all")
    return good


def memory(folder: Path, frames: int) -> bool:
    """Resident memory at each tenth; from the second tenth on it may not grow by more than a tenth."""
    source = make_video(folder / "in.mkv", [TICK * n for n in range(frames)])
    made = folder / "out.mkv"
    process = _start("upscale", source, made, "--segment", str(frames / 200 / 25))
    peaks: dict[int, int] = {}
    while process.poll() is None:
        done = job_folder.frames_done(made)[0]
        resident = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") >> 20
        tenth = min(9, 10 * done // frames)
        peaks[tenth] = max(peaks.get(tenth, 0), resident)
        parts = job_folder.unfinished(made)[1]
        time.sleep(0.1)
    print(f"{frames} frames in 200 parts; MiB resident at most in each tenth: {[peaks[n] for n in sorted(peaks)]}")
    early = max(peaks.get(1, 0), peaks.get(2, 0))
    return process.returncode == 0 and parts in (0, 200) and peaks[max(peaks)] <= 1.1 * early


def speed(folder: Path, frames: int) -> bool:
    """Parts may take a tenth more of the processor's time than one piece at most, and as much memory."""
    source = make_video(folder / "in.mkv", [TICK * n for n in range(frames)], size=(320, 240))
    taken: dict[str, list[float]] = {"0": [], "10": []}
    most: dict[str, list[int]] = {"0": [], "10": []}
    _finish("upscale", source, folder / "first.mkv")  # which keeps the index
    for turn in range(3):
        for segment in taken:
            process = _start("upscale", source, folder / f"{turn}-{segment}.mkv", "--segment", segment)
            _, status, usage = os.wait4(process.pid, 0)
            taken[segment].append(usage.ru_utime + usage.ru_stime)
            most[segment].append(usage.ru_maxrss >> 10)
            if status:
                return False
    middle = {segment: sorted(times)[1] for segment, times in taken.items()}
    for segment, name in (("0", "one piece"), ("10", "parts of 10 s")):
        told = ", ".join(f"{one:.2f}" for one in sorted(taken[segment]))
        processor = f"{middle[segment]:.2f} s of processor ({told})"
        print(f"{frames} frames in {name}: {processor}, {max(most[segment])} MiB at most")
    return middle["10"] <= 1.1 * middle["0"] and max(most["10"]) <= 1.1 * max(most["0"])


def full(folder: Path, step: int) -> bool:
    """A disk of each size until the job fits: one sentence, nothing under the name, and finished parts that go on."""
    source = make_video(folder / "in.mkv", [TICK * n for n in range(50)], size=(320, 240), audio=True)
    whole, disk = folder / "whole.mkv", folder / "disk"
    disk.mkdir()
    _finish("upscale", source, whole, "--segment", "0.2")
    good, size = True, step
    while good:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(disk)], check=True)
        try:
            made = disk / "out.mkv"
            status, said = _finish("upscale", source, made, "--segment", "0.2")
            if status == 0:
                print(f"{size} KiB: done")
                return content(made) == content(whole)
            kept, errors = job_folder.unfinished(made)[0], [line for line in said.splitlines() if "error: " in line]
            told = len(errors) == 1 and "full" in errors[0] and not made.exists()
            subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
            status, said = _finish("upscale", source, made, "--segment", "0.2", *(["--resume"] if kept else []))
            same = status == 0 and content(made) == content(whole)
            left = [path.name for path in disk.iterdir() if path.name != "out.mkv"]
            print(f"{size} KiB: {errors}, {kept} parts kept; with room {_verdict(same, said)} {left or ''}")
            good = told and same and not left
        finally:
            subprocess.run(["umount", str(disk)], check=True)
        size += step
    return False


def main() -> int:
    """Runs what is asked for in a folder that is removed at the end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["kills", "memory", "speed", "full"])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--frames", type=int, default=20_000)
    parser.add_argument("--step", type=int, default=40, help="KiB that the disk grows by each time")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="long_jobs."))
    try:
        shown = {
            "kills": lambda: kills(folder, given.kills),
            "memory": lambda: memory(folder, given.frames),
            "speed": lambda: speed(folder, given.frames // 10),
            "full": lambda: full(folder, given.step),
        }[given.what]()
    finally:
        shutil.rmtree(folder)
    print("as promised" if shown else "NOT AS PROMISED")
    return 0 if shown else 1


if __name__ == "__main__":
    sys.exit(main())
