"""Sound encoded anew, and streams that are chosen, through the command line with a resize as network."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import ready
from command import stand_in
from video_samples import packets

RATE = 44100
SECONDS = 2


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds with two sounds (jpn, eng) that are silent but for a tone from 1.0 to 1.2 s, and two subtitles."""
    path = tmp_path_factory.mktemp("in") / "in.mkv"
    wave = np.zeros(RATE * SECONDS, np.float32)
    wave[RATE : RATE + RATE // 5] = 0.5 * np.sin(np.arange(RATE // 5) * 2 * np.pi * 440 / RATE)
    with av.open(str(path), "w") as file:
        picture: Any = file.add_stream("libx264", rate=25)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        sounds: list[Any] = [file.add_stream("flac", rate=RATE, layout="mono", format="s16") for _ in range(2)]
        texts: list[Any] = [file.add_mux_stream("subrip") for _ in range(2)]
        for stream, language in zip((*sounds, *texts), ("jpn", "eng") * 2, strict=True):
            stream.metadata["language"] = language
        for n in range(25 * SECONDS):
            file.mux(picture.encode(av.VideoFrame.from_ndarray(np.full((72, 64), 3 * n, np.uint8), format="yuv420p")))
        file.mux(picture.encode(None))
        for sound in sounds:
            frame = av.AudioFrame.from_ndarray((wave * 32767).astype(np.int16)[None], format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE, 0
            for part in av.AudioResampler("s16", "mono", RATE, frame_size=4608).resample(frame):
                file.mux(sound.encode(part))
            file.mux(sound.encode(None))
        for text in texts:
            packet: Any = av.Packet(b"words")
            packet.stream, packet.pts, packet.dts, packet.duration = text, 100, 100, 500
            file.mux_one(packet)
    return path


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return ready.run(stand_in(*arguments), text=True)


def streams(path: Path) -> list[tuple[str, str, str]]:
    with av.open(str(path)) as file:
        return [(one.type, one.codec_context.name, one.metadata.get("language", "")) for one in file.streams]


def tone(path: Path) -> tuple[float, float, float]:
    """When the first sound begins to be loud and ends to be, and when it ends, in seconds."""
    loud, end = [], 0.0
    with av.open(str(path)) as file:
        for frame in file.decode(audio=0):
            samples = frame.to_ndarray().astype(np.float64)
            samples = samples[0][:: frame.layout.nb_channels] if not frame.format.is_planar else samples[0]
            scale = (
                32768 if frame.format.name.startswith("s16") else 2**31 if frame.format.name.startswith("s32") else 1
            )
            begins = float((frame.pts or 0) * frame.time_base)
            where = np.flatnonzero(np.abs(samples) > 0.2 * scale)
            loud += [begins + place / frame.sample_rate for place in where]
            end = begins + frame.samples / frame.sample_rate
    return loud[0], loud[-1], end


@pytest.mark.parametrize(
    ("codec", "ending", "found"),
    [
        ("aac", "mkv", "aac"),
        ("aac", "mp4", "aac"),
        ("opus", "webm", "opus"),
        ("mp3", "mp4", "mp3float"),
        ("ac3", "mkv", "ac3"),
        ("flac", "mkv", "flac"),
        ("pcm_s16le", "mov", "pcm_s16le"),
    ],
)
def test_sound_is_encoded_at_its_own_times(video: Path, tmp_path: Path, codec: str, ending: str, found: str) -> None:
    made = tmp_path / f"out.{ending}"
    done = run("upscale", video, made, "--audio", codec)
    assert done.returncode == 0, done.stderr
    assert "lacks" not in done.stderr
    assert [one for one in streams(made) if one[0] == "audio"] == [("audio", found, "jpn"), ("audio", found, "eng")]
    assert tone(made) == pytest.approx((1.0, 1.2, 2.0), abs=0.06)
    first = packets(made, "video")[0]
    assert float(first[0] * first[2]) == pytest.approx(0, abs=0.001)


@pytest.mark.parametrize(("codec", "ending"), [("aac", "mp4"), ("opus", "mkv"), ("mp3", "mkv"), ("ac3", "mkv")])
def test_bits_a_second(video: Path, tmp_path: Path, codec: str, ending: str) -> None:
    """More of them are more, and what is asked for is heeded where the encoder keeps to it."""
    sizes = {}
    for rate in ("64k", "192k"):
        made = tmp_path / f"{rate}.{ending}"
        done = run("upscale", video, made, "--audio", codec, "--audio-bitrate", rate, "--audio-streams", "1")
        assert done.returncode == 0, done.stderr
        with av.open(str(made)) as file:
            sizes[rate] = sum(packet.size for packet in file.demux(audio=0))
    assert sizes["64k"] * 1.2 < sizes["192k"]
    if codec in ("mp3", "ac3"):
        assert sizes["192k"] == pytest.approx(192_000 / 8 * SECONDS, rel=0.1)


def test_sound_of_a_part_is_moved_with_it(video: Path, tmp_path: Path) -> None:
    done = run("upscale", video, tmp_path / "out.mkv", "--audio", "aac", "--start", "0.6", "--to", "1.6")
    assert done.returncode == 0, done.stderr
    assert tone(tmp_path / "out.mkv") == pytest.approx((0.4, 0.6, 1.0), abs=0.11)  # its packets have 0.1 s each


def test_in_parts_as_in_one_piece(video: Path, tmp_path: Path) -> None:
    for name, segment in (("a.mkv", "0"), ("b.mkv", "0.5")):
        assert run("upscale", video, tmp_path / name, "--audio", "aac", "--segment", segment).returncode == 0
    assert [one[:2] for one in packets(tmp_path / "a.mkv", "audio")] == [
        one[:2] for one in packets(tmp_path / "b.mkv", "audio")
    ]


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (("--audio-streams", "2"), [("audio", "eng"), ("subtitle", "jpn"), ("subtitle", "eng")]),
        (("--audio-streams", "jpn", "--subtitle-streams", "eng"), [("audio", "jpn"), ("subtitle", "eng")]),
        (("--audio", "none", "--subtitle-streams", "none"), []),
        (
            ("--audio-streams", "1,eng", "--subtitle-streams", "1"),
            [("audio", "jpn"), ("audio", "eng"), ("subtitle", "jpn")],
        ),
    ],
)
def test_streams_are_chosen(video: Path, tmp_path: Path, options: tuple[str, ...], kept: list[tuple[str, str]]) -> None:
    done = run("upscale", video, tmp_path / "out.mkv", *options)
    assert done.returncode == 0, done.stderr
    assert "note" not in done.stderr
    assert [(kind, language) for kind, _, language in streams(tmp_path / "out.mkv") if kind != "video"] == kept


