"""RIFE: frames between two frames (https://github.com/hzwer/Practical-RIFE)."""

from __future__ import annotations

import enum
from fractions import Fraction
from typing import Literal

import vapoursynth as vs

from . import notices, plugin, store
from .backend import Arguments, Backend, backendT
from .checks import check_clip, check_model, check_number
from .fallback import with_fallback
from .interpolation import NO_TILES, SCALES, Multiplied, interpolate, multiple_at
from .merging import check_merge, merge
from .resizing import resizable
from .store import Network
from .tiles import Pair
from .whole_numbers import index

_MOST = 2**31 - 1
"""The largest number that the plugin takes."""


@enum.unique
class RIFEModel(enum.IntEnum):
    """The versions, numbered as in vs-mlrt."""

    v4_0 = 40
    v4_2 = 42
    v4_3 = 43
    v4_4 = 44
    v4_5 = 45
    v4_6 = 46
    v4_7 = 47
    v4_8 = 48
    v4_9 = 49
    v4_10 = 410
    v4_11 = 411
    v4_12 = 412
    v4_12_lite = 4121
    v4_13 = 413
    v4_13_lite = 4131
    v4_14 = 414
    v4_14_lite = 4141
    v4_15 = 415
    v4_15_lite = 4151
    v4_16_lite = 4161
    v4_17 = 417
    v4_17_lite = 4171
    v4_18 = 418
    v4_19 = 419
    v4_20 = 420
    v4_21 = 421
    v4_22 = 422
    v4_22_lite = 4221
    v4_23 = 423
    v4_24 = 424
    v4_25 = 425
    v4_25_lite = 4251
    v4_25_heavy = 4252
    v4_26 = 426
    v4_26_heavy = 4262


_WITHOUT_ENSEMBLE = ("v4_21", "v4_22", "v4_23", "v4_25", "v4_26")


def RIFE(  # noqa: N802 - vs-mlrt's name
    clip: vs.VideoNode,
    multi: int | Fraction = 2,
    scale: float = 1.0,
    tiles: int | Pair | None = None,
    tilesize: int | Pair | None = None,
    overlap: int | Pair | None = None,
    model: RIFEModel = RIFEModel.v4_4,
    backend: backendT = Backend.OV_CPU(),
    ensemble: bool = False,
    video_player: bool = False,
    _implementation: Literal[1, 2] | None = None,
    *,
    output_format: Literal[0, 1] | None = None,
    scene_threshold: float = 0.0,
    dedup: bool = True,
) -> vs.VideoNode:
    """Interpolate frames by RIFE.

    Which frames come out, and with what properties, is as in vs-mlrt; the better rules of ``core.mlrt.Interpolate`` are
    told in docs/from-vs-mlrt.md. Frames that stand where a source frame stands are that frame, bit for bit. Those after
    a frame whose property ``_SceneChangeNext`` says that a scene ends with it are that frame again. Each has the
    properties of the source frame before it, cuts included, and the constant duration of the new rate if the clip has a
    rate. A whole factor gives so many times the frames; a fraction ends with the last source frame, once.

    Arguments:
        clip: any constant format and size, two frames or more; the result has the same.
        multi: frames of the result / frames of the clip: a whole number from 2 up, or a ``fractions.Fraction`` above 0.
        scale: size of the picture that motion is looked for on / size of the clip: 0.25, 0.5, 1, 2 or 4. 0.5 suits
            4K. Only ONNX files of versions 4.0 to 4.6 take another one than 1, and not their ensemble networks.
        tiles, tilesize, overlap: refused; the flow needs the whole picture.
        model: which version; default 4.4.
        backend: where and how it runs.
        ensemble: the version's network that looks at the pair in both directions, a file of its own.
        video_player: with a fraction, show the last source frame until floor(frames x multi) frames are full. Of no
            other effect: any factor is computed on demand.
        _implementation: the representation of the network that is preferred if both are on disk: 1 (``rife``) or 2
            (``rife_v2``). Default: 1.
        output_format: 0: the result is RGBS; 1: RGBH. Default: the clip's format.
        scene_threshold: of the built-in scene detector, 0 to 1; 0: none.
        dedup: a pair of equal frames is not computed.

    Raises TypeError or ValueError for arguments, NetworkNotFoundError for a network that is not on disk,
    vapoursynth.Error for what the plugin refuses.
    """
    function = "vsmlrt.RIFE"
    check_clip(function, clip)
    by = _factor(function, multi)
    if video_player and by.denominator == 1:
        notices.once(f'{function}: "video_player" has no effect with a whole factor')
    network, multiple = _network(function, model, scale, ensemble, _implementation, tiles, tilesize, overlap)
    result = _result(function, output_format)

    def make(arguments: Arguments) -> vs.VideoNode:
        between = interpolate(
            clip,
            network.path,
            arguments | result,
            Multiplied(by=by),
            scale=float(scale),
            scene_threshold=scene_threshold,
            dedup=dedup,
            multiple=multiple,
        )
        return _as_vs_mlrt(between, clip, by, video_player)

    return with_fallback(backend, make, clip)


