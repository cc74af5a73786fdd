"""What each option of each command is to change, or how it is refused: the cases of test_cli_every_option."""

from __future__ import annotations

from option_cases import Changes, Refused

FP32 = ("--precision", "fp32")
TILES = ("--tile", "24x24")

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
    "--double-rate": [Refused(("--double-rate",), "--double-rate is about fields; give --deinterlace as well")],
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
        Refused(("--preset", "{quick}"), "libx264 does not take --preset {quick}"),
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
    "--audio-bitrate": [
        Refused(("--audio-bitrate", "96k"), "--audio-bitrate is about sound that is encoded; give --audio an encoder"),
        Refused(("--audio", "aac", "--audio-bitrate", "loud"), "--audio-bitrate takes bits a second from 1k"),
        Refused(("--audio", "flac", "--audio-bitrate", "96k"), "--audio-bitrate: flac keeps every sample"),
    ],
    "--audio-streams": [
        Refused(("--audio-streams", "2"), "--audio-streams takes numbers or languages of the video's"),
        Refused(("--audio-streams", "1", "--audio", "none"), "--audio-streams chooses among sound that is kept"),
        Refused(("--audio-streams", "none", "--audio", "aac"), "--audio-streams none leaves all sound out"),
    ],
    "--subtitle-streams": [Refused(("--subtitle-streams", ""), "--subtitle-streams takes numbers or languages such")],
    "--matrix": [
        Changes(("--matrix", "9"), FP32),
        Refused(("--matrix", "3"), "--matrix takes a number of H.273 that turns YUV into RGB"),
    ],
    "--range": [
        Changes(("--range", "full"), FP32),
        Refused(("--range", "wide"), "--range takes limited or full, not 'wide'"),
    ],
    "--segment": [
        Changes(("--segment", "0.08"), FP32),
        Refused(("--segment", "-1"), "--segment takes a number of seconds from 0 to 1000000, not -1"),
        Refused(("--segment", "inf"), "--segment takes a number of seconds from 0 to 1000000, not inf"),
        Refused(("--segment", "nan"), "--segment takes a number of seconds from 0 to 1000000, not nan"),
    ],
    "--resume": [Refused(("--resume", "--restart"), "--resume goes on with an unfinished job, and --restart throws")],
    "--restart": [Refused(("--resume", "--restart"), "--resume goes on with an unfinished job, and --restart throws")],
    "--share": [],
    "--patience": [
        Refused(("--patience", "-1"), "--patience takes a number of seconds from 0 to 86400, not -1"),
        Refused(("--patience", "nan"), "--patience takes a number of seconds from 0 to 86400, not nan"),
    ],
    "--expiry": [
        Refused(("--expiry", "5"), "--expiry is about processes that do one job; give --share as well"),
        Refused(("--expiry", "inf", "--share"), "--expiry takes a number of seconds from 1 to 86400, not inf"),
        Refused(("--expiry", "0", "--share"), "--expiry takes a number of seconds from 1 to 86400, not 0"),
    ],
    "--ray": [
        Refused(("--ray", "127.0.0.1:1"), "--ray", 1),
        Refused(("--ray", "127.0.0.1:1", "--restart"), "--restart throws an unfinished job away, which each worker"),
    ],
    "--ray-files": [
        Refused(("--ray-files", "store"), "--ray-files is about a Ray cluster; give --ray ADDRESS as well"),
        Refused(("--ray", "127.0.0.1:1", "--ray-files", "disk"), "--ray-files takes shared or store, not 'disk'"),
    ],
    "--ray-worker": [
        Refused(("--ray-worker", "CPU=1"), "--ray-worker is about a Ray cluster; give --ray ADDRESS as well"),
        Refused(("--ray", "127.0.0.1:1", "--ray-worker", "much"), "--ray-worker takes NAME=N,NAME=N, what a worker"),
        Refused(("--ray", "127.0.0.1:1", "--ray-worker", "GPU=0"), "--ray-worker takes NAME=N,NAME=N"),
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
            Refused(("--scale", "0.01"), "a scale of 0.01 leaves no pixel of a picture of 64x48; give a larger one"),
            Refused(("--scale", "0"), "--scale takes a number above 0 and up to 16, not 0"),
        ],
        "--preset-name": [
            Changes(("--preset-name", "balanced"), FP32),
            Refused(("--preset-name", "quick"), "--preset-name takes fast, balanced or best, not 'quick'"),
            Refused(("--preset-name", "fast", "--model", "own"), "--model and --preset-name both say which network"),
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
        "--matrix": [Refused(("--matrix", "3"), "--matrix takes a number of H.273 that turns YUV into RGB")],
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
        "--precision": [
            Changes(FP32, (), "printed"),
            Refused(("--precision", "int3"), "--precision takes auto"),
            Refused(
                ("--precision", "fp8"), "--precision: fp8 is refused, since no network that was measured keeps 45 dB"
            ),
        ],
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
        "--against": [Refused(("--against", "cudnn"), "--against takes torch")],
        "--csv": [
            Changes(("--csv", "out.csv"), (), "files"),
            Refused(("--csv", "old.mkv"), "the output old.mkv exists; use --overwrite to replace it, or another name"),
        ],
        "--plot": [
            Changes(("--plot", "out.svg"), (), "files"),
            Refused(("--plot", "out.png"), "--plot takes a name that ends in .svg"),
        ],
        "--overwrite": [Changes(("--csv", "old.onnx", "--overwrite"), ("--csv", "new.csv"), "files")],
    },
    "preview": {
        "--output": [
            Changes(("-o", "there"), (), "printed"),
            Refused(("-o", "old.mkv"), "the folder old.mkv cannot be made: File exists; give another one", 1),
        ],
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
            Refused(("--strength", "256", "--model", "dpir"), "--strength takes a number from 0 to 255, not 256"),
            Refused(("--strength", "nan", "--model", "dpir"), "--strength takes a number from 0 to 255, not nan"),
        ],
        "--count": [
            Refused(("--count", "0"), "--count takes a number from 1 up, not 0"),
            Refused(("--count", "51"), "--count takes a number from 1 to 50, not 51"),
        ],
        "--at": [
            Changes(("--at", "0.05"), (), "printed"),
            Refused(("--at", "soon"), "--at takes seconds or H:MM:SS"),
        ],
        "--framerate": [Refused(("--framerate", "24"), "--framerate is about numbered images")],
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
        "--framerate": [Refused(("in.mkv", "in.mkv", "--framerate", "24"), "--framerate is about numbered images")],
        "--frames": [
            Changes(("in.mkv", "in.mkv", "--frames", "2"), (), "files", without=("in.mkv", "in.mkv")),
            Refused(("in.mkv", "in.mkv", "--frames", "a"), "--frames takes numbers of frames such as 10,250, not 'a'"),
            Refused(("in.mkv", "in.mkv", "--frames", "9"), "--frames 9: there is no frame 9, 4 are compared, 0 to 3"),
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
        "--overwrite": [
            Refused(
                ("{models}/rife/rife_v4.6.onnx", "--name", "own"),
                "own.onnx exists and is another file; give --overwrite",
                1,
                behind=("{models}/own.onnx",),
            ),
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
    "": {"--version": []},
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
