"""SwinIR, SCUNet and ArtCNN as their public exports are built, narrow and with seeded weights.

The structures are those of the papers (Liang et al. 2021, Zhang et al. 2023) and of ArtCNN's releases: windows that are
shifted in every second block, with the mask that keeps a window's pixels to their own part of the picture; positions'
biases; sizes that the network pads to whole windows and crops again, by itself, from the shape of what comes in.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from onnx import helper

import networks

Dim = str | int
"""A size in a graph: a value that holds it as a list of one, or a number."""


class Graph(networks.Nodes):
    """What these networks are made of."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._numbers = np.random.default_rng(seed)

    def ints(self, *values: int) -> str:
        return self.constant(values, np.int64)

    def random(self, *shape: int, scale: float = 0.1) -> str:
        return self.constant(self._numbers.normal(0, scale, shape))

    def conv(
        self, x: str, into: int, out: int, size: int = 3, *, bias: bool = True, gain: float = 1, **more: object
    ) -> str:
        more.setdefault("pads", [size // 2] * 4)
        weight = self.random(out, into, size, size, scale=gain / math.sqrt(into * size * size))
        return self.op("Conv", x, weight, *([self.random(out)] if bias else []), **more)

    def linear(self, x: str, into: int, out: int) -> str:
        product = self.op("MatMul", x, self.random(into, out, scale=1 / math.sqrt(into)))
        return self.op("Add", product, self.random(out))

    def norm(self, x: str, features: int) -> str:
        scale = self.constant(self._numbers.uniform(0.5, 1.5, features))
        return self.op("LayerNormalization", x, scale, self.random(features), axis=-1, epsilon=1e-5)

    def gelu(self, x: str) -> str:
        erf = self.op("Erf", self.op("Div", x, self.constant(math.sqrt(2))))
        return self.op("Mul", self.op("Mul", x, self.op("Add", erf, self.constant(1))), self.constant(0.5))

    def size(self, x: str, axis: int) -> str:
        return self.op("Gather", self.op("Shape", x), self.ints(axis), axis=0)

    def reshape(self, x: str, *dims: Dim) -> str:
        if all(isinstance(dim, int) for dim in dims):
            return self.op("Reshape", x, self.ints(*(int(dim) for dim in dims)))
        parts = [self.ints(dim) if isinstance(dim, int) else dim for dim in dims]
        return self.op("Reshape", x, self.op("Concat", *parts, axis=0))

    def order(self, x: str, *perm: int) -> str:
        return self.op("Transpose", x, perm=perm)

    def roll(self, x: str, shift: int) -> str:
        """Rows and columns of (1, H, W, C) moved round by so many, as exporters write torch.roll."""
        for axis in (1, 2):
            head = self.op("Slice", x, self.ints(-shift), self.ints(1 << 62), self.ints(axis))
            tail = self.op("Slice", x, self.ints(0), self.ints(-shift), self.ints(axis))
            x = self.op("Concat", head, tail, axis=axis)
        return x

    def padded(self, x: str, multiple: int, mode: str) -> tuple[str, str, str]:
        """With what is missing to whole windows at the right and bottom; and the sizes before."""
        height, width = self.size(x, 2), self.size(x, 3)
        wanted = self.ints(multiple)
        missing = [
            self.op("Mod", self.op("Sub", wanted, self.op("Mod", side, wanted)), wanted) for side in (height, width)
        ]
        pads = self.op("Concat", self.ints(0, 0, 0, 0, 0, 0), *missing, axis=0)
        return self.op("Pad", x, pads, mode=mode), height, width

    def cropped(self, x: str, height: str, width: str, scale: int) -> str:
        ends = [self.op("Mul", side, self.ints(scale)) for side in (height, width)]
        return self.op("Slice", x, self.ints(0, 0), self.op("Concat", *ends, axis=0), self.ints(2, 3))

    def save(self, path: Path, result: str, channels: int, outputs: int) -> None:
        self.nodes.append(helper.make_node("Identity", [result], ["output"]))
        networks.save(path, self.nodes, self.weights, channels, outputs)


class Windows:
    """Attention in windows of the pixels of (1, H, W, C), whole windows of which it has."""

    def __init__(self, g: Graph, side: int, heads: int, features: int) -> None:
        self.g, self.side, self.heads, self.features = g, side, heads, features

    def split(self, x: str, features: int) -> str:
        """(windows, pixels, features)."""
        g, side = self.g, self.side
        rows, columns = (g.op("Div", g.size(x, axis), g.ints(side)) for axis in (1, 2))
        apart = g.reshape(x, 1, rows, side, columns, side, features)
        return g.reshape(g.order(apart, 0, 1, 3, 2, 4, 5), -1, side * side, features)

    def join(self, windows: str, like: str, features: int) -> str:
        g, side = self.g, self.side
        rows, columns = (g.op("Div", g.size(like, axis), g.ints(side)) for axis in (1, 2))
        apart = g.reshape(windows, 1, rows, columns, side, side, features)
        return g.reshape(g.order(apart, 0, 1, 3, 2, 4, 5), 1, g.size(like, 1), g.size(like, 2), features)

    def mask(self, x: str) -> str:
        """0 between pixels of one part of the picture, else -100: (windows, 1, pixels, pixels)."""
        g, side = self.g, self.side
        parts = []
        for axis, shape in ((1, (1, -1, 1, 1)), (2, (1, 1, -1, 1))):
            end = g.op("Squeeze", g.size(x, axis), g.ints(0))
            places = g.op("Range", g.constant(0, np.int64), end, g.constant(1, np.int64))
            later = []
            for back in (side, side // 2):
                first = g.op("Sub", end, g.constant(back, np.int64))
                later.append(g.op("Cast", g.op("GreaterOrEqual", places, first), to=onnx.TensorProto.FLOAT))
            parts.append(g.reshape(g.op("Add", *later), *shape))
        number = g.op("Add", g.op("Mul", parts[0], g.constant(3)), parts[1])
        windows = g.reshape(self.split(number, 1), -1, side * side)
        difference = g.op("Sub", g.op("Unsqueeze", windows, g.ints(1)), g.op("Unsqueeze", windows, g.ints(2)))
        same = g.op("Equal", difference, g.constant(0))
        return g.op("Unsqueeze", g.op("Where", same, g.constant(0), g.constant(-100)), g.ints(1))

    def attention(self, x: str, *, shifted: bool) -> str:
        g, side, heads, features = self.g, self.side, self.heads, self.features
        each, pixels = features // heads, side * side
        moved = g.roll(x, -(side // 2)) if shifted else x
        windows = self.split(moved, features)
        qkv = g.reshape(g.linear(windows, features, 3 * features), -1, pixels, 3, heads, each)
        apart = g.order(qkv, 2, 0, 3, 1, 4)
        q, k, v = (g.op("Gather", apart, g.constant(i, np.int64), axis=0) for i in range(3))
        products = g.op("MatMul", g.op("Mul", q, g.constant(each**-0.5)), g.order(k, 0, 1, 3, 2))
        table = g.random((2 * side - 1) ** 2, heads, scale=0.5)
        bias = g.op("Gather", table, g.constant(self.positions().reshape(-1), np.int64), axis=0)
        by_head = g.op("Unsqueeze", g.order(g.reshape(bias, pixels, pixels, heads), 2, 0, 1), g.ints(0))
        scores = g.op("Add", products, by_head)
        if shifted:
            scores = g.op("Add", scores, self.mask(moved))
        mixed = g.order(g.op("MatMul", g.op("Softmax", scores, axis=-1), v), 0, 2, 1, 3)
        projected = g.linear(g.reshape(mixed, -1, pixels, features), features, features)
        joined = self.join(projected, moved, features)
        return g.roll(joined, side // 2) if shifted else joined

    def positions(self) -> np.ndarray:
        """The row of the table of biases for each pair of a window's pixels."""
        places = np.stack(np.meshgrid(*[np.arange(self.side)] * 2, indexing="ij")).reshape(2, -1)
        apart = places[:, :, None] - places[:, None, :] + self.side - 1
        rows: np.ndarray = apart[0] * (2 * self.side - 1) + apart[1]
        return rows

    def block(self, x: str, *, shifted: bool) -> str:
        g, features = self.g, self.features
        x = g.op("Add", x, self.attention(g.norm(x, features), shifted=shifted))
        hidden = g.gelu(g.linear(g.norm(x, features), features, 2 * features))
        return g.op("Add", x, g.linear(hidden, 2 * features, features))


def _enlarged(g: Graph, x: str, features: int, outputs: int, scale: int, way: str) -> str:
    if way == "direct":
        return g.op("DepthToSpace", g.conv(x, features, outputs * scale**2), blocksize=scale, mode="CRD")
    x = g.op("LeakyRelu", g.conv(x, features, features), alpha=0.01)
    for factor in [3] if scale == 3 else [2] * int(math.log2(scale)):
        if way == "shuffle":
            grown = g.conv(x, features, factor**2 * features)
            x = g.op("DepthToSpace", grown, blocksize=factor, mode="CRD")
        else:
            twice = g.op("Resize", x, "", g.constant([1, 1, 2, 2]), mode="nearest", nearest_mode="floor",
                         coordinate_transformation_mode="asymmetric")  # fmt: skip
            x = g.op("LeakyRelu", g.conv(twice, features, features), alpha=0.2)
    if way == "nearest":
        x = g.op("LeakyRelu", g.conv(x, features, features), alpha=0.2)
    return g.conv(x, features, outputs)


def swinir(path: Path, scale: int, channels: int, way: str, window: int = 8, groups: int = 1) -> None:
    """``way`` is how it enlarges: "direct" (lightweight), "shuffle" (classical), "nearest" (real), "" (denoising).

    A group of blocks has a window that is shifted and one that is not.
    """
    features, g = 12, Graph(zlib.crc32(path.name.encode()))
    x, height, width = g.padded("input", window, "reflect")
    mean = g.constant(np.array([0.4488, 0.4371, 0.4040] if channels == 3 else [0.0]).reshape(1, -1, 1, 1))
    x = g.op("Sub", x, mean)
    first = g.conv(x, channels, features)
    windows = Windows(g, window, 2, features)
    deep = g.norm(g.order(first, 0, 2, 3, 1), features)
    for _ in range(groups):
        before = deep
        for shifted in (False, True):
            deep = windows.block(deep, shifted=shifted)
        convolved = g.conv(g.order(deep, 0, 3, 1, 2), features, features)
        deep = g.op("Add", g.order(convolved, 0, 2, 3, 1), before)
    deep = g.op("Add", g.conv(g.order(g.norm(deep, features), 0, 3, 1, 2), features, features), first)
    made = (
        _enlarged(g, deep, features, channels, scale, way) if way else g.op("Add", x, g.conv(deep, features, channels))
    )
    g.save(path, g.cropped(g.op("Add", made, mean), height, width, scale), channels, channels)


def scunet(path: Path, channels: int, pairs: bool) -> None:
    """A UNet, each step of which is half convolution, half attention; it pads to multiples of 64.

    With ``pairs`` each level has a block with shifted windows and one without, else those on the way down are not
    shifted and those on the way up are.
    """
    features, g = 8, Graph(zlib.crc32(path.name.encode()))

    def block(x: str, width: int, *, shifted: bool) -> str:
        half = width // 2
        halves = g.conv(x, width, width, 1)
        left = g.op("Slice", halves, g.ints(0), g.ints(half), g.ints(1))
        right = g.op("Slice", halves, g.ints(half), g.ints(width), g.ints(1))
        hidden = g.op("Relu", g.conv(left, half, half, bias=False))
        left = g.op("Add", g.conv(hidden, half, half, bias=False), left)
        seen = Windows(g, 8, 2, half).block(g.order(right, 0, 2, 3, 1), shifted=shifted)
        joined = g.op("Concat", left, g.order(seen, 0, 3, 1, 2), axis=1)
        return g.op("Add", g.conv(joined, width, width, 1), x)

    x, height, width = g.padded("input", 64, "edge")
    levels = [g.conv(x, channels, features, bias=False)]
    for level in range(3):
        wide = features << level
        x = block(levels[-1], wide, shifted=False)
        if pairs:
            x = block(x, wide, shifted=True)
        levels.append(g.conv(x, wide, 2 * wide, 2, bias=False, pads=[0] * 4, strides=[2, 2]))
    x = block(levels[-1], features << 3, shifted=True)
    for level in (2, 1, 0):
        wide = features << level
        x = g.op("Add", x, levels[level + 1])
        x = g.op("ConvTranspose", x, g.random(2 * wide, wide, 2, 2), strides=[2, 2])
        if pairs:
            x = block(x, wide, shifted=False)
        x = block(x, wide, shifted=True)
    x = g.conv(g.op("Add", x, levels[0]), features, channels, bias=False, gain=0.03)
    g.save(path, g.cropped(x, height, width, 1), channels, channels)


def artcnn(path: Path, blocks: Sequence[int], channels: int, outputs: int, scale: int) -> None:
    """Convolutions with a long way round them: ``blocks`` are the convolutions of each residual block."""
    features, g = 8, Graph(zlib.crc32(path.name.encode()))
    first = x = g.conv("input", channels, features)
    for count in blocks:
        before = x
        for number in range(count):
            x = g.conv(x, features, features)
            if number < count - 1 or len(blocks) == 1:
                x = g.op("Relu", x)
        x = g.op("Add", x, before) if len(blocks) > 1 else x
    x = g.op("Add", g.conv(x, features, features), first)
    x = g.conv(x, features, outputs * scale**2)
    if scale > 1:
        x = g.op("DepthToSpace", x, blocksize=scale, mode="DCR")
    g.save(path, g.op("Clip", x, g.constant(0), g.constant(1)), channels, outputs)


SWINIR = [
    *[f"002_lightweightSR_DIV2K_s64w8_SwinIR-S_x{scale}" for scale in (2, 3, 4)],
    *[f"003_realSR_BSRGAN_DFOWMFC_s64w8_SwinIR-L_x4_{kind}" for kind in ("GAN", "PSNR")],
    *[f"001_classicalSR_DF2K_s64w8_SwinIR-M_x{scale}" for scale in (2, 3, 4, 8)],
    *[f"003_realSR_BSRGAN_DFO_s64w8_SwinIR-M_x{scale}_{kind}" for scale in (2, 4) for kind in ("GAN", "PSNR")],
    *[f"00{n}_{kind}DN_DFWB_s128w8_SwinIR-M_noise{noise}" for n, kind in ((4, "gray"), (5, "color"))
      for noise in (15, 25, 50)],
    *[f"006_{kind}_DFWB_s126w7_SwinIR-M_jpeg{quality}" for kind in ("CAR", "colorCAR") for quality in (10, 20, 30, 40)],
]  # fmt: skip
"""The files of the members of SwinIRModel, in their order."""

SCUNET = [f"scunet_color_{kind}" for kind in (15, 25, 50, "real_psnr", "real_gan")]
SCUNET += [f"scunet_gray_{noise}" for noise in (15, 25, 50)]

ARTCNN = [
    "C4F32",
    "C4F32_DS",
    "C16F64",
    "C16F64_DS",
    "C4F32_Chroma",
    "C16F64_Chroma",
    "R16F96",
    "R8F64",
    "R8F64_DS",
    "R8F64_Chroma",
    "C4F16",
    "C4F16_DS",
    "R16F96_Chroma",
    "C4F16_DN",
    "C4F32_DN",
    "R8F64_JPEG420",
    "R8F64_JPEG444",
    "R8F64_Chroma_DN",
]


def _swinir_of(folder: Path, name: str) -> None:
    ways = {"001": "shuffle", "002": "direct", "003": "nearest"}
    enlarging = re.search(r"_x(\d)", name)
    channels = 1 if "grayDN" in name or "_CAR_" in name else 3
    window = 7 if "jpeg" in name else 8
    scale = int(enlarging[1]) if enlarging else 1
    groups = 2 if "SwinIR-L" in name else 1
    swinir(folder / f"{name}.onnx", scale, channels, ways.get(name[:3], ""), window, groups)


def _artcnn_of(folder: Path, name: str) -> None:
    path = folder / f"ArtCNN_{name}.onnx"
    kind = re.match(r"([CR])(\d+)F", name)
    assert kind is not None
    blocks = [int(kind[2])] if kind[1] == "C" else [3] * int(kind[2])
    shape = (3, 2, 1) if "Chroma" in name else (3, 3, 1) if "JPEG" in name else (1, 1, 2)
    artcnn(path, blocks, *shape)


def models(folder: Path) -> None:
    """Networks of each kind under the names that vs-mlrt's release has for them."""
    for name in ("swinir", "scunet", "ArtCNN"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in SWINIR:
        _swinir_of(folder / "swinir", name)
    for name in SCUNET:
        scunet(folder / "scunet" / f"{name}.onnx", 1 if "gray" in name else 3, pairs=name == "scunet_color_real_gan")
    for name in ARTCNN:
        _artcnn_of(folder / "ArtCNN", name)


def scripts() -> list[str]:
    """A call for each member of the enumerations."""
    small = "width=24, height=16, length=1"
    made = []
    for name in SWINIR:
        member = name[4:].replace("SwinIR-", "SwinIR_")
        fmt = "GRAYS" if "grayDN" in name or "_CAR_" in name else "RGBS"
        made.append(f"vsmlrt.SwinIR(noise(vs.{fmt}, {small}), model=vsmlrt.SwinIRModel.{member})")
    for name in SCUNET:
        fmt = "GRAYS" if "gray" in name else "RGBS"
        made.append(f"vsmlrt.SCUNet(noise(vs.{fmt}, {small}), model=vsmlrt.SCUNetModel.{name})")
    for name in ARTCNN:
        fmt = "YUV444PS" if "Chroma" in name else "RGBS" if "JPEG" in name else "GRAYS"
        made.append(f"vsmlrt.ArtCNN(noise(vs.{fmt}, {small}), model=vsmlrt.ArtCNNModel.ArtCNN_{name})")
    return made
