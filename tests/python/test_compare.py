"""`vsmlrt compare`: what is paired, measured and chosen, and the page in a real browser."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import ready
from command import vsmlrt
from video_samples import make_video
from vsmlrt.compare import report
from vsmlrt.compare.metrics import MOST_PSNR, Metrics, available
from vsmlrt.compare.pairs import expected_frames, moments
from vsmlrt.compare.picking import at, pick
from vsmlrt.video.png import png

TICKS = [512 * n for n in range(50)]


def gray(level: int, noise: int = 0, size: tuple[int, int] = (64, 48)) -> av.VideoFrame:
    rng = np.random.default_rng(level)
    frame = av.VideoFrame(*size, "yuv420p")
    for plane in frame.planes:
        lines = np.frombuffer(plane, np.uint8).reshape(plane.height, -1)
        lines[:] = level + (rng.integers(0, 2, lines.shape) * noise)
    return frame


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("a") / "whole.mkv", TICKS)


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same frames, coarsely encoded; every frame twice as large."""
    return make_video(tmp_path_factory.mktemp("b") / "spoilt.mkv", TICKS, codec="mpeg4")


def test_psnr_is_what_its_definition_gives() -> None:
    """All samples one off: the mean square error is 1, and 10 log10(255^2) is 48.13 decibels."""
    metrics = Metrics()
    for level in (100, 100):
        metrics.add(gray(level + 1), gray(level))
    metrics.add(gray(100), gray(100))
    values = metrics.finish()
    assert set(values) == set(available())
    assert values["PSNR"] == pytest.approx([48.13, 48.13, MOST_PSNR], abs=0.01)
    assert values["SSIM"][2] == 1
    assert values["SSIM"][0] < 1


def test_another_size_is_brought_to_the_references() -> None:
    metrics = Metrics()
    metrics.add(gray(100, size=(128, 96)), gray(100))
    assert metrics.finish()["PSNR"] == [MOST_PSNR]


