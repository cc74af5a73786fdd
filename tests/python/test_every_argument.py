"""Each argument of the public functions changes the result, is named once in the log, or is refused.

The arguments are read from the functions themselves, so that a new one without an entry here fails.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import vapoursynth as vs
from onnx import helper

import networks
import vsmlrt
from hosting import noise, picture, plugin_core
from interpolators import fade
from option_cases import recorded
from rife_networks import random, v4_6
from vsmlrt import Backend, notices, store
from vsmlrt.errors import NetworkNotFoundError

EXACT = Backend.ORT_CPU()
"""In fp32, and with a network at once: OpenVINO takes 20 ms to make a program of a few operators."""


@dataclass(frozen=True)
class Changes:
    """The result is another one with `given`."""

    given: dict[str, Any]
    base: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Calls:
    """With `given` the plugin is asked for another thing, whose effect the plugin's own table shows."""

    given: dict[str, Any]
    base: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """With `given` one sentence says what is wrong."""

    given: dict[str, Any]
    says: str
    error: type[Exception] = ValueError


@dataclass(frozen=True)
class Noted:
    """With `given` the result is the same, and the log names the argument once."""

    given: dict[str, Any]
    says: str
    base: dict[str, Any] = field(default_factory=dict)


Case = Changes | Calls | Refused | Noted
TILE = {"tilesize": (24, 16)}
SEAMS = {"tilesize": (16, 12), "overlap": 0}

TILING: dict[str, list[Case]] = {
    "tiles": [
        Changes({"tiles": 2}, {"overlap": 0}),
        Refused({"tiles": 0}, '"tiles" must be at least 1'),
        Noted({"tiles": 2}, '"tiles" has no effect where "tilesize" is given', SEAMS),
    ],
    "tilesize": [Changes(SEAMS, {"overlap": 0}), Refused({"tilesize": "big"}, '"tilesize" must be', TypeError)],
    "overlap": [
        Changes({"overlap": 4}, SEAMS),
        Noted({"overlap": 2}, '"overlap" has no effect without "tiles" or "tilesize"'),
        Refused({"overlap": (1, 2, 3)}, '"overlap" must be', TypeError),
    ],
}
NO_TILES: dict[str, list[Case]] = {
    name: [Refused({name: 2}, f'"{name}" is not accepted: frame interpolation')] for name in TILING
}
BACKEND: list[Case] = [
    Calls({"backend": Backend.OV_CPU(precision="fp32", num_streams=2)}),
    Refused({"backend": "OV_CPU"}, '"backend" must be a Backend', TypeError),
]
CLIP: list[Case] = [Changes({"clip": "other"}), Refused({"clip": 3}, '"clip" must be a clip', TypeError)]
RIFE: dict[str, list[Case]] = {
    "scale": [Changes({"scale": 0.5}, {"model": 40}), Refused({"scale": 3}, '"scale" must be one of')],
    **NO_TILES,
    "model": [Changes({"model": 40}), Refused({"model": 3}, '"model" must be one of')],
    "backend": BACKEND,
    "ensemble": [
        Refused({"ensemble": True}, "rife-v4.4-ensemble", NetworkNotFoundError),
        Refused({"ensemble": True, "model": 421}, 'RIFEModel.v4_21 has no "ensemble" network'),
    ],
    "_implementation": [
        Changes({"_implementation": 2}),
        Noted({"_implementation": 1, "model": 40}, '"_implementation" 1 of rife-v4.0 is not on disk', {"model": 40}),
        Refused({"_implementation": 3}, '"_implementation" must be one of'),
    ],
    "output_format": [Changes({"output_format": 1}), Refused({"output_format": 2}, '"output_format" must be one of')],
}
AS_MANY_AS_ARE_FASTEST = {"backend": Backend.OV_CPU(precision="fp32")}
INFERENCE: dict[str, list[Case]] = {
    "clips": [Changes({"clips": "other"}), Refused({"clips": []}, '"clips" must be a clip', TypeError)],
    "network_path": [Changes({"network_path": "{other}"})],
    "overlap": [
        Changes({"overlap": (4, 4)}, {"tilesize": (16, 12)}),
        Noted({"overlap": (4, 4)}, '"overlap" has no effect without "tilesize"'),
    ],
    "tilesize": [Changes({"tilesize": (16, 12)})],
    "backend": BACKEND,
    "input_name": [Noted({"input_name": "picture"}, '"input_name" has no effect')],
    "batch_size": [
        Calls({"batch_size": 2}, {"backend": Backend.OV_CPU(num_streams=2)}),
        Noted(
            {"batch_size": 2}, '"batch_size" has no effect where as many frames as are fastest', AS_MANY_AS_ARE_FASTEST
        ),
        Refused({"batch_size": 0}, '"batch_size" must be a whole number of at least 1'),
    ],
    "path_is_serialization": [Changes({"network_path": "{bytes}", "path_is_serialization": True, "clips": "other"})],
}
FLEXIBLE = INFERENCE | {"flexible_output_prop": [Calls({"flexible_output_prop": "mine"})]}

