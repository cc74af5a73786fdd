"""What an encoder makes depends on its frames and options alone: parts that are made again have to be the same."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from video_samples import picture
from vsmlrt.video import encoder
from vsmlrt.video.encoder import Quality, configure


def encoded(codec: str, size: tuple[int, int], quality: Quality = Quality()) -> bytes:
    context: Any = av.CodecContext.create(codec, "w")
    context.width, context.height = size
    context.pix_fmt = "rgb24" if codec == "libx264rgb" else "yuv420p"
    context.time_base, context.framerate = Fraction(1, 1000), Fraction(25)
    configure(context, quality)
    made = b""
    for n in range(25):
        frame = picture(*size, n).reformat(format=context.pix_fmt)
        frame.pts, frame.time_base = 40 * n, Fraction(1, 1000)
        made += b"".join(bytes(packet) for packet in context.encode(frame))
    return made + b"".join(bytes(packet) for packet in context.encode(None))


@pytest.mark.parametrize("size", [(64, 48), (80, 64)])
@pytest.mark.parametrize("codec", ["libx264", "libx264rgb", "libx265", "libvpx-vp9", "ffv1", "mpeg4"])
def test_the_same_frames_give_the_same_packets(codec: str, size: tuple[int, int]) -> None:
    """Whatever lay in memory before (x264 with AVX-512 made nearly as many files as it was asked)."""
    first = encoded(codec, size)
    for n in range(10):
        filled = [bytes([37 * n % 256]) * (50_000 + 977 * k) for k in range(8)]  # memory that the encoder gets next
        del filled
        assert encoded(codec, size) == first


def test_instruction_sets_that_were_asked_for_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for words, wanted in (("flags : sse4_2 avx2 avx512f", True), ("flags : sse4_2 avx2", False)):
        (tmp_path / words.rsplit(" ")[-1]).write_text(words + "\n")
        assert encoder._has_avx512(tmp_path / words.rsplit(" ")[-1]) is wanted
    assert encoder._has_avx512(tmp_path / "missing") is False
    monkeypatch.setattr(encoder, "_has_avx512", lambda: True)
    for given, said in ((), "asm=AVX2,FMA3,BMI2"), ((("x264-params", "asm=SSE4.2"),), "asm=AVX2,FMA3,BMI2:asm=SSE4.2"):
        context: Any = av.CodecContext.create("libx264", "w")
        configure(context, Quality(options=given))
        assert context.options["x264-params"] == said
