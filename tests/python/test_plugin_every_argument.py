"""Each argument of core.mlrt.Model and Interpolate changes the result, is named once in the log, or is refused.

The arguments are read from the plugin itself, so that a new one without an entry here fails.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

import pytest
import vapoursynth as vs

import networks
from hosting import noise, planes, plugin_core
from rife_networks import random, v4_6

CORE = plugin_core()
REFERENCE = {"backend": "reference"}
"""What all are called with that name no other: it has a program at once."""
COUNTED = {**REFERENCE, "options": ["fault.run=2"]}
"""The second run fails: shows how often the network is run."""
FAILING = {**REFERENCE, "options": ["fault.run=1"]}


@dataclass(frozen=True)
class Changes:
    """The result, its properties or its error are others with `given`."""

    given: dict[str, Any]
    base: dict[str, Any] = field(default_factory=dict)
    clip: str = "yuv"
    network: str = "twice"


@dataclass(frozen=True)
class Refused:
    """With `given` the filter is not made, and one sentence says why."""

    given: dict[str, Any]
    says: str
    clip: str = "yuv"
    network: str = "twice"


@dataclass(frozen=True)
class Noted:
    """With `given` the result is the same, and the log names the argument once."""

    given: dict[str, Any]
    says: str
    base: dict[str, Any] = field(default_factory=dict)
    clip: str = "yuv"
    network: str = "twice"


Case = Changes | Refused | Noted
PRECISIONS = "give one of them"

BOTH: dict[str, list[Case]] = {
    "network_path": [Changes({"network_path": "{other}"})],
    "backend": [Refused({"backend": "cudnn"}, '"backend" must be auto or one of')],
    "device": [
        Refused({"device": "TPU"}, '"device" must be one of'),
        Refused({"device": "CPU", "device_id": 0}, '"device" and "device_id" both name a device; give one of them'),
    ],
    "device_id": [Refused({"device_id": 99}, '"device_id" must be 0 to')],
    "num_streams": [Refused({"num_streams": 65}, '"num_streams" must be 0 .* to 64')],
    "num_threads": [Refused({"num_threads": 1025}, '"num_threads" must be 0 .all. to 1024')],
    "precision": [
        Refused({"precision": "fp4"}, '"precision" must be auto'),
        Refused({"precision": "fp8"}, '"precision" fp8 is refused, since no network that was measured keeps 45 dB'),
        Refused({"precision": "fp32", "fp16": 1}, PRECISIONS),
    ],
    "fp16": [Refused({"fp16": 1, "bf16": 1}, PRECISIONS)],
    "bf16": [Refused({"bf16": 1, "precision": "fp32"}, PRECISIONS)],
    "force_fp16": [
        Refused(
            {"force_fp16": 1, "precision": "fp32"}, '"precision" is fp32 and "force_fp16" is set; give one of them'
        ),
        Refused({"force_fp16": 1, "bf16": 1}, '"force_fp16" and "bf16" are two precisions'),
        Refused({"force_fp16": 1, "fp16_blacklist_ops": ["Exp"]}, "keeps no operator in fp32"),
    ],
    "fp16_blacklist_ops": [
        Refused({"fp16_blacklist_ops": ["Exp"], "precision": "fp32"}, '"fp16_blacklist_ops" belongs to fp16'),
        Noted(
            {"fp16_blacklist_ops": ["Conv"]}, '"fp16_blacklist_ops" has no effect on', REFERENCE | {"precision": "auto"}
        ),
    ],
    "format": [Changes({"format": vs.YUV444P16}), Refused({"format": vs.RGBS, "output_format": 1}, "both say")],
    "output_format": [Changes({"output_format": 1}), Refused({"output_format": 2}, "must be 0")],
    "conversion": [
        Refused({"conversion": "gpu"}, '"conversion" must be'),
    ],
    "matrix": [
        Changes({"matrix": 9}, {"format": vs.RGB24}),
        Noted({"matrix": 9}, '"matrix" has no effect: it says what the samples of YUV mean', clip="rgb"),
    ],
    "range": [
        Changes({"range": 1}, {"format": vs.RGB24}),
        Noted({"range": 1}, '"range" has no effect: it says what the samples of YUV and of', clip="rgb"),
    ],
    "multiple": [Refused({"multiple": 0}, '"multiple" must be 1 to')],
    "static_shape": [
        Refused({"static_shape": 0, "opt_shapes": [32, 32]}, "outside of the range"),
        Refused({"static_shape": 0, "max_shapes": [32, 32]}, "outside of the range"),
    ],
    "min_shapes": [Refused({"min_shapes": [32, 32]}, '"min_shapes" is 32x32, and with static_shape it can only be')],
    "opt_shapes": [Refused({"opt_shapes": [32, 32]}, '"opt_shapes" is 32x32, and with static_shape it can only be')],
    "max_shapes": [Refused({"max_shapes": [32, 32]}, '"max_shapes" is 32x32, and with static_shape it can only be')],
    "engine_folder": [
        Refused({"engine_folder": __file__}, '"engine_folder" must be a folder'),
        Noted({"engine_folder": "{folder}"}, '"engine_folder" has no effect on reference CPU', REFERENCE),
    ],
    "options": [
        Changes({"options": ["fault.run=1"]}, REFERENCE),
        Refused({"options": ["NO_SUCH=1"]}, 'no option "NO_SUCH"'),
    ],
    "path_is_serialization": [Refused({"path_is_serialization": 1}, "network")],
}
"""Arguments that both functions have."""

MODEL: dict[str, list[Case]] = BOTH | {
    "clips": [Changes({"clips": "other"})],
    "overlap": [
        Changes({"overlap": 4}, {"tilesize": [18, 14]}, "rgb"),
        Refused({"overlap": 4}, '"overlap" is of tiles, and "tilesize" is not given; give it as well, or leave'),
    ],
    "tilesize": [Changes({"tilesize": 24}, {"precision": "fp32"}, "rgb"), Refused({"tilesize": 0}, "at least 1x1")],
    "yuv_to_rgb": [
        Changes({"yuv_to_rgb": 0}),
        Refused({"yuv_to_rgb": 0}, '"yuv_to_rgb" says how YUV clips enter', clip="rgb"),
    ],
    "exact": [
        Changes({"exact": 1}, {"precision": "fp32"}, "float_yuv"),
        Refused({"exact": 1}, "of half or float samples without subsampling; got YUV420P8"),
        Refused({"exact": 1}, "the clips have 1 plane", clip="gray"),
        Refused({"exact": 1, "format": vs.RGBS}, '"format" is about a conversion', clip="rgb"),
        Refused({"exact": 2}, '"exact" must be 0 or 1'),
    ],
    "multiple": [*BOTH["multiple"], Changes({"multiple": 32}, {"precision": "fp32"}, "rgb")],
    "padding": [
        Changes({"padding": "zero"}, {"multiple": 32, "precision": "fp32"}, "rgb"),
        Refused({"padding": "wrap"}, '"padding" must be mirror, edge or zero'),
    ],
    "scale": [Refused({"scale": 3}, '"scale" is 3, and the network .* enlarges by 2')],
    "flow_scale": [
        Changes({"flow_scale": 0.5}, {"precision": "fp32"}, "pair", "rife"),
        Refused({"flow_scale": 0.5}, "flow scale"),
        Refused({"flow_scale": 3.0}, '"flow_scale" must be 0.25 to 4'),
    ],
    "dedup": [Changes({"dedup": 0}, COUNTED, "held"), Refused({"dedup": 2}, '"dedup" must be 0 or 1')],
    "flexible_output_prop": [
        Changes({"flexible_output_prop": "channel"}),
        Refused({"flexible_output_prop": "a b"}, "letters, digits and underscores"),
        Refused(
            {"flexible_output_prop": "a", "format": vs.GRAYS},
            'with "flexible_output_prop" each channel is a float GRAY',
        ),
    ],
}

BY_RATE = {"fps_num": 60}
INTERPOLATE: dict[str, list[Case]] = BOTH | {
    "clip": [Changes({"clip": "other"})],
    "multi": [
        Changes({"multi": 3}),
        Refused({"multi": 0}, '"multi" must be one number or'),
        Refused({"multi": 2, **BY_RATE}, "both say"),
    ],
    "fps_num": [Changes(BY_RATE), Refused({"fps_num": 0}, '"fps_num" and "fps_den" must be above 0')],
    "fps_den": [Changes({"fps_den": 2}, BY_RATE), Refused({"fps_den": 2}, '"fps_num" and "fps_den" must be above 0')],
    "timestamps": [
        Changes({"timestamps": [0, 5, 6], "time_base": [1, 24]}, BY_RATE),
        Refused({"timestamps": [0, 5, 6]}, "belong to"),
    ],
    "time_base": [
        Changes({"time_base": [1, 12]}, {**BY_RATE, "timestamps": [0, 5, 6], "time_base": [1, 24]}),
        Refused({"time_base": [1, 24], **BY_RATE}, '"time_base" is the unit of "timestamps", which are not given'),
    ],
    "scale": [Changes({"scale": 0.5}, {"precision": "fp32"}), Refused({"scale": 0.5}, "flow scale", network="blend")],
    "scene_threshold": [
        Changes({"scene_threshold": 0.01}),
        Refused({"scene_threshold": 2.0}, "must be 0 .no detector. to 1"),
    ],
    "dedup": [Changes({"dedup": 0}, FAILING, "held", "blend"), Refused({"dedup": 2}, '"dedup" must be 0 or 1')],
    "tiles": [Refused({"tiles": 2}, '"tiles" is not accepted')],
    "tilesize": [Refused({"tilesize": 32}, '"tilesize" is not accepted')],
    "overlap": [Refused({"overlap": 4}, '"overlap" is not accepted')],
}

FUNCTIONS = {"Model": MODEL, "Interpolate": INTERPOLATE}


def arguments_of(function: str) -> list[str]:
    signature = getattr(CORE.mlrt, function).signature
    return [one.split(":")[0] for one in signature.split(";") if one]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_argument_has_its_entry(function: str) -> None:
    assert sorted(arguments_of(function)) == sorted(FUNCTIONS[function])
    assert all(FUNCTIONS[function].values())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Networks and clips by name; 36x28 is no multiple of 32."""
    folder = tmp_path_factory.mktemp("networks")
    yuv = noise(CORE, 36, 28, 3, fmt=vs.YUV420P8).std.SetFrameProps(_Matrix=1).std.AssumeFPS(fpsnum=24)
    rgb = noise(CORE, 36, 28, 3).std.AssumeFPS(fpsnum=24)
    blank = rgb.std.BlankClip(format=vs.GRAYS, color=0.5)
    return {
        "folder": str(folder / "plans"),
        "twice": networks.convs(folder / "twice.onnx", 3, 2),
        "other": networks.convs(folder / "other.onnx", 2, 1),
        "blend": networks.blend(folder / "blend.onnx"),
        "rife": v4_6(folder / "rife.onnx", random(flow=4.0), "plain", (8, 8, 8, 8)),
        "yuv": [yuv],
        "rgb": [rgb],
        "gray": [noise(CORE, 36, 28, 3, fmt=vs.GRAYS)],
        "float_yuv": [noise(CORE, 36, 28, 3, fmt=vs.YUV444PS).std.SetFrameProps(_Matrix=1)],
        "held": [rgb[0] + rgb[0]],
        "pair": [rgb, rgb[1:] + rgb[0], blank],
    }


