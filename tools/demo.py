"""The demo: three seconds of a real clip upscaled by a real network, and one frame before and after as a picture."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

import av
import numpy as np
import vapoursynth as vs

from clips import fetch

CLIPS = Path("build/clips")
OUT = Path("out")
PACKAGE = Path(".venv/.package")
"""What tools/setup notes of the package that it has installed."""
WIDTH, HEIGHT, LEFT, TOP = 640, 360, 320, 180
FRAMES = 75
SHOWN = 60
PART = 320
"""Width and height of the part that is shown, in pixels of the video made; each is shown as 2x2."""


def upscale(source: Path, video: Path) -> None:
    """Run the command line as a user would; SystemExit with its status if it fails."""
    crop = f"{WIDTH}x{HEIGHT}+{LEFT}+{TOP}"
    options = ["--model", "animevideov3", "--scale", "2", "--crop", crop, "--frames", f"0:{FRAMES}", "--overwrite"]
    command = ["upscale", str(source), str(video), *options]
    print("demo: vsmlrt", *command, file=sys.stderr)
    status = subprocess.run([sys.executable, "-m", "vsmlrt", *command], check=False).returncode
    if status != 0:
        sys.exit(status)


def most_changed(before: vs.VideoNode, after: vs.VideoNode) -> tuple[int, int]:
    """Left and top of the part in which the two RGB24 frames differ most: there the gain can be seen."""
    greens = [np.asarray(clip.get_frame(0)[1]).astype(np.int64) for clip in (before, after)]
    sums = np.pad(np.abs(greens[0] - greens[1]).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    parts = sums[PART:, PART:] - sums[:-PART, PART:] - sums[PART:, :-PART] + sums[:-PART, :-PART]
    top, left = np.unravel_index(int(parts.argmax()), parts.shape)
    return int(left), int(top)


def before_and_after(source: Path, video: Path) -> vs.VideoNode:
    """A part of the shown frame enlarged by bicubic, and the network's next to it, as one RGB24 frame."""
    core = vs.core
    before = core.std.CropAbs(core.bs.VideoSource(str(source), cachemode=0), WIDTH, HEIGHT, LEFT, TOP)[SHOWN]
    after = core.bs.VideoSource(str(video), cachemode=0)[SHOWN]
    pictures = [
        core.resize.Bicubic(clip, after.width, after.height, format=vs.RGB24, matrix_in_s="709")
        for clip in (before, after)
    ]
    left, top = most_changed(*pictures)
    parts = [core.std.CropAbs(clip, PART, PART, left, top) for clip in pictures]
    return core.std.StackHorizontal([core.resize.Point(clip, 2 * PART, 2 * PART) for clip in parts])


def write_png(picture: vs.VideoNode, path: Path) -> None:
    """Write the first frame of an RGB24 clip; the file appears under its name when whole."""
    shown = av.VideoFrame(picture.width, picture.height, "gbrp")
    with picture.get_frame(0) as frame:
        for plane, samples in zip(shown.planes, (frame[1], frame[2], frame[0]), strict=True):
            packed = bytes(samples)
            starts = range(0, len(packed), picture.width)
            plane.update(b"".join(packed[at : at + picture.width].ljust(plane.line_size, b"\0") for at in starts))
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        unfinished = Path(scratch) / path.name
        with av.open(str(unfinished), "w", format="image2") as output:
            stream = output.add_stream("png", rate=1)
            stream.width, stream.height, stream.pix_fmt = picture.width, picture.height, "rgb24"
            output.mux(stream.encode(shown.reformat(format="rgb24")))
            output.mux(stream.encode(None))
        unfinished.replace(path)


def makers() -> str:
    """One line that changes when anything does that the demo is made by."""
    package = PACKAGE.read_bytes() if PACKAGE.exists() else b""
    return hashlib.sha256(package + Path(__file__).read_bytes()).hexdigest()


def main() -> None:
    """Make out/demo.mkv and out/demo.png, unless they are there already."""
    source, video, picture, stamp = (
        CLIPS / "bigbuckbunny.mp4",
        OUT / "demo.mkv",
        OUT / "demo.png",
        OUT / ".made-by",
    )
    made = stamp.exists() and stamp.read_text() == makers() and video.exists() and picture.exists()
    if made:
        print("demo: nothing has changed since these were made; remove out/ to see it again")
    else:
        fetch(CLIPS)
        OUT.mkdir(exist_ok=True)
        stamp.unlink(missing_ok=True)
        upscale(source, video)
        write_png(before_and_after(source, video), picture)
        stamp.write_text(makers())
    print(f"demo: the video is {video.resolve()} (before: the middle of {source})")
    print(f"demo: a part of one frame before (bicubic) and after is {picture.resolve()}")


if __name__ == "__main__":
    main()
