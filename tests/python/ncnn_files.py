"""Small networks in ncnn's format, ncnn's own runtime, and the import, for comparing the last two."""

from __future__ import annotations

import os
import struct
import subprocess
from pathlib import Path

import ncnn
import numpy as np
import onnxruntime as ort

from sessions import session_of

ROOT = Path(__file__).resolve().parents[2]
HALF = 0x01306B47
INT8 = 0x000D4B38


def find_tool() -> Path | None:
    """The built import tool: below VSMLRT_BUILD, else the newest of build/*."""
    build = os.environ.get("VSMLRT_BUILD")
    folders = [Path(build)] if build else list((ROOT / "build").glob("*"))
    tools = [tool for folder in folders if (tool := folder / "tests" / "model" / "import_tool").is_file()]
    return max(tools, key=lambda tool: tool.stat().st_mtime, default=None)


def raw(values: np.ndarray) -> bytes:
    return values.astype("<f4").tobytes()


def tagged(values: np.ndarray, tag: int = 0) -> bytes:
    """Values behind their tag: float32, HALF or INT8 (then integers already), padded to four bytes."""
    data = values.astype({0: "<f4", HALF: "<f2", INT8: "i1"}[tag]).tobytes()
    return struct.pack("<I", tag) + data + bytes(-len(data) % 4)


def codebook(indices: np.ndarray, table: np.ndarray) -> bytes:
    data = indices.astype("u1").tobytes()
    return struct.pack("<I", 1) + raw(table) + data + bytes(-len(data) % 4)


def write(folder: Path, lines: str, weights: bytes = b"", channels: int = 3) -> Path:
    """Writes net.param (an Input of this many channels, blob `in`, then `lines`) and net.bin."""
    layers = [line.strip() for line in lines.strip().splitlines()]
    text = [f"Input in 0 1 in 0=8 1=8 2={channels}", *layers]
    param = folder / "net.param"
    param.write_text(f"7767517\n{len(text)} 64\n" + "\n".join(text) + "\n")
    param.with_suffix(".bin").write_bytes(weights)
    return param


def run_ncnn(param: Path, *pictures: np.ndarray, int8: bool = False) -> np.ndarray:
    """The last output of a network in ncnn's CPU runtime, in fp32; pictures are C, H, W."""
    net = ncnn.Net()
    net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
    net.opt.use_bf16_storage = False
    net.opt.use_winograd_convolution = False
    net.opt.use_int8_inference = int8
    net.opt.num_threads = 1
    assert net.load_param(str(param)) == 0
    assert net.load_model(str(param.with_suffix(".bin"))) == 0
    extractor = net.create_extractor()
    for name, picture in zip(net.input_names(), pictures, strict=True):
        extractor.input(name, ncnn.Mat(np.ascontiguousarray(picture)).clone())
    status, out = extractor.extract(net.output_names()[-1])
    assert status == 0
    return np.array(out)


def imported(param: Path, out: Path, *, restore_size: bool = False) -> ort.InferenceSession:
    """The network through the import, in ONNX Runtime."""
    tool = find_tool()
    assert tool is not None
    command: list[str | Path] = [
        tool,
        param,
        param.with_suffix(".bin"),
        out,
        *([] if restore_size else ["--keep-size-as-is"]),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return session_of(out)


def run_imported(session: ort.InferenceSession, *pictures: np.ndarray) -> np.ndarray:
    """Its output without the batch."""
    feeds = {value.name: picture[None] for value, picture in zip(session.get_inputs(), pictures, strict=True)}
    return np.asarray(session.run(None, feeds)[-1][0])


def noise(height: int, width: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(height * width).random((channels, height, width), dtype=np.float32)


def smooth(height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    waves = [np.sin(x / 7 + y / 11), np.cos(x / 5), np.sin(y / 9)]
    return (0.5 + 0.4 * np.stack(waves)).astype(np.float32)
