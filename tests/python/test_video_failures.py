"""What fails in the middle of a job (a device, an encoder, a frame of the source) is one sentence and costs no part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import pytest
import vapoursynth as vs

import ready
from command import STAND_IN, stand_in
from video_samples import make_video
from vsmlrt.errors import UserError
from vsmlrt.video import job_folder, segments, writer
from vsmlrt.video.job import Job, check_job, picture_by_picture, run
from vsmlrt.video.picture import add_picture, encodable

COUNT = 30
PARTS = 6


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    return make_video(folder / "in.mkv", list(range(0, 512 * COUNT, 512)), audio=True)


def double(clip: vs.VideoNode) -> vs.VideoNode:
    return clip.resize.Bicubic(clip.width * 2, clip.height * 2)


def failing_at(frame: int) -> Any:
    """A network whose device is gone from this frame on."""

    def network(clip: vs.VideoNode) -> vs.VideoNode:
        def drop_out(n: int, f: vs.VideoFrame) -> vs.VideoFrame:
            if n >= frame:
                raise RuntimeError("cuda: the device 0 is gone: CUDA_ERROR_ECC_UNCORRECTABLE")
            return f

        big = double(clip)
        return big.std.ModifyFrame(big, drop_out)

    return network


def go(source: Path, made: Path, network: Any = double, **more: Any) -> int:
    given: dict[str, Any] = {"asked": {}, "segment": 0.2} | more
    checked = check_job(Job(source=source, output=made, **given))
    return run(checked, picture_by_picture(network), warn=print, progress=lambda done, total: None)


def packets(path: Path) -> list[tuple[Any, ...]]:
    with av.open(str(path)) as file:
        return sorted((p.stream.index, p.dts or 0, p.pts, bytes(p)) for p in file.demux() if p.size)


@pytest.mark.parametrize("frame", [1, 12, 29])
def test_a_device_that_drops_out(source: Path, tmp_path: Path, frame: int) -> None:
    whole, made = tmp_path / "whole.mkv", tmp_path / "out.mkv"
    go(source, whole)
    with pytest.raises(UserError, match="CUDA_ERROR_ECC_UNCORRECTABLE") as failed:
        go(source, made, failing_at(frame))
    assert "\n" not in str(failed.value)
    assert job_folder.unfinished(made)[0] == frame // (COUNT // PARTS)
    assert not made.exists()
    assert go(source, made, resume=True) == COUNT
    assert packets(made) == packets(whole)


@pytest.mark.parametrize("segment", [0.2, 0])
@pytest.mark.parametrize(("codec", "said"), [("libx264", ""), ("hevc_nvenc", "; it runs on an NVIDIA GPU, which may")])
def test_an_encoder_that_fails(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, segment: float, codec: str, said: str
) -> None:
    """The encoder of a stand-in: its 13th frame is refused, as a driver that has lost its device does."""
    whole, made = tmp_path / "whole.mkv", tmp_path / "out.mkv"
    go(source, whole, segment=segment)
    count: list[int] = []

    def refuse(frame: Any, n: int, picture: Any) -> Any:
        count.append(n)
        return encodable(frame, n, picture)

    class Refusing:
        """A stream whose encoder works until then."""

        def __init__(self, stream: Any) -> None:
            self._stream = stream

        def __getattr__(self, name: str) -> Any:
            return getattr(self._stream, name)

        def encode(self, frame: Any) -> Any:
            if frame is not None and len(count) > 12:
                raise av.error.ExternalError(-542398533, "Generic error in an external library")
            return self._stream.encode(frame)

    with monkeypatch.context() as patch:
        for module in (segments, writer):
            patch.setattr(module, "encodable", refuse)
            patch.setattr(module, "add_picture", lambda *given: Refusing(add_picture(*given)))
            errors = module.encoder_errors
            patch.setattr(module, "encoder_errors", lambda name, path, errors=errors: errors(codec, path))
        with pytest.raises(UserError) as failed:
            go(source, made, segment=segment)
    told = f"the encoder {codec} failed in the middle of the work (Generic error in an external library)"
    assert str(failed.value).startswith(told + said)
    assert not made.exists()
    assert job_folder.unfinished(made)[0] == (2 if segment else 0)
    assert go(source, made, segment=segment, resume=bool(segment)) == COUNT
    assert packets(made) == packets(whole)


def test_what_a_person_reads_of_it(source: Path, tmp_path: Path) -> None:
    """One error, what is kept, and how to go on; then the same command with --resume does."""
    made = tmp_path / "out.mkv"
    script = (
        STAND_IN.replace("{wait}", "0")
        .replace("{stop_at}", "None")
        .replace(
            "        return big\n",
            "        def gone(n, f):\n"
            "            if n >= 12: raise RuntimeError('cuda: the device 0 is gone')\n"
            "            return f\n"
            "        return big.std.ModifyFrame(big, gone)\n",
            1,
        )
    )
    command = stand_in("upscale", source, made, "--segment", "0.2")
    failed = ready.run([command[0], "-c", script, *command[3:]], text=True)
    errors = [line for line in failed.stderr.splitlines() if line.startswith("vsmlrt: error: ")]
    assert failed.returncode == 1
    assert len(errors) == 1, failed.stderr
    assert "the device 0 is gone" in errors[0]
    assert f"2 of {PARTS} parts of {made} are kept; --resume goes on with them" in failed.stderr
    done = ready.run([*command, "--resume"], text=True)
    assert done.returncode == 0, done.stderr