def _as_vs_mlrt(between: vs.VideoNode, clip: vs.VideoNode, by: Fraction, video_player: bool) -> vs.VideoNode:
    """The frames between frames with vs-mlrt's count, cuts, properties and rate."""
    core = plugin.core()
    # The source frame at or before each output frame: the pattern repeats after `denominator` source frames, and is
    # given twice because a pattern of one frame is refused.
    before = [n * by.denominator // by.numerator for n in range(2 * by.numerator)]
    divided = by.denominator == 1  # durations, where the clip has no rate of its own
    source = core.std.SelectEvery(clip, 2 * by.denominator, before, modify_duration=divided)
    source = source[: _count(clip.num_frames, by, video_player)]
    if source.format.id != between.format.id:
        source = _in_format_of(source, between)
    between = core.std.CopyFrameProps(between[: source.num_frames], source)

    def choose_frame(n: int, f: vs.VideoFrame) -> vs.VideoNode:
        return source if f.props.get("_SceneChangeNext") else between

    chosen: vs.VideoNode = core.std.FrameEval(source, choose_frame, source)
    if clip.fps == 0:
        return chosen
    rate = clip.fps * by
    return core.std.AssumeFPS(chosen, fpsnum=rate.numerator, fpsden=rate.denominator)


def _in_format_of(source: vs.VideoNode, between: vs.VideoNode) -> vs.VideoNode:
    """The source in the float format asked for, by the matrix that the frames between are made by."""
    core = plugin.core()
    if source.format.color_family == vs.YUV and source.get_frame(0).props.get("_Matrix", 2) == 2:
        source = core.std.SetFrameProps(source, _Matrix=1 if source.height > 576 else 6)
    if source.format.color_family == vs.GRAY and between.format.color_family == vs.RGB:
        source = core.std.SetFrameProps(source, _Matrix=1)
    converted = core.resize.Bicubic(resizable(source), format=between.format.id)
    made: vs.VideoNode = core.std.CopyFrameProps(converted, source, props=["_FieldBased"])
    return made


def _count(frames: int, by: Fraction, video_player: bool) -> int:
    """A fraction ends with the first frame that has no source frame after it to be mixed with."""
    count = frames * by.numerator // by.denominator
    if by.denominator == 1 or video_player:
        return count
    first = -(-(frames - 1) * by.numerator // by.denominator)  # at or after the last source frame
    if first * by.denominator % by.numerator == 0:
        first += 1
    return min(count, first + 1)


def RIFEMerge(  # noqa: N802 - vs-mlrt's name
    clipa: vs.VideoNode,
    clipb: vs.VideoNode,
    mask: vs.VideoNode,
    scale: float = 1.0,
    tiles: int | Pair | None = None,
    tilesize: int | Pair | None = None,
    overlap: int | Pair | None = None,
    model: RIFEModel = RIFEModel.v4_4,
    backend: backendT = Backend.OV_CPU(),
    ensemble: bool = False,
    _implementation: Literal[1, 2] | None = None,
    *,
    output_format: Literal[0, 1] | None = None,
) -> vs.VideoNode:
    """The picture between each frame of one clip and the same frame of another, by RIFE.

    Arguments:
        clipa, clipb: any constant formats, of one size and length. The result has the first one's format.
        mask: a GRAY clip of the same size and length: the moment of the result at each pixel, 0 at `clipa` to 1 (or an
            integer format's largest value) at `clipb`.
        scale, tiles, tilesize, overlap, model, backend, ensemble, _implementation, output_format: as for `RIFE`.

    Raises TypeError or ValueError for arguments, NetworkNotFoundError for a network that is not on disk,
    vapoursynth.Error for what the plugin refuses.
    """
    function = "vsmlrt.RIFEMerge"
    check_merge(function, clipa, clipb, mask)
    network, multiple = _network(function, model, scale, ensemble, _implementation, tiles, tilesize, overlap)
    result = _result(function, output_format)

    def make(arguments: Arguments) -> vs.VideoNode:
        return merge(clipa, clipb, mask, network.path, arguments | result, multiple=multiple, scale=float(scale))

    return with_fallback(backend, make, clipa)


def _factor(function: str, multi: object) -> Fraction:
    multi = index(multi)
    if isinstance(multi, bool) or not isinstance(multi, (int, Fraction)):
        raise TypeError(f'{function}: "multi" must be a whole number or a fractions.Fraction, got {multi!r}')
    if multi <= 0:
        raise ValueError(f'{function}: "multi" must be above 0, got {multi}')
    factor = Fraction(multi)
    if factor == 1:
        raise ValueError(f'{function}: "multi" must be 2 or more, or a fraction; got {multi}')
    if max(factor.numerator, factor.denominator) > _MOST:
        raise ValueError(f'{function}: "multi" must be a fraction of numbers below 2^31, got {multi}')
    return factor


def _network(
    function: str,
    model: object,
    scale: float,
    ensemble: bool,
    implementation: int | None,
    tiles: object,
    tilesize: object,
    overlap: object,
) -> tuple[Network, int]:
    """The network's file, and what width and height are padded to a multiple of."""
    for name, value in (("tiles", tiles), ("tilesize", tilesize), ("overlap", overlap)):
        if value is not None:
            raise ValueError(f'{function}: "{name}" is not accepted: {NO_TILES}')
    version = check_model(function, model, RIFEModel)
    if implementation is not None:
        check_number(function, "_implementation", implementation, (1, 2))
    if ensemble and version.name.startswith(_WITHOUT_ENSEMBLE):
        raise ValueError(f'{function}: RIFEModel.{version.name} has no "ensemble" network; leave it out')
    if scale not in SCALES:
        raise ValueError(f'{function}: "scale" must be one of {", ".join(map(str, SCALES))}; got {scale!r}')
    name = version.name.replace("_", ".", 1) + ("_ensemble" if ensemble else "")
    network = store.locate("rife", name, scale=1, representation=implementation)
    if implementation is not None and not _is_of(network, implementation):
        notices.once(
            f'{function}: "_implementation" {implementation} of {network.name} is not on disk; {network.path} is used'
        )
    return network, multiple_at(network.card, scale)


def _is_of(network: Network, implementation: int) -> bool:
    """Whether a network's file is of a representation, which is what its folder is named after."""
    return network.path.parent.name == ("rife", "rife_v2")[implementation - 1]


def _result(function: str, output_format: object) -> Arguments:
    if output_format is None:
        return {}
    return {"output_format": check_number(function, "output_format", output_format, (0, 1))}
