"""SwinIR-S, SCUNet and ArtCNN as tests/cuda/bench_cuda has them, in PyTorch: fp16, channels last, a captured graph.

Prints the median milliseconds of seven bursts and the range, for the figures of docs/performance.md.
"""

# PyTorch is not among the project's tools.
# mypy: ignore-errors
from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

SIDE = 8  # of a window


class Attention(nn.Module):
    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads, self.scale = heads, (channels // heads) ** -0.5
        self.qkv, self.projection = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.table = nn.Parameter(torch.rand(1, heads, SIDE**2, SIDE**2) - 0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, tokens, channels = x.shape
        qkv = self.qkv(x).reshape(batch, tokens, 3, self.heads, channels // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        mixed = ((q * self.scale) @ k.transpose(-2, -1) + self.table).softmax(-1) @ v
        return self.projection(mixed.transpose(1, 2).reshape(batch, tokens, channels))


class Block(nn.Module):
    def __init__(self, channels: int, heads: int, hidden: int, *, shifted: bool) -> None:
        super().__init__()
        self.first, self.second = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.attention = Attention(channels, heads)
        self.perceptron = nn.Sequential(nn.Linear(channels, hidden), nn.GELU(), nn.Linear(hidden, channels))
        self.shift = SIDE // 2 if shifted else 0

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        _, h, w, c = x.shape
        y = self.first(x)
        if self.shift:
            y = torch.roll(y, (-self.shift, -self.shift), (1, 2))
        y = y.view(1, h // SIDE, SIDE, w // SIDE, SIDE, c).permute(0, 1, 3, 2, 4, 5).reshape(-1, SIDE**2, c)
        y = self.attention(y).view(1, h // SIDE, w // SIDE, SIDE, SIDE, c).permute(0, 1, 3, 2, 4, 5)
        y = y.reshape(1, h, w, c)
        if self.shift:
            y = torch.roll(y, (self.shift, self.shift), (1, 2))
        x = x + y
        return x + self.perceptron(self.second(x))


class SwinIR(nn.Module):
    def __init__(self, c: int = 60) -> None:
        super().__init__()
        self.first, self.before, self.behind = nn.Conv2d(3, c, 3, padding=1), nn.LayerNorm(c), nn.LayerNorm(c)
        self.groups = nn.ModuleList(
            nn.Sequential(*[Block(c, 6, 2 * c, shifted=i % 2 == 1) for i in range(6)]) for _ in range(4)
        )
        self.convs = nn.ModuleList(nn.Conv2d(c, c, 3, padding=1) for _ in range(4))
        self.body, self.last = nn.Conv2d(c, c, 3, padding=1), nn.Conv2d(c, 12, 3, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = self.first(x)
        y = self.before(first.permute(0, 2, 3, 1))
        for group, conv in zip(self.groups, self.convs, strict=True):
            y = y + conv(group(y).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        return functional.pixel_shuffle(self.last(self.body(self.behind(y).permute(0, 3, 1, 2)) + first), 2)


class Mixed(nn.Module):
    def __init__(self, c: int, *, shifted: bool) -> None:
        super().__init__()
        half = c // 2
        self.a, self.b = nn.Conv2d(c, c, 1), nn.Conv2d(c, c, 1)
        self.c, self.d = nn.Conv2d(half, half, 3, padding=1), nn.Conv2d(half, half, 3, padding=1)
        self.block = Block(half, half // 32, 4 * half, shifted=shifted)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        u, v = self.a(x).chunk(2, 1)
        u = self.d(functional.relu(self.c(u))) + u
        v = self.block(v.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return self.b(torch.cat((u, v), 1)) + x


class SCUNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        c = [64, 128, 256, 512]

        def level(channels: int) -> nn.Sequential:
            return nn.Sequential(*[Mixed(channels, shifted=i % 2 == 1) for i in range(4)])

        self.first, self.last = nn.Conv2d(3, 64, 3, padding=1), nn.Conv2d(64, 3, 3, padding=1)
        self.down = nn.ModuleList(nn.Sequential(level(c[i]), nn.Conv2d(c[i], c[i + 1], 2, 2)) for i in range(3))
        self.body = level(512)
        self.up = nn.ModuleList(nn.Sequential(nn.ConvTranspose2d(c[i + 1], c[i], 2, 2), level(c[i])) for i in (2, 1, 0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.first(x)
        skips = [y]
        for down in self.down:
            y = down(y)
            skips.append(y)
        y = self.body(y)
        for up in self.up:
            y = up(y + skips.pop())
        return self.last(y + skips.pop())


class ArtCNN(nn.Module):
    def __init__(self, c: int = 32) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(1, c, 3, padding=1), nn.Conv2d(c, 4, 3, padding=1)
        self.middle = nn.ModuleList(nn.Conv2d(c, c, 3, padding=1) for _ in range(5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first = y = self.first(x)
        for conv in self.middle[:4]:
            y = functional.relu(conv(y))
        return functional.pixel_shuffle(self.last(self.middle[4](y) + first), 2)


@torch.no_grad()
def measure(name: str, network: nn.Module, shape: tuple[int, int, int, int], burst: int) -> None:
    network = network.half().cuda().to(memory_format=torch.channels_last).eval()
    x = torch.rand(shape, device="cuda").half().to(memory_format=torch.channels_last)
    torch.cuda.reset_peak_memory_stats()
    with torch.cuda.stream(torch.cuda.Stream()):
        for _ in range(2):
            network(x)
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        network(x)
    times = []
    for _ in range(7):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        for _ in range(burst):
            graph.replay()
        end.record()
        torch.cuda.synchronize()
        times.append(begin.elapsed_time(end) / burst)
    times.sort()
    print(
        f"torch {torch.__version__} {name} {shape[3]}x{shape[2]}: {times[3]:.2f} ms ({1000 / times[3]:.2f} fps, "
        f"{times[0]:.2f} to {times[-1]:.2f}), {torch.cuda.max_memory_allocated() >> 20} MiB",
        flush=True,
    )


def main() -> None:
    torch.backends.cudnn.benchmark = True
    print(torch.cuda.get_device_name())
    measure("swinir", SwinIR(), (1, 3, 1080, 1920), 2)
    measure("scunet", SCUNet(), (1, 3, 1088, 1920), 3)
    measure("artcnn", ArtCNN(), (1, 1, 1080, 1920), 20)


if __name__ == "__main__":
    main()
