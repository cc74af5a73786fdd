"""IFNet v4.6 in ncnn's format, with the layers that the folders of rife-ncnn-vulkan have (flownet.param and .bin)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from ncnn_files import raw, tagged
from rife_networks import V4_6, Weights


class Layers:
    """Layers in order. A blob that several layers take goes through a Split, as ncnn wants it."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.layers: list[tuple[str, list[str], str, str]] = []
        self.data: list[bytes] = []

    def add(self, kind: str, inputs: list[str], parameters: str = "") -> str:
        out = f"b{len(self.layers)}"
        self.layers.append((kind, inputs, out, parameters))
        return out

    def conv(self, x: str, name: str, into: int, out: int, stride: int, relu: bool = True) -> str:
        weight = self.weights(f"{name}.weight", (out, into, 3, 3))
        self.data += [tagged(weight), raw(self.weights(f"{name}.bias", (out,)))]
        activation = "9=2 -23310=1,2.000000e-01" if relu else ""
        return self.add("Convolution", [x], f"0={out} 1=3 3={stride} 4=1 5=1 6={weight.size} {activation}")

    def transposed(self, x: str, name: str, into: int, out: int) -> str:
        weight = self.weights(f"{name}.weight", (into, out, 4, 4))
        self.data += [tagged(weight.transpose(1, 0, 2, 3)), raw(self.weights(f"{name}.bias", (out,)))]
        return self.add("Deconvolution", [x], f"0={out} 1=4 3=2 4=1 5=1 6={weight.size}")

    def resized(self, x: str, factor: float) -> str:
        return x if factor == 1 else self.add("Interp", [x], f"0=2 1={factor:e} 2={factor:e}")

    def part(self, x: str, begin: int, end: int) -> str:
        return self.add("Crop", [x], f"-23309=1,{begin} -23310=1,{end} -23311=1,0")

    def block(self, name: str, x: str, flow: str | None, into: int, width: int, scale: float) -> str:
        x = self.resized(x, 1 / scale)
        if flow is not None:
            small = self.resized(flow, 1 / scale)
            small = small if scale == 1 else self.add("BinaryOp", [small], f"0=3 1=1 2={scale:e}")
            x = self.add("Concat", [x, small])
        x = self.conv(x, f"{name}.conv0", into, width // 2, 2)
        x = self.conv(x, f"{name}.conv1", width // 2, width, 2)
        for i in range(8):
            y = self.conv(x, f"{name}.res{i}", width, width, 1, relu=False)
            self.data.append(raw(self.weights(f"{name}.beta{i}", (1, width, 1, 1))))
            beta = self.add("MemoryData", [], f"0=1 1=1 2={width}")
            y = self.add("BinaryOp", [self.add("BinaryOp", [y, beta], "0=2"), x])
            x = self.add("ReLU", [y], "0=2.000000e-01")
        x = self.add("PixelShuffle", [self.transposed(x, f"{name}.last", width, 24)], "0=2")
        return self.resized(x, scale)

    def text(self) -> str:
        """The .param file."""
        uses = Counter(name for _, inputs, _, _ in self.layers for name in inputs)
        numbered: Counter[str] = Counter()
        lines = []
        for number, (kind, inputs, out, parameters) in enumerate(self.layers):
            taken = []
            for name in inputs:
                taken.append(f"{name}_{numbered[name]}" if uses[name] > 1 else name)
                numbered[name] += 1
            lines.append(f"{kind} l{number} {len(inputs)} 1 {' '.join([*taken, out])} {parameters}".strip())
            if uses[out] > 1:
                copies = " ".join(f"{out}_{i}" for i in range(uses[out]))
                lines.append(f"Split s{number} 1 {uses[out]} {out} {copies}")
        blobs = sum(int(line.split()[3]) for line in lines)
        return f"7767517\n{len(lines)} {blobs}\n" + "\n".join(lines) + "\n"


def v4_6(param: Path, weights: Weights, widths: tuple[int, ...]) -> Path:
    """Writes the network; inputs are the two frames and the timestep."""
    n = Layers(weights)
    first, second, timestep = (n.add("Input", []) for _ in range(3))
    warped, flow, mask = [first, second], "", ""
    for i, (scale, width) in enumerate(zip(V4_6, widths, strict=True)):
        if i == 0:
            out = n.block("block0", n.add("Concat", [first, second, timestep]), None, 7, width, scale)
            flow = n.add("BinaryOp", [n.part(out, 0, 4)], f"0=2 1=1 2={scale:e}")
            mask = n.part(out, 4, 5)
        else:
            out = n.block(f"block{i}", n.add("Concat", [*warped, timestep, mask]), flow, 12, width, scale)
            change = n.part(out, 0, 4)
            if scale == 1:
                flow = n.add("BinaryOp", [flow, change])
            else:
                flow = n.add("Eltwise", [flow, change], f"0=1 -23301=2,1.000000e+00,{scale:e}")
            mask = n.add("BinaryOp", [mask, n.part(out, 4, 5)])
        warped = [n.add("rife.Warp", [first, n.part(flow, 0, 2)]), n.add("rife.Warp", [second, n.part(flow, 2, 4)])]
    mask = n.add("Sigmoid", [mask])
    rest = n.add("BinaryOp", [mask], "0=7 1=1 2=1.000000e+00")
    n.add("BinaryOp", [n.add("BinaryOp", [warped[0], mask], "0=2"), n.add("BinaryOp", [warped[1], rest], "0=2")])
    param.write_text(n.text())
    param.with_suffix(".bin").write_bytes(b"".join(n.data))
    return param
