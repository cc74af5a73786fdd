"""The same frames give the same packets each time: a job that is resumed equals one that was never interrupted."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import av
import pytest

import networks
from video_samples import make_video
from vsmlrt.video import encoder
from vsmlrt.video.encoder import Quality

ENCODE = """
import hashlib, sys
import av
from vsmlrt import cli

source, network, folder, *codecs = sys.argv[1:]
for codec in codecs:
    made = f"{folder}/{codec}.mkv"
    assert cli.run(["upscale", source, made, "--model", network, "--codec", codec, "--precision", "fp32"]) == 0
    with av.open(made) as file:
        digest = hashlib.sha256()
        for packet in file.demux(video=0):
            digest.update(bytes(packet))
    print(codec, digest.hexdigest())
"""

CODECS = ("libx264", "libx265", "libsvtav1", "libvpx-vp9", "prores_ks")


def packets(source: Path, network: str, folder: Path, filling: int) -> list[str]:
    """A digest for each codec, where memory that is not yet written to holds `filling` (glibc's M_PERTURB)."""
    folder.mkdir()
    given = os.environ | {"MALLOC_PERTURB_": str(filling), "SVT_LOG": "0"}
    command = [sys.executable, "-c", ENCODE, str(source), network, str(folder), *CODECS]
    done = subprocess.run(command, capture_output=True, text=True, env=given, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.skipif(sys.platform != "linux", reason="glibc alone fills what it allocates")
def test_packets_do_not_depend_on_memory_that_nobody_wrote(tmp_path: Path) -> None:
    # x264's macroblock tree for AVX-512 does at this width, among others; each of these gave other packets.
    source = make_video(tmp_path / "in.mkv", [512 * n for n in range(8)], size=(264, 96))
    network = networks.identity(tmp_path / "same.onnx")
    first, second = (packets(source, network, tmp_path / str(filling), filling) for filling in (1, 200))
    assert [line.split()[0] for line in first] == list(CODECS)
    assert first == second


@pytest.mark.parametrize("has", [False, True])
def test_x264_gets_no_instructions_that_make_it_guess(has: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "_has_avx512", lambda: has)
    ours = ["asm=lzcnt,fma3,bmi2,avx2"] if has else []
    for given in ([], ["asm=SSE4.2"]):  # who asks for some has the last word
        for name in ("libx264", "libx264rgb"):
            context: Any = av.CodecContext.create(name, "w")
            encoder.configure(context, Quality(options=tuple(("x264-params", words) for words in given)))
            assert context.options.get("x264-params", "") == ":".join(ours + given)
    context = av.CodecContext.create("libx265", "w")
    encoder.configure(context, Quality())
    assert "asm" not in context.options["x265-params"]
