"""What is to be done with one video, as it is asked for and as it was checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from .area import Crop
from .claims import EXPIRY
from .encoder import CONTAINERS, Quality
from .exchange import Exchange
from .facts import Facts
from .found_frames import OnError
from .job_folder import Asked
from .output import FileIdentity
from .pump import Late, nobody
from .segments import SECONDS
from .stream_plan import StreamPlan

PATIENCE = 60.0
"""Seconds without a frame after which that is said, where nothing else is asked for."""

IMAGES = (".png", ".apng", ".webp")
"""What names of outputs that are images end in."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is to be done with one video.

    ``output`` None is the pipe given to ``run``. ``frames`` is a half-open range; None on a side is the clip's own.
    ``times`` is one in seconds from the first frame: those frames that begin in it.
    ``codec`` and ``pixel_format`` None choose by container and source. ``index_folder`` keeps what is learned
    of a whole video for the next time. ``on_error`` is what to do about frames that cannot be decoded: end
    with an error, leave them out, or show the frame before in their place. ``matrix`` (as the frame property
    ``_Matrix`` numbers it) and ``full_range`` are what the source's samples mean, whatever it says itself. Without
    ``audio`` the sound is left out; ``audio_codec`` encodes it where it is else copied, in ``audio_bitrate`` bits a
    second. ``audio_streams``
    and ``subtitle_streams`` are numbers from 1 on or languages of those that are kept; None keeps all.

    A job that says by ``asked`` what else makes its result (the network and its options) is done in parts of
    ``segment`` seconds, which outlast the process: with ``resume`` it goes on with those of an earlier run, with
    ``restart`` it throws them away. 0 seconds make it one piece, as do raw video and a ``asked`` of None. ``share``
    lets several processes do it, each with the same job; ``expiry`` is after how many seconds one that gives no sign of
    life is believed dead. ``framerate`` is that of numbered images. ``deinterlace`` makes whole frames of
    fields, with ``double_rate`` one of each, which ``frames`` then counts. ``exchange`` is this process's side of a job
    whose parts are made elsewhere. ``late`` is told of a frame that does not come, as `pump` tells it, after
    ``patience`` seconds; 0: never.
    """

    source: Path
    output: Path | None
    frames: tuple[int | None, int | None] = (None, None)
    crop: Crop | None = None
    codec: str | None = None
    quality: Quality = field(default_factory=Quality)
    pixel_format: str | None = None
    times: tuple[Fraction | None, Fraction | None] = (None, None)
    overwrite: bool = False
    ahead: int = 4
    index_folder: Path | None = None
    on_error: OnError = "repeat"
    audio: bool = True
    audio_codec: str | None = None
    audio_bitrate: int | None = None
    audio_streams: tuple[str, ...] | None = None
    subtitle_streams: tuple[str, ...] | None = None
    matrix: int | None = None
    full_range: bool | None = None
    asked: Asked | None = None
    segment: float = SECONDS
    resume: bool = False
    restart: bool = False
    share: bool = False
    expiry: float = EXPIRY
    framerate: Fraction | None = None
    deinterlace: bool = False
    double_rate: bool = False
    exchange: Exchange | None = None
    patience: float = PATIENCE
    late: Late = nobody

    @property
    def raw(self) -> bool:
        """Whether the output holds nothing but frames: raw video, or images."""
        return self.output is None or self.output.suffix.lower() in (".y4m", *IMAGES)

    @property
    def images(self) -> bool:
        """Whether the output is an image, or numbered ones."""
        return self.output is not None and self.output.suffix.lower() in IMAGES

    @property
    def container(self) -> str:
        """The container of an output that is not raw video."""
        assert self.output is not None
        return CONTAINERS[self.output.suffix.lower()]


@dataclass(frozen=True, kw_only=True)
class CheckedJob:
    """A job that can be done as far as can be told before the video is decoded."""

    job: Job
    facts: Facts
    """What the source's container says."""
    plan: StreamPlan
    """What becomes of its other streams."""
    before: FileIdentity = None
    """The file that had the output's name when the job was checked."""