def call(function: str, made: dict[str, Any], case: Case, **given: Any) -> Any:
    network = {"Interpolate": {"twice": "rife"}}.get(function, {}).get(case.network, case.network)
    other = {"Interpolate": "blend"}.get(function, "other")
    named = {"{other}": made[other], "{folder}": made["folder"]}
    given = {key: named.get(value, value) if isinstance(value, str) else value for key, value in given.items()}
    clips = made[case.clip]
    for name in ("clips", "clip"):
        if given.pop(name, None):
            clips = [clip.std.FlipVertical() for clip in clips]
    given = {"network_path": made[network], "precision": "fp32"} | REFERENCE | given
    if any(name in given for name in ("fp16", "bf16", "force_fp16")) and "precision" not in case.given:
        del given["precision"]
    return getattr(CORE.mlrt, function)(clips if function == "Model" else clips[0], **given)


def outcome(function: str, made: dict[str, Any], case: Case, **given: Any) -> Any:
    """Format, frames, properties and errors: all that a script gets."""
    result = call(function, made, case, **given)
    clip = result["clip"] if isinstance(result, dict) else result
    found: list[Any] = [isinstance(result, dict), clip.format.id, clip.width, clip.height, clip.num_frames]
    for n in range(clip.num_frames):
        try:
            with clip.get_frame(n) as frame:
                props = {key: value for key, value in frame.props.items() if not isinstance(value, vs.VideoFrame)}
                found.append((props, [plane.tobytes() for plane in planes(frame)]))
        except vs.Error as error:
            found.append(str(error))
    return found


