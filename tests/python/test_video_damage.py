"""Damaged and truncated videos: as many frames as FFmpeg decodes, each loss counted and said, and the work goes on."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import ready
from command import stand_in
from video_samples import TICKS, make_video, picture
from vsmlrt.errors import UserError
from vsmlrt.video import damage, found_frames, index
from vsmlrt.video.container_end import is_cut
from vsmlrt.video.damage import PacketCount, surviving_frames
from vsmlrt.video.job import Job, check_job, picture_by_picture, run

COUNT = 20


def with_broken_packet(path: Path, broken: tuple[int, ...] = (5,)) -> Path:
    """Frames that each stand alone (FFV1), some of them overwritten."""
    with av.open(str(path), "w") as file:
        video: Any = file.add_stream("ffv1", rate=25)
        video.width, video.height, video.pix_fmt, video.time_base = 64, 48, "yuv420p", TICKS
        video.codec_context.gop_size = 1
        video.codec_context.time_base = TICKS
        for n in [*range(COUNT), None]:
            frame = None if n is None else picture(64, 48, n)
            if frame is not None and n is not None:
                frame.pts, frame.time_base = 512 * n, TICKS
            for packet in video.encode(frame):
                if packet.pts // 512 in broken:
                    made: Any = av.Packet(b"\xff" * 40)
                    made.stream, made.time_base = video, packet.time_base
                    made.pts, made.dts, made.duration = packet.pts, packet.dts, 512
                    packet = made
                file.mux(packet)
    return path


def go(source: Path, output: Path, **more: Any) -> tuple[list[int], list[str]]:
    """How many frames could not be decoded, as the job tells it, and what it says."""
    damaged: list[int] = []
    said: list[str] = []
    job = Job(source=source, output=output, **more)
    process = picture_by_picture(lambda clip: clip)
    run(check_job(job), process, warn=said.append, progress=lambda d, t: None, damaged=damaged.append)
    return damaged, said


def frames(path: Path) -> list[tuple[Fraction, bytes]]:
    """The time and the luma of each frame that can be decoded."""
    found = [frame for frame, _ in surviving_frames(path, 0) if frame is not None]
    return [(frame.pts * Fraction(*ratio(frame.time_base)), np.array(frame.planes[0]).tobytes()) for frame in found]


def ratio(value: Any) -> tuple[int, int]:
    return value.numerator, value.denominator


def test_repeat(tmp_path: Path) -> None:
    """The frame before stands in the place of what cannot be decoded, at its time."""
    source = with_broken_packet(tmp_path / "in.mkv", (5, 11, 12))
    damaged, said = go(source, tmp_path / "out.mkv", codec="ffv1")
    assert damaged == [3]
    assert len(said) == 1
    assert "3 frames that cannot be decoded" in said[0]
    made = frames(tmp_path / "out.mkv")
    assert [time for time, _ in made] == [Fraction(n, 25) for n in range(COUNT)]
    whole = dict(frames(source))
    shown = [4 if n == 5 else 10 if n in (11, 12) else n for n in range(COUNT)]
    assert [data for _, data in made] == [whole[Fraction(n, 25)] for n in shown]


def test_skip(tmp_path: Path) -> None:
    source = with_broken_packet(tmp_path / "in.mkv", (0, 5))
    damaged, _ = go(source, tmp_path / "out.mkv", codec="ffv1", on_error="skip")
    assert damaged == [2]
    assert frames(tmp_path / "out.mkv") == frames(source)
    assert len(frames(source)) == COUNT - 2


def test_stop(tmp_path: Path) -> None:
    source = with_broken_packet(tmp_path / "in.mkv")
    with pytest.raises(UserError, match="is damaged: 1 frame that cannot be decoded"):
        go(source, tmp_path / "out.mkv", on_error="stop")
    assert [path.name for path in tmp_path.iterdir()] == ["in.mkv"]


@pytest.mark.parametrize("choice", ["stop", "skip", "repeat"])
def test_whole_videos_are_none_of_it(tmp_path: Path, choice: str) -> None:
    source = make_video(tmp_path / "in.mkv", [0, 512, 1024, 2000, 4000], audio=True)
    assert go(source, tmp_path / "out.mkv", on_error=choice) == ([], [])


@pytest.mark.parametrize("name", sorted(path.name for path in (Path(__file__).parent / "clips").iterdir()))
def test_whole_clips_are_none_of_it(name: str) -> None:
    path = Path(__file__).parent / "clips" / name
    counted = PacketCount(path, 0).result()
    assert counted is not None
    assert (counted.complaints, counted.missing) == (0, 0)


@pytest.mark.parametrize("ending", ["mkv", "webm", "mp4"])
def test_truncated(tmp_path: Path, ending: str) -> None:
    """What is missing at the end is counted: by the file's length, or by the index of an MP4 that begins with it."""
    codec = "libvpx-vp9" if ending == "webm" else "libx264"
    source = make_video(tmp_path / f"whole.{ending}", list(range(0, 512 * 100, 512)), codec=codec)
    if ending == "mp4":
        go(source, tmp_path / "front.mp4")
        source = tmp_path / "front.mp4"
    cut = tmp_path / f"cut.{ending}"
    cut.write_bytes(source.read_bytes()[: source.stat().st_size * 6 // 10])
    there = len(frames(cut))
    assert 10 < there < 90
    damaged, said = go(cut, tmp_path / "out.mkv", on_error="skip")
    assert abs(damaged[0] - (100 - there)) <= 2
    assert "missing at the end" in said[0]
    assert len(frames(tmp_path / "out.mkv")) == there


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("codec", "ending"), [("libx264", "mkv"), ("libx264", "mp4"), ("mpeg4", "mkv"), ("ffv1", "mkv"), ("libx264", "ts")]
)
def test_bytes_overwritten(tmp_path: Path, codec: str, ending: str, seed: int) -> None:
    """Wherever the damage is, the work ends with what FFmpeg decodes, and some of it is told unless all came."""
    draw = random.Random(seed)
    source = make_video(tmp_path / f"in.{ending}", list(range(0, 512 * 60, 512)), codec=codec)
    data = bytearray(source.read_bytes())
    first, last = (data.index(b"mdat"), data.index(b"moov") - 20) if ending == "mp4" else (0, len(data) - 16)
    for _ in range(5):
        place = draw.randrange(first + (last - first) // 4, last)
        data[place : place + 16] = draw.randbytes(16)
    source.write_bytes(data)
    there = len(frames(source))
    damaged, said = go(source, tmp_path / "out.mkv", on_error="skip")
    assert len(frames(tmp_path / "out.mkv")) == there
    assert bool(damaged) == bool(said)
    if ending != "ts" and there < 60:
        assert damaged


def test_status(tmp_path: Path) -> None:
    """3, with OUT written; 1 with ``stop``."""
    source = with_broken_packet(tmp_path / "in.mkv")
    done = ready.run(stand_in("upscale", source, tmp_path / "out.mkv"), text=True)
    assert done.returncode == 3
    assert done.stderr.splitlines()[-1] == "vsmlrt: the input is damaged: 1 frame could not be decoded whole"
    assert len(frames(tmp_path / "out.mkv")) == COUNT
    command = stand_in("upscale", source, tmp_path / "other.mkv", "--on-error", "stop")
    assert ready.run(command).returncode == 1
    assert not (tmp_path / "other.mkv").exists()


def test_packets_of_copied_streams(tmp_path: Path) -> None:
    """A packet that MP4 cannot store is left out and counted; the others and the picture come."""
    source = tmp_path / "in.mkv"
    with av.open(str(source), "w") as file:
        video: Any = file.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound: Any = file.add_stream("eac3", rate=48000)
        for n in [*range(25), None]:
            file.mux(video.encode(None if n is None else picture(64, 48, n)))
        count = 0
        for n in [*range(31), None]:
            frame = None
            if n is not None:
                frame = av.AudioFrame.from_ndarray(np.zeros((2, 1536), np.float32), format="fltp", layout="stereo")
                frame.sample_rate, frame.pts, frame.time_base = 48000, n * 1536, Fraction(1, 48000)
            for packet in sound.encode(frame):
                count += 1
                if count == 10:
                    made: Any = av.Packet(b"\x00" * 64)
                    made.stream, made.time_base = sound, packet.time_base
                    made.pts, made.dts, made.duration = packet.pts, packet.dts, packet.duration
                    packet = made
                file.mux(packet)
    damaged, said = go(source, tmp_path / "out.mp4")
    assert damaged == []
    assert said == ["left out: 1 damaged packet of audio stream 1 (eac3), which mp4 does not take"]
    with av.open(str(tmp_path / "out.mp4")) as file:
        assert sum(1 for packet in file.demux(audio=0) if packet.size) == count - 1


def test_count_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the index, so that the second job with a video begins without reading all of it; and goes with it."""
    source = with_broken_packet(tmp_path / "in.mkv", (5,))
    folder = tmp_path / "index"
    first = go(source, tmp_path / "one.mkv", codec="ffv1", index_folder=folder)
    assert sorted(path.suffix for path in folder.iterdir()) == [".bsindex", ".packets"]
    monkeypatch.setattr(PacketCount, "_count", None)
    assert go(source, tmp_path / "two.mkv", codec="ffv1", index_folder=folder) == first
    monkeypatch.undo()
    (kept,) = index.kept_indexes(folder)
    index.count_of(kept).write_text("{")
    assert go(source, tmp_path / "three.mkv", codec="ffv1", index_folder=folder) == first
    index.remove_index(kept)
    assert list(folder.iterdir()) == []


def test_frames_before_the_first_whole_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of a recording: frames that lean on others before its start are left out on purpose, and not damage."""
    whole = make_video(tmp_path / "whole.mkv", list(range(0, 512 * 600, 512)))
    with av.open(str(whole)) as file, av.open(str(tmp_path / "in.mkv"), "w") as target:
        made: Any = target.add_stream_from_template(file.streams.video[0], opaque=True)
        keys = 0
        for packet in file.demux(video=0):
            keys += packet.is_keyframe
            if packet.size and keys > 1:
                packet.stream = made
                target.mux(packet)
    counted = PacketCount(tmp_path / "in.mkv", 0).result()
    assert counted is not None
    assert counted.packets > 100
    shown_before = replace(counted, packets=counted.packets + 2, leading=(80, 0, 40, 120))
    assert shown_before.fits(counted.packets, 80)
    assert not shown_before.fits(counted.packets + 1, 80)
    lost_before = replace(counted, packets=counted.packets + 2, leading=(0, 40, 80))
    assert not lost_before.fits(counted.packets, 80)
    assert go(tmp_path / "in.mkv", tmp_path / "out.mkv") == ([], [])


def test_no_second_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where packets and frames differ without damage, all is decoded once more, and only the first time."""
    source = make_video(tmp_path / "in.mkv", list(range(0, 512 * 10, 512)))
    count = PacketCount._count

    def more(self: PacketCount, path: Path, stream: int) -> None:
        count(self, path, stream)
        assert self._result is not None
        self._result = replace(self._result, packets=self._result.packets + 3)

    monkeypatch.setattr(PacketCount, "_count", more)
    looked: list[Path] = []
    look = damage.has_errors

    def heard(path: Path, stream: int) -> bool:
        looked.append(path)
        return look(path, stream)

    monkeypatch.setattr(found_frames, "has_errors", heard)
    for name in ("one.mkv", "two.mkv"):
        assert go(source, tmp_path / name, index_folder=tmp_path / "index") == ([], [])
    assert looked == [source]


def big_transport_stream(path: Path) -> bytes:
    """Frames of several packets each, so that most cuts are inside of one."""
    with av.open(str(path), "w") as file:
        video: Any = file.add_stream("libx264", rate=25, options={"crf": "1", "bf": "0"})
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        draw = np.random.default_rng(1)
        for n in [*range(40), None]:
            frame = None
            if n is not None:
                frame = av.VideoFrame.from_ndarray(draw.integers(0, 256, (120, 160, 3), np.uint8), format="rgb24")
                frame.pts = n
            file.mux(video.encode(frame))
    return path.read_bytes()


@pytest.mark.parametrize("packet", [188, 192, 204])
def test_transport_stream_that_was_cut(tmp_path: Path, packet: int) -> None:
    """Inside of its own packets or of a frame, whatever stands around these; one that ends as it was made is whole."""
    data = big_transport_stream(tmp_path / "in.ts")
    rows = [data[at : at + 188] for at in range(0, len(data), 188)]
    before, behind = bytes(4 if packet == 192 else 0), bytes(16 if packet == 204 else 0)
    source = tmp_path / "some.ts"

    def cut(count: int, rest: int = 0) -> bool:
        made = b"".join(before + row + behind for row in rows[:count])
        source.write_bytes(made + (before + rows[count])[: len(before) + rest] if rest else made)
        return is_cut(source)

    assert not cut(len(rows))
    assert cut(len(rows) // 2, 100)
    assert sum(cut(len(rows) - n) for n in range(10, 60)) > 40
    source.write_bytes(data[:100])
    assert not is_cut(source)  # too little of it to be told from other files
    source.write_bytes(bytes(100_000))
    assert not is_cut(source)


def test_cut_recording(tmp_path: Path) -> None:
    data = big_transport_stream(tmp_path / "in.ts")
    assert go(tmp_path / "in.ts", tmp_path / "whole.mkv") == ([], [])
    (tmp_path / "in.ts").write_bytes(data[: len(data) // 2 // 188 * 188 + 50])
    damaged, said = go(tmp_path / "in.ts", tmp_path / "out.mkv")
    assert len(damaged) == 1
    assert "the file ends in the middle of a packet" in said[0]
    with pytest.raises(UserError, match="ends in the middle of a packet"):
        go(tmp_path / "in.ts", tmp_path / "other.mkv", on_error="stop")


@pytest.mark.parametrize(("ending", "told"), [("avi", "ends in the middle"), ("flv", "missing at the end")])
def test_other_containers_that_were_cut(tmp_path: Path, ending: str, told: str) -> None:
    """By the bytes or the length that the file says."""
    source = make_video(tmp_path / f"in.{ending}", list(range(0, 512 * 100, 512)))
    data = source.read_bytes()
    assert go(source, tmp_path / "whole.mkv") == ([], [])
    source.write_bytes(data[: len(data) * 6 // 10])
    damaged, said = go(source, tmp_path / "out.mkv", on_error="skip")
    assert damaged
    assert told in said[0]


def patched_by_the_decoder(path: Path) -> int:
    """A video of which every packet gives a frame, some of them only because the decoder makes the rest up."""
    data = big_transport_stream(path.with_suffix(".ts"))
    assert data
    with av.open(str(path.with_suffix(".ts"))) as file, av.open(str(path), "w") as target:
        made: Any = target.add_stream_from_template(file.streams.video[0])
        for n, packet in enumerate(file.demux(video=0)):
            if packet.size:
                if n in (20, 30):
                    broken: Any = av.Packet(bytes(packet)[: packet.size // 2])
                    broken.pts, broken.dts, broken.duration = packet.pts, packet.dts, packet.duration
                    broken.time_base = packet.time_base
                    packet = broken
                packet.stream = made
                target.mux(packet)
    patched = [frame.is_corrupt for frame, _ in surviving_frames(path, 0) if frame is not None]
    assert len(patched) == 40
    return sum(patched)


def test_what_the_decoder_patches(tmp_path: Path) -> None:
    """No packet and no frame is amiss; it is told when the work is done, remembered, and refused at once by `stop`."""
    source = tmp_path / "in.mkv"
    count = patched_by_the_decoder(source)
    assert count
    folder = tmp_path / "index"
    for name in ("one.mkv", "two.mkv"):
        damaged, said = go(source, tmp_path / name, index_folder=folder)
        assert damaged == [count]
        assert f"{count} frame{'' if count == 1 else 's'} patched by the decoder" in said[0]
        assert len(frames(tmp_path / name)) == 40
    for remembered in (None, folder):
        with pytest.raises(UserError, match="patched by the decoder"):
            go(source, tmp_path / "three.mkv", index_folder=remembered, on_error="stop")
