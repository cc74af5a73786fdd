"""Decoders that are given up while they work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from video_samples import make_video

GIVE_UP = """
import sys
from pathlib import Path
import av.logging
from vsmlrt.compare.picking import at
from vsmlrt.video.linear import beginning

av.logging.set_level(av.logging.DEBUG)  # every thread of a decoder has something to say
for _ in range(60):
    with av.logging.Capture(local=False):
        assert beginning(Path(sys.argv[1]), 0, 2) is not None
        assert len(at(Path(sys.argv[1]), [0.1])) == 1
"""


def test_one_that_logs_while_it_is_given_up_does_not_hang(tmp_path: Path) -> None:
    source = make_video(tmp_path / "in.mkv", [512 * n for n in range(100)])
    subprocess.run([sys.executable, "-c", GIVE_UP, str(source)], check=True, timeout=120)