@pytest.fixture(scope="module")
def plains() -> dict[tuple[str, str, str, str, bool], Any]:
    """Outcomes of the calls that arguments are added to, many of which are the same."""
    return {}


CASES = [
    pytest.param(function, case, id=f"{function}.{name}.{number}")
    for function, table in FUNCTIONS.items()
    for name, cases in table.items()
    for number, case in enumerate(cases)
]


@pytest.mark.parametrize(("function", "case"), CASES)
def test_an_argument_changes_the_result_or_is_named_or_refused(
    function: str,
    case: Case,
    made: dict[str, Any],
    plains: dict[tuple[str, str, str, str, bool], Any],
    caplog: pytest.LogCaptureFixture,
    plugin_warnings: list[str],
) -> None:
    if isinstance(case, Refused):
        with pytest.raises(vs.Error, match=case.says) as caught:
            call(function, made, case, **case.given)
        assert str(caught.value).startswith(f"mlrt.{function}: ")
        assert "\n" not in str(caught.value)
        return
    key = (function, case.network, case.clip, repr(case.base), "precision" in case.given)
    plain = plains.get(key) or plains.setdefault(key, outcome(function, made, case, **case.base))
    caplog.clear()
    with caplog.at_level(logging.WARNING, logger="vapoursynth"):
        changed = outcome(function, made, case, **{**case.base, **case.given})
    if isinstance(case, Changes):
        assert changed != plain
    else:
        assert changed == plain
        # Each sentence is said once in a process, by whichever test came first; others say it of other formats.
        named = [record for record in caplog.records if case.says in record.getMessage()]
        assert len(named) <= 1
        said = [line for line in plugin_warnings if case.says in line]
        assert said
        assert len(said) == len(set(said))


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"backend": "reference"}, "on reference CPU"),
        ({"backend": "openvino"}, "on openvino CPU"),
        ({"backend": "openvino", "device": "CPU"}, "on openvino CPU"),
        ({"backend": "reference", "device_id": 0}, "on reference CPU"),
        ({"backend": "reference", "precision": "fp32"}, "in fp32,"),
        ({"backend": "reference", "num_streams": 3}, ", 3 stream(s),"),
    ],
)
def test_where_and_how_is_told_in_the_log(
    function: str, given: dict[str, Any], says: str, made: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="vapoursynth"):
        call(function, made, Changes({}), **given)
    assert any(says in record.getMessage() for record in caplog.records), caplog.text