def test_frames_are_paired_by_when_they_are_shown(tmp_path: Path) -> None:
    """Twice as many frames, of which every second one is shown when one of the others begins."""
    slow = make_video(tmp_path / "slow.mkv", [1024 * n for n in range(10)])
    fast = make_video(tmp_path / "fast.mkv", [512 * n for n in range(20)])
    found = [(m.number, m.frames[1].pts) for m in moments([slow, fast])]
    assert found == [(n, 80 * n) for n in range(10)]
    back = [(m.number, m.frames[1].pts) for m in moments([fast, slow])]
    assert back == [(n, 80 * (n // 2)) for n in range(20)]
    assert [m.seconds for m in moments([slow, fast])][1] == Fraction(80, 1000)


def test_a_stream_without_a_container_is_counted(tmp_path: Path) -> None:
    """Its frames have no times, so that all of them would be shown at once."""
    path, raw = make_video(tmp_path / "in.mkv", [512 * n for n in range(8)]), tmp_path / "in.264"
    with av.open(str(path)) as file, av.open(str(raw), "w", format="h264") as bare:
        stream = bare.add_stream_from_template(file.streams.video[0])
        for packet in file.demux(file.streams.video[0]):
            if packet.size:
                packet.stream = stream
                bare.mux(packet)
    found = list(moments([raw, path]))
    assert [float(one.seconds) for one in found] == pytest.approx([n / 25 for n in range(8)])
    for one in found:
        assert one.frames[0].to_ndarray().tobytes() == one.frames[1].to_ndarray().tobytes()
    assert [round(one.seconds, 2) for one in at(raw, [0.2, 0.1, 9])] == [0.08, 0.2, 0.28]
    assert len(pick(raw, 3)) == 3


def png_pixels(png_file: bytes) -> np.ndarray:
    with av.open(io.BytesIO(png_file), "r") as file:
        return next(file.decode(video=0)).to_ndarray(format="rgb24")


@pytest.mark.parametrize("tags", [{}, {"color_range": 1}, {"color_range": 2}])
@pytest.mark.parametrize("deep", ["", "10le"])
def test_gray_is_compared_with_its_yuv_by_one_range(tmp_path: Path, deep: str, tags: dict[str, int]) -> None:
    """FFmpeg's conversions take all gray for full, and what an encoder of H.264 makes of it is limited YUV."""
    ticks = [0, 512, 1024]
    gray = make_video(tmp_path / "gray.mkv", ticks, codec="ffv1", pixel_format=f"gray{deep}", colour=tags)
    yuv = make_video(tmp_path / "yuv.mkv", ticks, codec="ffv1", pixel_format=f"yuv420p{deep}", colour=tags)
    for a, b in ((gray, yuv), (yuv, gray)):
        measured = report.measure(a, b, None, True)
        assert min(measured.series["PSNR"]["B"]) > 45
    shown = [png_pixels(report.sized_png(frame, (64, 48))) for frame in next(moments([gray, yuv])).frames]
    assert np.abs(shown[0].astype(int) - shown[1]).max() <= 2


def test_a_shorter_one_shows_its_last_frame(tmp_path: Path, whole: Path) -> None:
    short = make_video(tmp_path / "short.mkv", TICKS[:10])
    found = [m.frames[1].pts for m in moments([whole, short])]
    assert found[9:] == [360] * 41


def test_expected_frames(whole: Path) -> None:
    assert expected_frames(whole) in (50, 51)


def measured(values: list[float]) -> report.Measured:
    return report.Measured(seconds=[n / 10 for n in range(len(values))], series={"SSIM": {"B": values}})


def test_the_worst_first_and_not_neighbours() -> None:
    values = [1.0] * 100
    values[50], values[51], values[20], values[80] = 0.1, 0.2, 0.3, 0.4
    picked = report.choose(measured(values), 4, None)
    assert picked[:2] == [(50, "SSIM 0.10"), (20, "SSIM 0.30")]
    assert [n for n, _ in picked[2:]] == [25, 75]
    assert report.choose(measured(values), 4, [3, 3, 200, 1]) == [(3, ""), (1, "")]
    unmeasured = report.Measured(seconds=[0.0] * 10, series={})
    assert [n for n, _ in report.choose(unmeasured, 2, None)] == [2, 7]


def content(page: Path) -> dict[str, Any]:
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', page.read_text(), re.DOTALL)
    assert found is not None
    loaded: dict[str, Any] = json.loads(found[1])
    return loaded


def test_the_page_holds_the_pictures_as_they_are_decoded(tmp_path: Path, whole: Path, spoilt: Path) -> None:
    page = tmp_path / "page.html"
    done = vsmlrt("compare", whole, spoilt, "-o", page, "--frames", "7,30")
    assert done.returncode == 0, done.stderr
    told = content(page)
    assert (told["a"], told["b"], told["count"]) == ("whole.mkv", "spoilt.mkv", 50)
    assert [frame["number"] for frame in told["frames"]] == [7, 30]
    assert {name: list(series) for name, series in told["metrics"].items()} == {name: ["B"] for name in available()}
    assert all(len(series["B"]) == 50 for series in told["metrics"].values())
    assert f"{available()[0]}: B " in done.stdout
    for key, path in (("a", whole), ("b", spoilt)):
        shown = base64.b64decode(told["frames"][0][key].partition(",")[2])
        (tmp_path / "one.png").write_bytes(shown)
        with av.open(str(tmp_path / "one.png")) as png, av.open(str(path)) as video:
            given = [frame for frame, _ in zip(video.decode(video=0), range(8), strict=False)][7]
            wanted = given.reformat(format="rgb24", src_colorspace="ITU601").to_ndarray().astype(int)
            assert np.abs(next(png.decode(video=0)).to_ndarray(format="rgb24") - wanted).max() <= 2
    text = page.read_text()
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", text)
    assert "import(" not in text
    assert "fetch(" not in text


def test_pipes_and_numbered_images(tmp_path: Path, whole: Path, spoilt: Path) -> None:
    """As of files, by their own names."""
    of_files, of_pipes = tmp_path / "files.html", tmp_path / "pipes.html"
    assert vsmlrt("compare", whole, spoilt, "-o", of_files, "--frames", "3").returncode == 0
    os.mkfifo(tmp_path / "pipe")
    feeder = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(spoilt.read_bytes()))
    feeder.start()
    with whole.open("rb") as file:
        words = ["compare", "-", str(tmp_path / "pipe"), "-o", str(of_pipes), "--frames", "3"]
        command = [sys.executable, "-m", "vsmlrt", *words]
        done = ready.run(command, text=True, stdin=file)
    feeder.join()
    assert done.returncode == 0, done.stderr
    one, other = content(of_files), content(of_pipes)
    assert (other["a"], other["b"]) == ("standard input", "pipe")
    assert (one["metrics"], one["frames"]) == (other["metrics"], other["frames"])
    with av.open(str(whole)) as video:
        for n, frame in enumerate(video.decode(video=0)):
            (tmp_path / f"{n}.png").write_bytes(png(frame.reformat(format="rgb24")))
    of_images = tmp_path / "images.html"
    assert vsmlrt("compare", whole, tmp_path / "%d.png", "-o", of_images, "--framerate", "25").returncode == 0
    assert content(of_images)["b"] == "%d.png"
    assert min(content(of_images)["metrics"]["PSNR"]["B"]) > 40
    refused = vsmlrt("compare", "-", "-", "-o", tmp_path / "no.html")
    assert refused.returncode == 2
    assert "there is one standard input" in refused.stderr


def test_of_two_sizes_nothing_is_measured_without_a_reference(tmp_path: Path, whole: Path) -> None:
    large = make_video(tmp_path / "large.mkv", TICKS, size=(128, 96))
    done = vsmlrt("compare", whole, large, "-o", tmp_path / "a.html")
    assert "nothing is measured: the videos have two sizes; give --reference VIDEO" in done.stderr
    told = content(tmp_path / "a.html")
    assert (told["width"], told["height"], told["metrics"]) == (128, 96, {})
    assert vsmlrt("compare", whole, large, "-o", tmp_path / "b.html", "--reference", large).returncode == 0
    metrics = content(tmp_path / "b.html")["metrics"]
    assert set(metrics["PSNR"]) == {"A", "B"}
    assert min(metrics["PSNR"]["B"]) == MOST_PSNR
    assert max(metrics["PSNR"]["A"]) < 60


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

PLAYED = """
<script>
addEventListener("load", () => {
  const told = [], key = (name, type = "keydown") => document.dispatchEvent(new KeyboardEvent(type, { key: name }));
  const tell = (name) => {
    const seen = getComputedStyle($("imageB")).visibility;
    told.push([name, state.frame, state.mode, seen, state.zoom.toFixed(2)].join(":"));
  };
  const image = $("imageA"), lines = document.querySelectorAll("polyline").length;
  told.push(`drawn:${image.naturalWidth}x${image.naturalHeight}:${lines}`);
  tell("start");
  key("ArrowRight"); tell("right");
  key("ArrowLeft"); key("ArrowLeft"); tell("round");
  key("f"); tell("flicker");
  key("s"); tell("slider");
  key(" "); tell("held");
  key(" ", "keyup"); tell("let go");
  const before = state.zoom; key("+"); told.push(`grown:${(state.zoom / before).toFixed(2)}`);
  key("1"); tell("one");
  const plotted = document.querySelector("svg"), left = plotted.getBoundingClientRect().left;
  plotted.dispatchEvent(new MouseEvent("click", { clientX: left + 1 }));
  tell("plot");
  document.title = told.join(" ");
});
</script>
"""


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed to open the page with")
def test_the_page_in_a_browser(tmp_path: Path, whole: Path, spoilt: Path) -> None:
    """Offline: frames by arrows, flicker and slider by keys, the other video while space is held, zoom, plots."""
    page = tmp_path / "page.html"
    assert vsmlrt("compare", whole, spoilt, "-o", page, "--frames", "7,30,40").returncode == 0
    page.write_text(page.read_text().replace("</body>", PLAYED + "</body>"))
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu"]
    command += ["--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r"<title>(.*?)</title>", done.stdout)
    assert found is not None
    told = found[1]
    for wanted in ("start:0:slide:visible", "right:1:slide", "round:2:slide", "flicker:2:flicker", "slider:2:slide"):
        assert wanted in told
    assert "held:2:held:hidden" in told
    assert "let go:2:slide:visible" in told
    assert "grown:1.50" in told
    assert "one:2:slide:visible:1.00" in told
    assert "plot:0:slide" in told
    assert f"drawn:64x48:{len(available())}" in told


def test_what_only_one_video_shows_is_said(tmp_path: Path) -> None:
    """Two seconds beside half a second, whose last frame is measured against all the rest."""
    whole = make_video(tmp_path / "whole.mkv", TICKS)
    short = make_video(tmp_path / "short.mkv", TICKS[:12])
    pairs = (
        (whole, short, "its last frame is compared with what follows"),
        (short, whole, "nothing behind it is compared"),
    )
    for first, second, what in pairs:
        done = vsmlrt("compare", first, second, "-o", tmp_path / "report.html", "-y")
        assert done.returncode == 0, done.stderr
        assert f"short.mkv ends at 0.48 s, before another of the videos: {what}" in done.stderr
        assert done.stderr.count("ends at") == 1


def test_a_frame_less_at_the_end_is_no_other_length(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "whole.mkv", TICKS)
    less = make_video(tmp_path / "less.mkv", TICKS[:-1])
    ended: list[Any] = []
    assert sum(1 for _ in moments([whole, less], lambda *told: ended.append(told))) == len(TICKS)
    assert sum(1 for _ in moments([less, whole], lambda *told: ended.append(told))) == len(TICKS) - 1
    assert ended == []


def test_one_frame_stands_for_as_long_as_it_is_compared(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "whole.mkv", TICKS)
    still = make_video(tmp_path / "still.mkv", TICKS[:1])
    assert sum(1 for _ in moments([whole, still])) == len(TICKS)


def test_a_frame_that_is_not_there_is_named(tmp_path: Path) -> None:
    whole = make_video(tmp_path / "whole.mkv", TICKS)
    done = vsmlrt("compare", whole, whole, "-o", tmp_path / "report.html", "--frames", "0,49,50")
    assert done.returncode == 2
    assert "--frames 0,49,50: there is no frame 50, 50 are compared, 0 to 49" in done.stderr