FUNCTIONS: dict[str, dict[str, list[Case]]] = {
    "RealESRGAN": {
        "clip": CLIP,
        **TILING,
        "model": [Changes({"model": 1}), Refused({"model": 9}, '"model" must be one of')],
        "backend": BACKEND,
        "scale": [Changes({"scale": 3}), Refused({"scale": 0}, '"scale" must be above 0')],
    },
    "Waifu2x": {
        "clip": CLIP,
        "noise": [Changes({"noise": 1}), Refused({"noise": 4}, '"noise" must be one of')],
        "scale": [Changes({"scale": 1}), Refused({"scale": 4}, '"scale" must be one of 1, 2')],
        **TILING,
        "model": [Changes({"model": 2, "noise": 1}), Refused({"model": 11}, '"model" must be one of')],
        "backend": BACKEND,
        "preprocess": [
            Changes({"preprocess": False}, {"model": 2, "noise": 1}),
            Noted({"preprocess": False}, '"preprocess" has no effect on cunet, which enlarges by itself'),
        ],
    },
    "CUGAN": {
        "clip": CLIP,
        "noise": [Changes({"noise": 0}), Refused({"noise": 1, "scale": 3}, "exist for scale 2 only")],
        "scale": [Changes({"scale": 3}), Refused({"scale": 5}, '"scale" must be one of')],
        **TILING,
        "backend": BACKEND,
        "alpha": [
            Changes({"alpha": 0.5}, {"noise": 2}),
            Refused({"alpha": 0.5}, '"alpha" is not accepted for .* no last transposed convolution'),
        ],
        "version": [Changes({"version": 2}), Refused({"version": 3}, '"version" must be one of')],
        "conformance": [
            Changes({"conformance": False}, {"version": 2}),
            Noted({"conformance": False}, '"conformance" has no effect on the network cugan-se-2x-no-denoise'),
        ],
        "preprocess": [Noted({"preprocess": False}, 'CUGAN: "preprocess" has no effect')],
    },
    "DPIR": {
        "clip": CLIP,
        "strength": [Changes({"strength": 50}), Refused({"strength": -1}, '"strength" must be a number from 0')],
        **TILING,
        "model": [Changes({"model": 3}), Refused({"model": 9}, '"model" must be one of')],
        "backend": BACKEND,
    },
    "SCUNet": {
        "clip": CLIP,
        **TILING,
        "model": [Changes({"model": 4}), Refused({"model": 9}, '"model" must be one of')],
        "backend": BACKEND,
    },
    "SwinIR": {
        "clip": CLIP,
        **TILING,
        "model": [Changes({"model": 2}), Refused({"model": 4}, '"model" must be one of')],
        "backend": BACKEND,
    },
    "ArtCNN": {
        "clip": CLIP,
        **TILING,
        "model": [Changes({"model": 15}), Refused({"model": 18}, '"model" must be one of')],
        "backend": BACKEND,
    },
    "SAFA": {
        "clip": CLIP,
        "tiles": [
            Changes({"tiles": 2}, {"overlap": 0}),
            Refused({"tiles": (2, 2), "overlap": 0}, "tiles above each other"),
        ],
        "tilesize": [
            Changes({"tilesize": (16, 24), "overlap": 0}),
            Refused({"tilesize": 16}, "tiles above each other"),
        ],
        "overlap": [
            Changes({"overlap": 4}, {"tiles": 2}),
            Noted({"overlap": 4}, '"overlap" has no effect without "tiles" or "tilesize"'),
            Noted({"overlap": (4, 8)}, 'the height of "overlap" has no effect', {"tiles": 2, "overlap": (4, 0)}),
        ],
        "model": [Changes({"model": 2}), Refused({"model": 9}, '"model" must be one of')],
        "adaptive": [Changes({"adaptive": 2}), Refused({"adaptive": 9}, '"adaptive" must be one of')],
        "backend": BACKEND,
    },
    "RIFE": {
        "clip": CLIP,
        "multi": [Changes({"multi": Fraction(3, 2)}), Refused({"multi": 0}, '"multi" must be above 0')],
        **RIFE,
        "video_player": [Noted({"video_player": True}, '"video_player" has no effect')],
        "scene_threshold": [
            Changes({"scene_threshold": 0.01}),
            Refused({"scene_threshold": 2.0}, "must be 0", vs.Error),
        ],
        "dedup": [Calls({"dedup": False})],
    },
    "RIFEMerge": {
        "clipa": [Changes({"clipa": "other"})],
        "clipb": [Changes({"clipb": "other"}), Refused({"clipb": 3}, '"clipb" must be a clip', TypeError)],
        "mask": [Changes({"mask": "mask"}), Refused({"mask": "other"}, '"mask" must be GRAY')],
        **RIFE,
    },
    "inference": INFERENCE,
    "inference_with_fallback": INFERENCE,
    "flexible_inference": FLEXIBLE,
    "flexible_inference_with_fallback": FLEXIBLE,
    "calc_tilesize": {},
}


