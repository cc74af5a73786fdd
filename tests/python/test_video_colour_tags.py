"""Videos whose colour tags leave open how they become RGB: the sentence names the option that says it, which helps."""

from __future__ import annotations

from pathlib import Path

import pytest

import networks
from command import vsmlrt
from hosting import plugin_core
from video_samples import make_video, packets


def two_parts(folder: Path, first: dict[str, int], second: dict[str, int]) -> Path:
    """A recording whose tags change with frame 6, as where another programme begins."""
    parts = [
        make_video(folder / f"{n}.ts", [512 * (14 * n + i) for i in range(6)], colour=tags)
        for n, tags in enumerate((first, second))
    ]
    joined = folder / "in.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    return joined


@pytest.mark.parametrize(
    ("first", "second", "said", "remedy"),
    [
        (
            {"colorspace": 1},
            {"colorspace": 6},
            "frame 6 says _Matrix=6, and the clip was taken as _Matrix=1; give --matrix for all of it",
            ["--matrix", "1"],
        ),
        (
            {"colorspace": 1, "color_range": 1},
            {"colorspace": 1, "color_range": 2},
            "; give --range for all of it",
            ["--range", "limited"],
        ),
        (
            {"colorspace": 14},
            {"colorspace": 14},
            "a clip of matrix 14 can be read where its frames state _Transfer and _Primaries, and frame 0 does not; "
            "give a --matrix from 1 to 9",
            ["--matrix", "9"],
        ),
        ({"colorspace": 0}, {"colorspace": 0}, "; give --matrix", ["--matrix", "1"]),
    ],
)
def test_the_option_helps(
    tmp_path: Path, first: dict[str, int], second: dict[str, int], said: str, remedy: list[str]
) -> None:
    plugin_core()
    network = networks.identity(tmp_path / "identity.onnx")
    command = ["upscale", str(two_parts(tmp_path, first, second)), str(tmp_path / "out.mkv"), "--model", network]
    refused = vsmlrt(*command)
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1].endswith(said)
    assert not (tmp_path / "out.mkv").exists()
    done = vsmlrt(*command, *remedy, "--restart")
    assert done.returncode in (0, 3), done.stderr  # the joint may be told as damage
    assert len(packets(tmp_path / "out.mkv", "video")) == 12
