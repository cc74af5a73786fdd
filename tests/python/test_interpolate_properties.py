"""What holds for every clip, factor, rate and cut, through the plugin: count, order, exact sums, no mix over a cut."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from math import ceil
from typing import Any

import numpy as np
import pytest
import vapoursynth as vs
from hypothesis import given, settings
from hypothesis import strategies as st

import networks
from hosting import plugin_core
from test_interpolate import duration, levels, with_durations

CORE = plugin_core()
LEVELS = st.lists(st.integers(0, 64), min_size=2, max_size=6)
DURATION = st.builds(Fraction, st.integers(1, 3000), st.sampled_from([24, 1000, 24000, 90000]))
# What computes the blend is not the question here, and this one is ready at once for each of many clips.
BACKEND = {"backend": "reference", "precision": "fp32"}
FACTOR = st.builds(Fraction, st.integers(1, 12), st.integers(1, 12))


@pytest.fixture(scope="module")
def blend(tmp_path_factory: pytest.TempPathFactory) -> str:
    return networks.blend(tmp_path_factory.mktemp("networks") / "blend.onnx")


@st.composite
def clips(draw: Any) -> tuple[list[float], list[Fraction], list[str]]:
    """Every frame's level, its duration, and the cut that it tells: after it, before it, or none."""
    values = [level / 64 for level in draw(LEVELS)]
    size = len(values)
    cut = st.sampled_from(["", "", "", "_SceneChangeNext", "_SceneChangePrev"])
    return (
        values,
        draw(st.lists(DURATION, min_size=size, max_size=size)),
        draw(st.lists(cut, min_size=size, max_size=size)),
    )


def made(values: list[float], lengths: list[Fraction], cuts: list[str]) -> vs.VideoNode:
    clip = with_durations(levels(values), lengths)
    parts = [clip[n].std.SetFrameProps(**{cut: 1}) if cut else clip[n] for n, cut in enumerate(cuts)]
    return CORE.std.Splice(parts) if len(parts) > 1 else parts[0]


def expected(values: list[float], cuts: list[str], position: Fraction) -> float:
    """What is shown at a position in source frames."""
    frame, t = int(position), position % 1
    if t == 0 or frame + 1 == len(values):
        return values[frame]
    if cuts[frame] == "_SceneChangeNext" or cuts[frame + 1] == "_SceneChangePrev":
        return values[frame + (t > Fraction(1, 2))]
    return float(values[frame] + t * (values[frame + 1] - values[frame]))


def played(clip: vs.VideoNode) -> tuple[Fraction, list[float]]:
    """How long a clip lasts, and the level of each frame; each frame is asked for once."""
    found = [(duration(frame), float(np.asarray(frame[0])[5, 7])) for frame in clip.frames()]
    return sum((lasting for lasting, _ in found), Fraction()), [level for _, level in found]


@settings(max_examples=40, deadline=None)
@given(clip=clips(), factor=FACTOR)
def test_factors(blend: str, clip: tuple[list[float], list[Fraction], list[str]], factor: Fraction) -> None:
    values, lengths, cuts = clip
    out = CORE.mlrt.Interpolate(made(*clip), blend, multi=[factor.numerator, factor.denominator], **BACKEND)
    assert out.num_frames == ceil(len(values) * factor)
    wanted = [expected(values, cuts, n / factor) for n in range(out.num_frames)]
    lasting, seen = played(out)
    assert lasting == sum(lengths)
    assert seen == pytest.approx(wanted, abs=2e-5)


@settings(max_examples=40, deadline=None)
@given(clip=clips(), rate=st.builds(Fraction, st.integers(1, 240), st.sampled_from([1, 4, 1001])))
def test_rates(blend: str, clip: tuple[list[float], list[Fraction], list[str]], rate: Fraction) -> None:
    """By the clip's durations, and by the same times given in ticks."""
    values, lengths, cuts = clip
    total = sum(lengths, Fraction())
    rate = min(max(rate, 1 / total), 60 / total).limit_denominator(10**6)
    options = {"fps_num": rate.numerator, "fps_den": rate.denominator, **BACKEND}
    begins = [Fraction(0), *accumulate(lengths)]
    ticks = [int(begin * 360000) for begin in begins]
    scanned = CORE.mlrt.Interpolate(made(*clip), blend, **options)
    given_times = CORE.mlrt.Interpolate(made(*clip), blend, timestamps=ticks, time_base=[1, 360000], **options)
    wanted = []
    for n in range(ceil(begins[-1] * rate)):
        frame = max(i for i in range(len(values)) if begins[i] <= n / rate)
        wanted.append(expected(values, cuts, frame + (n / rate - begins[frame]) / lengths[frame]))
    for out in (scanned, given_times):
        assert out.num_frames == len(wanted)
        lasting, seen = played(out)
        assert lasting == total
        assert seen == pytest.approx(wanted, abs=2e-5)
