"""Each option of each command changes what comes out or is refused: none is accepted and does nothing.

The options are read from the command line itself, so that a new one without an entry here fails.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer.main
from onnx import helper

import networks
from hosting import plugin_core
from interpolators import fade
from option_cases import Changes, Refused, Shell
from rife_networks import random, v4_6
from video_samples import make_video
from vsmlrt import cli
from vsmlrt import video as video_part
from vsmlrt.benchmark import running
from vsmlrt.benchmark.worker import Job, Result
from vsmlrt.cli import options, several
from vsmlrt.video import job, source
from vsmlrt.video.errors import FIELDS, FieldError

TICKS = list(range(0, 512 * 4, 512))
FP32 = ("--precision", "fp32")
TILES = ("--tile", "24x24")


def strength_network(path: Path, operator: str) -> str:
    """Darkens (Sub) or lightens (Add) the picture by its strength."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nodes = [
        helper.make_node("Split", ["input", "sizes"], ["picture", "strength"], axis=1),
        helper.make_node(operator, ["picture", "strength"], ["output"]),
    ]
    return networks.save(path, nodes, {"sizes": np.array([3, 1], np.int64)}, 4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with a small network of every kind that the commands choose from."""
    root = tmp_path_factory.mktemp("models")
    for name, layers, scale in (
        ("RealESRGANv2/realesr-animevideov3-x2", 3, 2),
        ("RealESRGANv2/realesr-animevideov3-x3", 3, 3),
        ("RealESRGANv2/realesr-animevideov3", 3, 4),
        ("cugan/up2x-latest-no-denoise", 2, 2),
        ("cugan/up2x-latest-denoise3x", 4, 2),
    ):
        (root / name).parent.mkdir(exist_ok=True)
        networks.convs(root / f"{name}.onnx", layers, scale)
    strength_network(root / "dpir" / "drunet_color.onnx", "Sub")
    strength_network(root / "dpir" / "drunet_deblocking_color.onnx", "Add")
    fade(root / "rife" / "rife_v4.6.onnx", 7)
    (root / "rife_v2").mkdir()
    v4_6(root / "rife_v2" / "rife_v4.0.onnx", random(), "flow_scale", (8, 8, 8, 8))
    networks.identity(root / "own.onnx")
    return root


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("in") / "in.mkv", TICKS)


@pytest.fixture
def shell(
    tmp_path: Path, video: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Shell]:
    plugin_core()
    monkeypatch.setenv("VSMLRT_MODELS", str(folder))
    monkeypatch.setenv("VSMLRT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("VSMLRT_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("[profiles.small]\ncrf = 40\n")
    monkeypatch.setattr(running, "run", lambda job: measured(tmp_path, job))

    def prepare(place: Path) -> None:
        (place / "old.mkv").write_bytes(b"old")
        (place / "old.onnx").write_bytes(b"old")
        (place / "old.html").write_bytes(b"old")
        (place / "plans").mkdir()
        (place / "plans" / "net_64x64_fp32.plan").write_bytes(b"plan")

    here = os.getcwd()
    yield Shell(tmp_path / "runs", video, folder, monkeypatch, capsys, prepare)
    os.chdir(here)


def measured(folder: Path, job: Job) -> Result:
    """A figure that tells what was measured."""
    told = [job.network_path, sorted(job.arguments.items()), job.width, job.height, job.half, job.frames, job.seconds]
    told.append(job.layers)
    return Result(fps=sum(map(ord, str(told).replace(str(folder), ""))), memory_of="process")


VIDEO_OPTIONS: dict[str, list[Changes | Refused]] = {
    "--backend": [
        Changes(("--backend", "reference"), FP32, "calls"),
        Refused(("--backend", "cudnn"), "--backend takes auto, openvino"),
        Refused(("--backend", "ort_dml"), "Backend.ORT_DML cannot run here", 1),
    ],
    "--device": [
        Changes(("--device", "CPU"), ("--backend", "openvino"), "calls"),
        Refused(("--device", "77"), "--device must be 0 to 0"),
        Refused(("--device", "1", "--backend", "ov_cpu"), "the backend ov_cpu takes no device but 0, got 1", 1),
    ],
    "--precision": [
        Changes(("--precision", "fp32"), (), "calls"),
        Refused(("--precision", "int3"), "--precision takes auto, fp32, tf32, fp16 or bf16, not 'int3'"),
    ],
    "--streams": [Changes(("--streams", "2"), (), "calls"), Refused(("--streams", "65"), "from 0 to 64")],
    "--framerate": [Refused(("--framerate", "24"), "--framerate is about numbered images")],
    "--deinterlace": [],
    "--frames": [Changes(("--frames", "1:3"), FP32), Refused(("--frames", "4:"), "the video has 4 frames")],
    "--crop": [
        Changes(("--crop", "32x32+0+0"), FP32),
        Changes(("--crop", "32x32+16+0"), FP32, without=("--crop", "32x32+0+0")),
        Refused(("--crop", "64x48+2+0"), "--crop 64x48+2+0 reaches outside the video, which is 64x48"),
    ],
    "--codec": [
        Changes(("--codec", "ffv1"), FP32),
        Refused(("--codec", "nonsense"), "--codec: no video encoder is called 'nonsense'"),
    ],
    "--crf": [
        Changes(("--crf", "40"), FP32),
        Refused(("--crf", "9", "--codec", "ffv1"), "--crf: ffv1 has no constant quality option"),
        Refused(("--crf", "52"), "--crf: libx264 takes 0 (best) to 51, not 52"),
    ],
    "--bitrate": [
        Changes(("--bitrate", "20k"), FP32),
        Refused(("--bitrate", "fast"), "--bitrate takes bits a second from 1k to 2000M, such as 8M or 900k"),
        Refused(("--bitrate", "0"), "--bitrate takes bits a second"),
        Refused(("--bitrate", "8M", "--crf", "20"), "--crf is a constant quality and --bitrate an average size"),
    ],
    "--preset": [
        Changes(("--preset", "ultrafast"), FP32),
        Refused(("--preset", "quick"), "libx264 does not take --preset quick"),
        Refused(("--preset", "slow", "--codec", "ffv1"), "--preset: ffv1 has none"),
    ],
    "--tune": [
        Changes(("--tune", "stillimage"), FP32),
        Refused(("--tune", "anime"), "libx264 does not take --tune anime"),
        Refused(("--tune", "film", "--codec", "ffv1"), "--tune: ffv1 has none"),
    ],
    "--encoder-options": [
        Changes(("--encoder-options", "g=1:bf=0"), FP32),
        Changes(("--encoder-options", "x264-params=keyint=1\\:bframes=0"), FP32),
        Refused(("--encoder-options", "fast"), "--encoder-options takes KEY=VALUE:KEY=VALUE"),
        Refused(("--encoder-options", "speed=9"), "--encoder-options: libx264 has no option 'speed'"),
        Refused(("--encoder-options", "pixel_format=gray"), "libx264 has no option 'pixel_format'"),
        Refused(("--encoder-options", "rc-lookahead=long"), "does not take --encoder-options rc-lookahead=long"),
    ],
    "--start": [
        Changes(("--start", "0.05"), FP32),
        Refused(("--start", "later"), "--start takes seconds or H:MM:SS, such as 90, 12.5 or 1:02:03.5, not 'later'"),
        Refused(("--start", "9"), "--start and --to leave no frame: the video has frames from 0 to 0.120 seconds"),
        Refused(("--start", "0.05", "--frames", "1:2"), "--frames counts frames, --start and --to are times"),
    ],
    "--to": [
        Changes(("--to", "0:00:00.05"), FP32),
        Refused(("--to", "1:2:3:4"), "--to takes seconds or H:MM:SS"),
        Refused(("--to", "0"), "leave no frame"),
    ],
    "--pixel-format": [
        Changes(("--pixel-format", "yuv444p"), FP32),
        Refused(("--pixel-format", "nonsense"), "--pixel-format: 'nonsense' is not among"),
    ],
    "--on-error": [Refused(("--on-error", "ignore"), "--on-error takes stop, skip or repeat, not 'ignore'")],
    "--audio": [
        Refused(("--audio", "loud"), "--audio takes copy, none or an audio encoder, such as aac, opus"),
        Refused(("--audio", "libx264"), "--audio takes copy, none or an audio encoder"),
    ],
    "--audio-streams": [Refused(("--audio-streams", "2"), "--audio-streams takes numbers or languages of the video's")],
    "--subtitle-streams": [Refused(("--subtitle-streams", ""), "--subtitle-streams takes numbers or languages such")],
    "--matrix": [
        Changes(("--matrix", "9"), FP32),
        Refused(("--matrix", "3"), "_Matrix=3, and a YUV clip must say"),
    ],
    "--range": [
        Changes(("--range", "full"), FP32),
        Refused(("--range", "wide"), "--range takes limited or full, not 'wide'"),
    ],
    "--segment": [
        Changes(("--segment", "0.08"), FP32),
        Refused(("--segment", "-1"), "--segment takes a number of seconds from 0 up, not -1"),
        Refused(("--segment", "nan"), "--segment takes a number of seconds from 0 up, not nan"),
    ],
    "--resume": [Refused(("--resume", "--restart"), "--resume goes on with an unfinished job, and --restart throws")],
    "--restart": [Refused(("--resume", "--restart"), "--resume goes on with an unfinished job, and --restart throws")],
    "--share": [],
    "--ray": [
        Refused(("--ray", "127.0.0.1:1"), "--ray", 1),
        Refused(("--ray", "127.0.0.1:1", "--restart"), "--restart throws an unfinished job away, which each worker"),
    ],
    "--profile": [
        Changes(("--profile", "small"), FP32),
        Refused(("--profile", "none"), "--profile takes the name of a table [profiles.NAME] in"),
    ],
    "--quiet": [],
    "--json": [
        Changes(("--json",), FP32, "printed"),
        Refused(("--json", "--script", "job.txt"), "--script takes a name that ends in .vpy"),
    ],
    "--script": [
        Changes(("--script", "job.vpy"), FP32, "files"),
        Refused(("--script", "job.txt"), "--script takes a name that ends in .vpy or .py, not job.txt"),
    ],
    "--recursive": [Refused(("--recursive",), "--recursive is about several videos")],
    "--output-name": [Refused(("--output-name", "a.mkv"), "--output-name is about several videos")],
    "--skip-done": [Refused(("--skip-done",), "--skip-done is about several videos")],
    "--overwrite": [],
}
"""What upscale, denoise and interpolate share; OUT is given by the test."""

NETWORK_OPTIONS: dict[str, list[Changes | Refused]] = {
    "--tile": [Changes(TILES, FP32, "calls"), Refused(("--tile", "512"), "--tile takes WxH")],
    "--overlap": [
        Changes(("--overlap", "0"), (*FP32, *TILES), "calls"),
        Refused(("--overlap", "4"), "--overlap applies to tiles; give --tile WxH as well, or leave it out"),
        Refused((*TILES, "--overlap", "12"), "has to be below half its size"),
    ],
}

COMMANDS: dict[str, dict[str, list[Changes | Refused]]] = {
    "upscale": VIDEO_OPTIONS
    | NETWORK_OPTIONS
    | {
        "--model": [
            Changes(("--model", "cugan"), FP32),
            Changes(("--model", "own"), FP32),
            Refused(("--model", "nonsense"), "there is no network, model or family called nonsense"),
            Refused(("--model", ""), "there is no network, model or family called ''"),
            Refused(("--model", "dpir"), "use 'vsmlrt denoise --model dpir --strength S'"),
            Refused(("--model", "rife"), "the network rife-v4.6 makes frames between frames", 1),
        ],
        "--scale": [
            Changes(("--scale", "3"), FP32),
            Changes(("--scale", "1.5"), FP32),
            Changes(("--scale", "2"), (*FP32, "--model", "own")),
            Refused(("--scale", "0"), "--scale takes a number above 0 and up to 16, not 0"),
        ],
        "--preset-name": [
            Changes(("--preset-name", "balanced"), FP32),
            Refused(("--preset-name", "quick"), "--preset-name takes fast, balanced or best, not 'quick'"),
        ],
        "--material": [
            Refused(("--preset-name", "fast", "--material", "paper"), "--material takes drawn or natural, not 'paper'"),
            Refused(("--material", "drawn"), "--material is about --preset-name"),
        ],
        "--width": [
            Changes(("--width", "80"), FP32),
            Refused(("--width", "9"), "--width takes a number of pixels from 16 to 16384, not 9"),
            Refused(("--width", "80", "--scale", "2"), "--scale and --width both say how large the result is"),
        ],
        "--height": [
            Changes(("--height", "90"), FP32),
            Changes(("--height", "30"), (*FP32, "--width", "80")),
            Refused(("--height", "0"), "--height takes a number of pixels from 16"),
            Refused(("--height", "80", "--scale", "2"), "--scale and --height both say how large the result is"),
        ],
        "--denoise": [
            Changes(("--denoise", "3"), (*FP32, "--model", "cugan")),
            Refused(("--denoise", "2"), "the model animevideov3 has no choice of denoising strengths; 2 was asked"),
            Refused(("--denoise", "0", "--model", "own"), "own is a file, whose denoising is the one it was made with"),
            Refused(("--denoise", "0", "--model", "cugan-se-2x-no-denoise"), "has one denoising strength (-1); 0 was"),
            Refused(("--denoise", "7", "--model", "cugan"), "has the denoising strengths -1, 0, 1, 2, 3; 7 was asked"),
        ],
    },
    "denoise": VIDEO_OPTIONS
    | NETWORK_OPTIONS
    | {
        # The stand-in takes the same from all colours, which comes out alike whichever matrix it went in and out by.
        "--matrix": [Refused(("--matrix", "3"), "_Matrix=3, and a YUV clip must say")],
        "--strength": [
            Changes(("--strength", "25"), FP32, without=("--strength", "0")),
            Refused(("--strength", "256"), "--strength takes a number from 0 to 255, not 256"),
            Refused(("--strength", "nan"), "--strength takes a number from 0 to 255, not nan"),
        ],
        "--model": [
            Changes(("--model", "drunet_deblocking_color"), FP32),
            Refused(
                ("--model", "animevideov3"), "the network realesr-animevideov3-x2 takes no strength; 'vsmlrt denoise'"
            ),
            Refused(("--model", "cugan"), "use 'vsmlrt upscale --model cugan --scale 1 --denoise N'"),
            Refused(("--model", "waifu2x"), "use 'vsmlrt upscale --model waifu2x --scale 1 --denoise N'"),
            Refused(("--model", "own"), "the network own takes no strength"),
            Refused(("--model", ""), "there is no network, model or family called ''"),
        ],
    },
    "interpolate": VIDEO_OPTIONS
    | {
        "--multiplier": [
            Changes(("--multiplier", "3"), FP32),
            Refused(("--multiplier", "0"), "--multiplier takes a number above 0"),
        ],
        "--fps": [
            Changes(("--fps", "60"), FP32),
            Refused(("--fps", "60", "--multiplier", "2"), "--multiplier and --fps both say how many frames"),
        ],
        "--model": [
            Changes(("--model", "rife-v4.0"), FP32),
            Refused(("--model", "cugan"), "does not make frames between frames; accepted are those of rife", 1),
            Refused(("--model", ""), "there is no network, model or family called ''"),
        ],
        "--scale": [
            Changes(("--scale", "0.5"), (*FP32, "--model", "rife-v4.0"), "calls"),
            Refused(("--scale", "0.5"), "flow scale", 1),
            Refused(("--scale", "3"), "--scale takes 0.25, 0.5, 1, 2, 4, not 3"),
        ],
        "--scene-threshold": [
            Changes(("--scene-threshold", "0.001"), FP32),
            Refused(("--scene-threshold", "2"), "--scene-threshold takes a number from 0 to 1, not 2"),
        ],
        "--dedup": [Changes(("--no-dedup",), (), "calls")],
        "--tile": [Refused(TILES, "--tile: frame interpolation is not computed in tiles")],
        "--overlap": [Refused(("--overlap", "4"), "--overlap: frame interpolation is not computed in tiles")],
    },
    "process": VIDEO_OPTIONS
    | NETWORK_OPTIONS
    | {
        "--script": [Refused(("--script", "a.vpy"), "--script writes the script of one network")],
        "--json": [Changes(("--json",), FP32, "printed")],
        "--denoise": [
            Changes(("--denoise", "25"), FP32),
            Refused(("--denoise", "256"), "--denoise takes a number from 0 to 255, not 256"),
        ],
        "--denoiser": [
            Changes(("--denoiser", "drunet_deblocking_color"), (*FP32, "--denoise", "25")),
            Refused(("--denoise", "5", "--denoiser", "own"), "the network own takes no strength"),
        ],
        "--model": [Changes(("--model", "cugan"), FP32), Refused(("--model", "dpir"), "use 'vsmlrt denoise")],
        "--scale": [Changes(("--scale", "3"), FP32), Refused(("--scale", "0"), "--scale takes a number above 0")],
        "--width": [Refused(("--width", "80"), "--scale and --width both say how large the result is")],
        "--height": [Refused(("--height", "80"), "--scale and --height both say how large the result is")],
        "--multiplier": [
            Changes(("--multiplier", "3"), FP32),
            Refused(("--multiplier", "0"), "--multiplier takes a number above 0"),
        ],
        "--fps": [Refused(("--fps", "60"), "--multiplier and --fps both say how many frames")],
        "--interpolator": [
            Changes(("--interpolator", "rife-v4.0"), FP32),
            Refused(("--interpolator", "cugan"), "does not make frames between frames", 1),
        ],
    },
    "bench": {
        "--families": [
            Changes(("--families", "cugan"), (), "printed"),
            Refused(("--families", "vgg"), "--families takes waifu2x, dpir"),
        ],
        "--sizes": [
            Changes(("--sizes", "96x64"), (), "printed"),
            Refused(("--sizes", "big"), "--sizes takes sizes WxH"),
        ],
        "--streams": [
            Changes(("--streams", "3"), (), "printed"),
            Refused(("--streams", "0"), "--streams takes numbers"),
        ],
        "--shapes": [
            Changes(("--shapes", "static"), (), "printed"),
            Refused(("--shapes", "odd"), "--shapes takes static"),
        ],
        "--backend": [
            Changes(("--backend", "reference"), (), "printed"),
            Refused(("--backend", "cudnn"), "--backend takes auto"),
        ],
        "--device": [Changes(("--device", "CPU"), (), "printed")],
        "--precision": [Changes(FP32, (), "printed"), Refused(("--precision", "int3"), "--precision takes auto")],
        "--network": [
            Changes(("--network", "realesrgan={models}/own.onnx"), (), "printed"),
            Refused(("--network", "own.onnx"), "--network takes FAMILY=PATH"),
            Refused(
                ("--network", "dpir=own.onnx", "--families", "cugan"),
                "--network dpir=own.onnx: dpir is not measured; name it in --families as well, or leave it out",
            ),
        ],
        "--frames": [Changes(("--frames", "7"), (), "printed"), Refused(("--frames", "0"), "--frames takes a number")],
        "--seconds": [
            Changes(("--seconds", "3"), (), "printed"),
            Refused(("--seconds", "-1"), "--seconds takes a number"),
        ],
        "--layers": [Changes(("--layers",), (), "printed")],
        "--csv": [Changes(("--csv", "out.csv"), (), "files")],
        "--plot": [
            Changes(("--plot", "out.svg"), (), "files"),
            Refused(("--plot", "out.png"), "--plot takes a name that ends in .svg"),
        ],
    },
    "preview": {
        "--output": [Changes(("-o", "there"), (), "printed")],
        "--model": [Changes(("--model", "own"), FP32, "files"), Refused(("--model", "nonsense"), "called nonsense")],
        "--scale": [
            Changes(("--scale", "3"), FP32, "files"),
            Refused(("--scale", "0"), "--scale takes a number above 0 and up to 16, not 0"),
        ],
        "--width": [Changes(("--width", "250"), FP32, "files"), Refused(("--width", "9"), "--width takes a number of")],
        "--height": [
            Changes(("--height", "180"), FP32, "files"),
            Refused(("--height", "9"), "--height takes a number of pixels"),
        ],
        "--denoise": [Changes(("--denoise", "3"), (*FP32, "--model", "cugan"), "files")],
        "--strength": [
            Changes(("--strength", "25"), ("--model", "dpir"), "files"),
            Refused(("--strength", "5"), "--strength: the network realesr-animevideov3-x2 takes none; leave it out"),
        ],
        "--count": [
            Refused(("--count", "0"), "--count takes a number from 1 up, not 0"),
            Refused(("--count", "51"), "--count takes a number from 1 to 50, not 51"),
        ],
        "--at": [
            Changes(("--at", "0.05"), (), "printed"),
            Refused(("--at", "soon"), "--at takes seconds or H:MM:SS"),
        ],
        "--overwrite": [],
        "--backend": VIDEO_OPTIONS["--backend"],
        "--device": VIDEO_OPTIONS["--device"],
        "--precision": VIDEO_OPTIONS["--precision"],
        "--streams": [Changes(("--streams", "2"), (), "calls")],
        "--tile": NETWORK_OPTIONS["--tile"],
        "--overlap": NETWORK_OPTIONS["--overlap"],
    },
    "compare": {
        "A": [Refused(("missing.mkv", "in.mkv"), "the video missing.mkv does not exist", 1)],
        "B": [Refused(("in.mkv", "missing.mkv"), "the video missing.mkv does not exist", 1)],
        "--output": [
            Changes(("in.mkv", "in.mkv", "-o", "page.html"), (), "files", without=("in.mkv", "in.mkv")),
            Refused(("in.mkv", "in.mkv", "-o", "page.txt"), "--output takes a name that ends in .html, not page.txt"),
        ],
        "--reference": [Changes(("in.mkv", "in.mkv", "--reference", "in.mkv"), (), "files", without=("in.mkv",) * 2)],
        "--shown": [
            Changes(("in.mkv", "in.mkv", "--shown", "2"), (), "files", without=("in.mkv", "in.mkv")),
            Refused(("in.mkv", "in.mkv", "--shown", "0"), "--shown takes a number from 1 up, not 0"),
            Refused(("in.mkv", "in.mkv", "--shown", "101"), "--shown takes a number from 1 to 100, not 101"),
        ],
        "--frames": [
            Changes(("in.mkv", "in.mkv", "--frames", "2"), (), "files", without=("in.mkv", "in.mkv")),
            Refused(("in.mkv", "in.mkv", "--frames", "a"), "--frames takes numbers of frames such as 10,250, not 'a'"),
            Refused(("in.mkv", "in.mkv", "--frames", "9"), "--frames 9 names no frame of the video, which has 4"),
        ],
        "--overwrite": [
            Refused(("in.mkv", "in.mkv", "-o", "old.html"), "the output old.html exists; use --overwrite"),
            Changes(("in.mkv", "in.mkv", "-o", "old.html", "--overwrite"), (), "files", without=("in.mkv", "in.mkv")),
        ],
    },
    "cache list": {"--folder": [Changes(("--folder", "plans"), (), "printed")]},
    "cache clear": {"--folder": [Changes(("--folder", "plans"), (), "printed")]},
    "models list": {
        "FAMILY": [Changes(("cugan",), (), "printed"), Refused(("vgg",), "there is no family vgg")],
        "--installed": [Changes(("--installed",), (), "printed")],
    },
    "models fetch": {
        "NAMES": [Refused(("nonsense",), "there is no network, model or family called nonsense")],
        "--all": [Refused(("--all", "cugan"), "name the networks to fetch, or give --all")],
    },
    "models remove": {
        "NAMES": [
            Refused(("nonsense",), "there is no network, model or family called nonsense"),
            Refused(("rife-v4.0",), "is not in your models folder", 1),
        ]
    },
    "models show": {
        "NAME": [Changes(("own",), (), "printed", without=("rife",)), Refused(("nonsense",), "called nonsense")]
    },
    "models add": {
        "PATH": [
            Changes(("{models}/own.onnx",), (), "printed", without=("{models}/rife/rife_v4.6.onnx",)),
            Refused(("missing.onnx",), "there is no file or folder missing.onnx", 1),
        ],
        "--name": [
            Changes(("--name", "mine"), ("{models}/own.onnx",), "printed"),
            Refused(("--name", "mine", "{models}"), "a name goes with one network file", 1),
        ],
    },
    "models import": {
        "PARAM": [Refused(("missing.param", "out.onnx"), "there is no network file missing.param", 1)],
        "OUTPUT": [Changes(("{models}/own.onnx", "b.onnx"), (), "files", without=("{models}/own.onnx", "a.onnx"))],
        "--overwrite": [
            Changes(
                ("{models}/own.onnx", "old.onnx", "--overwrite"), (), "files", without=("{models}/own.onnx", "a.onnx")
            ),
            Refused(("{models}/own.onnx", "old.onnx"), "old.onnx exists: give another name or --overwrite"),
        ],
    },
    "doctor": {},
    "man": {},
    "": {"--version": [], "--install-completion": [], "--show-completion": []},
}
"""The options of every command, by its name; arguments without dashes by their metavar."""

WORDS = {
    "upscale": ("in.mkv", "out.mkv"),
    "denoise": ("in.mkv", "out.mkv", "--strength", "5"),
    "interpolate": ("in.mkv", "out.mkv"),
    "process": ("in.mkv", "out.mkv", "--scale", "2", "--multiplier", "2"),
    "preview": ("in.mkv", "-o", "."),
    "bench": ("--families", "realesrgan,cugan", "--sizes", "64x48", "--streams", "1"),
}
"""What stands behind a command's name in every run."""


def options_of(command: Any, name: str = "") -> dict[str, list[str]]:
    """The real options of a command and those below it."""
    names = [(p.opts[0] if p.opts[0].startswith("-") else p.name.upper()) for p in command.params]
    found = {name: [one for one in names if one not in ("--help", "SOURCE", "OUTPUT") or name == "models import"]}
    for word, below in getattr(command, "commands", {}).items():
        found |= options_of(below, f"{name} {word}".strip())
    return {key: value for key, value in found.items() if key not in ("cache", "models")}


def test_every_option_has_its_entry() -> None:
    real = options_of(typer.main.get_command(cli.app))
    assert {name: sorted(found) for name, found in real.items()} == {
        name: sorted(found) for name, found in COMMANDS.items()
    }
    shown_below = ("--overwrite", "--quiet", "--share", "--deinterlace")
    exempt = {("", option) for option in COMMANDS[""]} | {(c, one) for c in WORDS for one in shown_below}
    empty = {(c, o) for c, found in COMMANDS.items() for o, cases in found.items() if not cases}
    assert empty <= exempt


CASES = [
    pytest.param(command, case, id=f"{command} {option} {number}")
    for command, found in COMMANDS.items()
    for option, cases in found.items()
    for number, case in enumerate(cases)
]


@pytest.mark.parametrize(("command", "case"), CASES)
def test_an_option_changes_the_result_or_is_refused(command: str, case: Changes | Refused, shell: Shell) -> None:
    case.check(shell, (*command.split(), *WORDS.get(command, ())))


@pytest.mark.parametrize("command", ["upscale", "denoise", "interpolate"])
def test_overwrite(command: str, shell: Shell) -> None:
    given = ["--strength", "5"] if command == "denoise" else []
    refused = shell.run(command, "in.mkv", "old.mkv", *given)
    assert (refused.status, refused.video) == (2, None)
    assert "the output old.mkv exists; use --overwrite to replace it, or another name" in refused.said
    assert refused.files["old.mkv"] == b"old"
    done = shell.run(command, "in.mkv", "old.mkv", "--overwrite", *given)
    assert done.status == 0
    assert done.video is not None
    piped = shell.run(command, "in.mkv", "-", "--overwrite", *given)
    assert piped.status == 2
    assert "--overwrite replaces a file, and - is a pipe; leave it out" in piped.said


def test_quiet(shell: Shell) -> None:
    """Nothing but errors, and for programs an object on each line."""
    spoken = shell.run("upscale", "in.mkv", "out.mkv", *FP32)
    assert "out.mkv: 4 frames in" in spoken.said
    still = shell.run("upscale", "in.mkv", "out.mkv", *FP32, "--quiet")
    assert (still.status, still.said, still.printed) == (0, "", "")
    assert still.video == spoken.video
    assert "vsmlrt: error: the output old.mkv exists" in shell.run("upscale", "in.mkv", "old.mkv", "-q").said
    told = shell.run("upscale", "in.mkv", "out.mkv", *FP32, "-q", "--json")
    objects = [json.loads(line) for line in told.printed.splitlines()]
    assert objects[-2]["frame"] == objects[-2]["frames"] == 4
    assert objects[-1] == {"output": "out.mkv", "frames": 4, "seconds": objects[-1]["seconds"], "damaged": 0}
    piped = shell.run("upscale", "in.mkv", "-", "--json")
    assert (piped.status, piped.printed) == (2, "")
    assert "--json writes to the standard output, and - sends the video there" in piped.said


@pytest.mark.parametrize("command", ["upscale", "interpolate"])
def test_share(command: str, shell: Shell) -> None:
    """A job that is too short for parts is one part; raw video has none. Several processes: test_video_segments."""
    alone = shell.run(command, "in.mkv", "out.mkv", *FP32)
    shared = shell.run(command, "in.mkv", "out.mkv", *FP32, "--share")
    assert (alone.status, shared.status, shared.video) == (0, 0, alone.video)
    refused = shell.run(command, "in.mkv", "out.y4m", "--share")
    assert refused.status == 2
    assert "--share is about files that are made in parts, and raw video is not; leave it out" in refused.said


def test_version(shell: Shell) -> None:
    done = shell.run("--version")
    assert (done.status, done.printed.split()[0]) == (0, "vsmlrt")


@pytest.mark.parametrize("option", ["--crf 20", "--codec libx264"])
def test_encoders_options_are_refused_for_raw_video(option: str, shell: Shell) -> None:
    done = shell.run("upscale", "in.mkv", "out.y4m", *option.split())
    assert done.status == 2
    assert "cannot be given for raw video" in done.said


def test_denoising_keeps_the_size_and_heeds_the_strength(shell: Shell) -> None:
    results = [shell.run("denoise", "in.mkv", "out.mkv", *FP32, "--strength", str(s)).video for s in (0, 25, 255)]
    assert len({result[-1] for result in results if result}) == 3
    assert {result[2:4] for result in results if result} == {(64, 48)}


def test_the_job_is_checked_and_the_source_opened_once(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apart from the copying of other streams, which reads the file as the work goes on."""
    seen: list[str] = []

    def counted(module: Any, name: str) -> None:
        original = getattr(module, name)

        def heard(*given: Any, **named: Any) -> Any:
            seen.append(name)
            return original(*given, **named)

        monkeypatch.setattr(module, name, heard)

    counted(several, "check_job")
    counted(job, "read_facts")
    counted(source, "read_facts")
    assert shell.run("upscale", "in.mkv", "out.mkv", *FP32).status == 0
    assert sorted(seen) == ["check_job", "read_facts"]


def test_the_video_part_knows_no_option_of_the_command_line() -> None:
    for path in Path(video_part.__path__[0]).glob("*.py"):
        texts = [node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)]
        assert not [text for text in texts if isinstance(text, str) and re.search(r"--[a-z]", text)], path


def test_a_fields_name_is_written_as_each_front_end_writes_it() -> None:
    error = FieldError("{pixel_format}: {asked!r} is none; use {crop}", asked="{codec}")
    assert str(error) == "pixel_format: '{codec}' is none; use crop"
    assert error.worded(options.spelled) == "--pixel-format: '{codec}' is none; use --crop"
    named = set(COMMANDS["upscale"])
    assert {options.spelled(name) for name in FIELDS} <= named
