"""Frames of a video worth looking at, found in seconds: some are decoded all over it, those with detail are kept."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import vapoursynth as vs

from ..errors import UserError
from ..video.errors import reason
from ..video.facts import Facts, read_facts
from ..video.linear import decoded, linear_clip, plain_format
from ..video.opening import all_threads, open_container
from ..video.timestamps import RATE, make_timeline

_TRIED = 8
"""Frames looked at for each that is kept."""

_MILLISECOND = Fraction(1, 1000)


@dataclass(frozen=True)
class Picked:
    """A frame, and when it is shown, in seconds from the video's start."""

    seconds: float
    frame: av.VideoFrame


def pick(path: Path, count: int) -> list[Picked]:
    """``count`` frames: the video is cut into so many equal parts, and of each the frame with the most detail is taken.

    Looked at are frames that can be decoded without others, so that it takes no longer for a long video; of a part that
    has none, the frame in its middle is taken.
    """
    length = _length(path)
    found = at(path, [length * (k + 0.5) / (count * _TRIED) for k in range(count * _TRIED)], exact=False)
    best, empty = [], []
    for part in range(count):
        inside = [one for one in found if part <= one.seconds / length * count < part + 1] if length else found
        if inside:
            best.append(max(inside, key=lambda one: detail(one.frame)))
        else:
            empty.append(length * (part + 0.5) / count)
    taken = {one.seconds for one in best}
    best += [one for one in (at(path, empty) if empty else []) if one.seconds not in taken]
    if not best:
        raise UserError(f"the video {path} has no frame that can be decoded")
    each = {one.seconds: one for one in best}  # a frame may be the best of several parts
    return [each[seconds] for seconds in sorted(each)]


def at(path: Path, moments: Sequence[float], *, exact: bool = True) -> list[Picked]:
    """The frames shown at these times (in seconds), each once.

    Not ``exact`` takes the last one before it that is decoded without others.
    """
    found: dict[int, Picked] = {}
    facts = read_facts(path)
    index = facts.stream
    if not _can_seek(path, index):
        return _in_order(path, facts, sorted(moments))
    with open_container(path) as container, all_threads(container, index) as stream:
        if not exact:
            stream.codec_context.skip_frame = "NONKEY"
        base = Fraction(stream.time_base.numerator, stream.time_base.denominator)
        start = (stream.start_time or 0) * base
        for moment in sorted(moments):
            wanted = start + Fraction(moment).limit_denominator(1_000_000)
            shown = None
            try:
                container.seek(int(wanted / base), stream=stream, backward=True)
                for frame in container.decode(stream):
                    time = (frame.pts or 0) * base
                    if shown is not None and time > wanted + _MILLISECOND:
                        break
                    shown = frame
            except (av.FFmpegError, OSError) as error:
                if shown is None and exact:
                    raise UserError(f"the video {path} cannot be decoded at {moment:g} s: {reason(error)}") from error
            if shown is not None:
                seconds = (shown.pts or 0) * base - start
                found.setdefault(round(seconds * 1000), Picked(float(seconds), shown))
    return [found[key] for key in sorted(found)]


def _can_seek(path: Path, index: int) -> bool:
    with open_container(path) as container, suppress(av.FFmpegError, OSError):
        container.seek(0, stream=container.streams[index], backward=True)
        return True
    return False


def _in_order(path: Path, facts: Facts, moments: Sequence[float]) -> list[Picked]:
    """The frames of a video without a container, which tells no times: they are counted."""
    rate = facts.rate or RATE
    found: list[Picked] = []
    left = list(moments)
    last = None
    try:
        for n, frame in enumerate(decoded(path, facts.stream)):
            last = Picked(float(n / rate), frame)
            later = [moment for moment in left if moment + _MILLISECOND >= (n + 1) / rate]
            if len(later) < len(left):
                found.append(last)
            left = later
            if not left:
                break
    except (av.FFmpegError, OSError) as error:
        if last is None:
            raise UserError(f"the video {path} cannot be decoded: {reason(error)}") from error
    return found if not left or last is None or last in found else [*found, last]


def detail(frame: av.VideoFrame) -> float:
    """How much there is to see: the mean second difference of the luma, which a flat or a dark picture lacks."""
    luma = frame.reformat(format="gray8", width=min(frame.width, 640)).to_ndarray().astype(np.int32)
    bent = np.abs(4 * luma[1:-1, 1:-1] - luma[:-2, 1:-1] - luma[2:, 1:-1] - luma[1:-1, :-2] - luma[1:-1, 2:])
    return float(np.minimum(bent, 64).mean())  # noise of a few samples is not detail


class _Frames:
    """Frames by their place, as `linear_clip` asks for them."""

    def __init__(self, frames: Sequence[av.VideoFrame]) -> None:
        self._frames = frames

    def frame(self, n: int) -> av.VideoFrame:
        """Frame ``n`` of them."""
        return self._frames[n]


def clip_of(picked: Sequence[Picked]) -> vs.VideoNode:
    """A clip of the frames, in their own format where VapourSynth has it, else in the nearest one that it has."""
    frames = [one.frame for one in picked]
    if plain_format(frames[0]) is None:
        name = _nearest(frames[0].format)
        frames = [frame.reformat(format=name) for frame in frames]
    timeline = make_timeline(range(len(frames)), Fraction(1))
    return linear_clip(_Frames(frames), frames[0], timeline)


def _nearest(given: av.VideoFormat) -> str:
    """A format of planes for one that is packed, has a palette or a transparency, or other bits."""
    deep = any(component.bits > 8 for component in given.components)
    if given.is_rgb or given.has_palette:
        return "gbrp16le" if deep else "gbrp"
    if sum(not component.is_alpha for component in given.components) == 1:
        return "gray16le" if deep else "gray"
    return "yuv444p16le" if deep else "yuv444p"


def _length(path: Path) -> float:
    with open_container(path) as container:
        if container.duration:
            return float(container.duration / av.time_base)
    facts = read_facts(path)
    with open_container(path) as container:
        packets = sum(1 for packet in container.demux(container.streams[facts.stream]) if packet.size)
    return float(packets / (facts.rate or RATE))