@pytest.mark.parametrize(
    ("output", "options", "said"),
    [
        ("out.mkv", ("--audio-streams", "3"), "which are 1 (jpn), 2 (eng), not '3'"),
        ("out.mkv", ("--subtitle-streams", "deu"), "which are 1 (jpn), 2 (eng), not 'deu'"),
        ("out.webm", ("--audio", "aac"), "--audio: webm cannot hold aac; it takes opus"),
        ("out.webm", (), "encode it by --audio libopus, or leave it out by --audio none"),
        ("out.mkv", ("--audio-bitrate", "96k"), "give --audio an encoder such as aac as well"),
        ("out.mkv", ("--audio", "flac", "--audio-bitrate", "96k"), "--audio-bitrate: flac keeps every sample"),
        ("out.mkv", ("--audio", "opus", "--audio-bitrate", "900k"), "--audio-bitrate: libopus does not take 900000"),
        (
            "out.mkv",
            ("--audio", "aac", "--audio-bitrate", "2M"),
            "--audio-bitrate: aac makes 576000 bits a second of two",
        ),
        (
            "out.mkv",
            ("--audio", "ac3", "--audio-bitrate", "1k"),
            "--audio-bitrate: ac3 makes 32000 bits a second of two",
        ),
        ("out.y4m", ("--audio", "aac"), "--audio is about the sound of a file"),
    ],
)
def test_what_cannot_be(video: Path, tmp_path: Path, output: str, options: tuple[str, ...], said: str) -> None:
    done = run("upscale", video, tmp_path / output, *options)
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])
    assert said in done.stderr