def public_functions() -> dict[str, Callable[..., Any]]:
    found = {name: getattr(vsmlrt, name) for name in vsmlrt.__all__}
    return {name: one for name, one in found.items() if inspect.isfunction(one) and name == one.__name__}


def test_every_argument_of_every_function_has_its_entry() -> None:
    """`calc_tilesize` computes with all it is given; its figures are tested elsewhere."""
    real = {name: sorted(inspect.signature(one).parameters) for name, one in public_functions().items()}
    real["calc_tilesize"] = []
    assert real == {name: sorted(table) for name, table in FUNCTIONS.items()}
    assert all(cases for table in FUNCTIONS.values() for cases in table.values())


def strength_network(path: Path, factor: float) -> None:
    """Darkens the picture by its strength."""
    nodes = [
        helper.make_node("Split", ["input", "sizes"], ["picture", "strength"], axis=1),
        helper.make_node("Mul", ["strength", "factor"], ["part"]),
        helper.make_node("Sub", ["picture", "part"], ["rest"]),
        helper.make_node("AveragePool", ["rest"], ["output"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    ]
    weights: dict[str, np.ndarray] = {"sizes": np.array([3, 1], np.int64), "factor": np.array([factor], np.float32)}
    networks.save(path, nodes, weights, 4)


def tall_network(path: Path, layers: int) -> None:
    """SAFA's form: six channels in, two pictures of twice the size above each other out."""
    inner = networks.convs(path.with_suffix(".inner.onnx"), layers, 1, channels=6, outputs=24)
    model = onnx.load(inner)
    for node in model.graph.node:
        node.output[:] = ["many" if name == "output" else name for name in node.output]
    graph = model.graph
    graph.node.append(helper.make_node("Split", ["many"], ["upper", "lower"], axis=1))
    for part in ("upper", "lower"):
        graph.node.append(helper.make_node("DepthToSpace", [part], [f"{part}2"], blocksize=2))
    graph.node.append(helper.make_node("Concat", ["upper2", "lower2"], ["output"], axis=2))
    graph.output[0].type.tensor_type.shape.dim[1].dim_value = 3
    onnx.save(model, str(path))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    for name, layers, scale in (
        ("RealESRGANv2/RealESRGANv2-animevideo-xsx2", 3, 2),
        ("RealESRGANv2/RealESRGANv2-animevideo-xsx4", 3, 4),
        ("waifu2x/cunet/scale2.0x_model", 3, 2),
        ("waifu2x/cunet/noise1_scale2.0x_model", 2, 2),
        ("waifu2x/photo/noise1_model", 3, 1),
        ("cugan/up2x-latest-no-denoise", 3, 2),
        ("cugan/up2x-latest-conservative", 2, 2),
        ("cugan/up3x-latest-no-denoise", 3, 3),
        ("cugan/pro-no-denoise3x-up2x", 4, 2),
        ("scunet/scunet_color_real_psnr", 3, 1),
        ("scunet/scunet_color_real_gan", 2, 1),
        ("swinir/002_lightweightSR_DIV2K_s64w8_SwinIR-S_x2", 3, 2),
        ("swinir/002_lightweightSR_DIV2K_s64w8_SwinIR-S_x4", 3, 4),
        ("ArtCNN/ArtCNN_R8F64_JPEG420", 2, 1),
        ("ArtCNN/ArtCNN_R8F64_JPEG444", 3, 1),
        ("mine", 3, 1),
        ("other", 2, 1),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        networks.convs(root / f"{name}.onnx", layers, scale)
    for place in ("dpir", "rife_v2", "safa"):
        (root / place).mkdir()
    networks.unet(root / "cugan" / "up2x-latest-denoise2x.onnx")
    strength_network(root / "dpir" / "drunet_color.onnx", 1)
    strength_network(root / "dpir" / "drunet_deblocking_color.onnx", 2)
    fade(root / "rife" / "rife_v4.4.onnx", 7)
    v4_6(root / "rife_v2" / "rife_v4.4.onnx", random(flow=4.0), "plain", (8, 8, 8, 8))
    v4_6(root / "rife_v2" / "rife_v4.0.onnx", random(7, flow=4.0), "plain", (8, 8, 8, 8))
    for layers, name in enumerate(("v0.1_non_adaptive", "v0.2_non_adaptive", "v0.1_adaptive"), start=2):
        tall_network(root / "safa" / f"safa_{name}.onnx", layers)
    return root


@pytest.fixture
def given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, dict[str, Any]], dict[str, Any]]:
    """The arguments of a call: what the function needs, and `more` with its words replaced."""
    core = plugin_core()
    monkeypatch.setenv("VSMLRT_MODELS", str(folder))
    notices.once.cache_clear()
    clip = noise(core, 32, 24, 4)
    words: dict[str, Any] = {
        "other": clip.std.FlipVertical(),
        "mask": clip.std.BlankClip(format=vs.GRAYS, color=0.25),
        "{other}": str(folder / "other.onnx"),
        "{bytes}": (folder / "mine.onnx").read_bytes(),
    }
    needed = {
        "clip": clip,
        "clips": clip,
        "clipa": clip,
        "clipb": clip[1:] + clip[0],
        "mask": clip.std.BlankClip(format=vs.GRAYS, color=0.5),
        "strength": 5,
        "network_path": str(folder / "mine.onnx"),
        "backend": EXACT,
    }

    def made(function: str, more: dict[str, Any]) -> dict[str, Any]:
        parameters = inspect.signature(getattr(vsmlrt, function)).parameters
        wanted = {name for name, one in parameters.items() if one.default is one.empty} | {"backend"}
        models = {"DPIR": vsmlrt.DPIRModel.drunet_color, "ArtCNN": vsmlrt.ArtCNNModel.ArtCNN_R8F64_JPEG444}
        chosen = {"model": models[function]} if function in models else {}
        defaults = {"overlap": (0, 0), "tilesize": None}
        plain = {name: needed[name] if name in needed else defaults[name] for name in wanted}
        hashable = {key: words.get(value, value) if isinstance(value, str) else value for key, value in more.items()}
        return plain | chosen | hashable

    return made


def outcome(function: str, arguments: dict[str, Any]) -> Any:
    """Formats, sizes and pixels of all frames."""
    result = getattr(vsmlrt, function)(**arguments)
    found: list[Any] = []
    for clip in result if isinstance(result, list) else [result]:
        found.append((clip.format.id, clip.width, clip.height, clip.num_frames))
        found += [[plane.tobytes() for plane in picture(clip, n)] for n in range(clip.num_frames)]
    return found


@pytest.fixture(scope="module")
def plains() -> dict[tuple[str, str], Any]:
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
    given: Callable[[str, dict[str, Any]], dict[str, Any]],
    plains: dict[tuple[str, str], Any],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if isinstance(case, Calls):
        with recorded(monkeypatch) as calls:
            getattr(vsmlrt, function)(**given(function, case.base))
            getattr(vsmlrt, function)(**given(function, case.base | case.given))
        assert calls[: len(calls) // 2] != calls[len(calls) // 2 :]
        return
    if isinstance(case, Refused):
        with pytest.raises(case.error, match=case.says) as caught:
            getattr(vsmlrt, function)(**given(function, case.given))
        assert "\n" not in str(caught.value)
        return
    key = (function, repr(case.base))
    plain = plains.get(key) or plains.setdefault(key, outcome(function, given(function, case.base)))
    caplog.clear()
    with caplog.at_level(logging.WARNING, logger="vsmlrt"):
        times = 2 if isinstance(case, Noted) else 1
        changed = [outcome(function, given(function, case.base | case.given)) for _ in range(times)]
    if isinstance(case, Changes):
        assert changed[0] != plain
    else:
        assert changed == [plain, plain]
        assert sum(case.says in record.getMessage() for record in caplog.records) == 1, caplog.text


def test_the_size_multiple_and_the_padding_of_the_card_reach_the_plugin(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The multiple of Real-CUGAN's entry, raised to what the very file needs."""
    monkeypatch.setenv("VSMLRT_MODELS", str(folder))
    clip = noise(plugin_core(), 32, 24)
    with recorded(monkeypatch) as calls:
        vsmlrt.CUGAN(clip, backend=EXACT)
        vsmlrt.CUGAN(clip, scale=3, backend=EXACT)
        vsmlrt.DPIR(clip, 5, model=vsmlrt.DPIRModel.drunet_color, backend=EXACT)
    assert [(heard["multiple"], heard["padding"]) for _, heard in calls] == [
        (2, "mirror"),
        (4, "mirror"),
        (8, "mirror"),
    ]
    networks.unet(folder / "cugan" / "up4x-latest-no-denoise.onnx")
    assert store.multiple_of(store.locate("cugan", "se", scale=4, noise=-1)) == 8
