"""One network timed in PyTorch: ``python -m vsmlrt.benchmark.torch_worker`` with a job on the standard input.

As fast as PyTorch runs it without being compiled: half precision, channels last, cuDNN's fastest algorithms
(``cudnn.benchmark``), the whole network as one CUDA graph, its tensors on the device before and after.
"""

# PyTorch is not among the project's tools.
# mypy: ignore-errors
from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import torch

from ..errors import UserError
from .against import TorchJob, TorchResult
from .onnx_file import Graph, read
from .torch_network import TorchNetwork

_SECONDS = 0.5
"""Long enough for a card to come to the clocks that its power allows; as the cuda backend times itself."""

_WITH_GRIDS = 11
_INTERPOLATES = 7


def picture(channels: int, width: int, height: int, device: str) -> torch.Tensor:
    """Noise; of an interpolator's input a moment behind two pictures, and grids as its network is given them."""
    torch.manual_seed(1)
    x = torch.rand(1, channels, height, width, device=device)
    if channels >= _INTERPOLATES:
        x[:, 6] = 0.5
    if channels > _INTERPOLATES:
        x[:, 7] = 1
    if channels >= _WITH_GRIDS:
        x[:, 7] = torch.linspace(-1, 1, width, device=device).expand(height, width)
        x[:, 8] = torch.linspace(-1, 1, height, device=device)[:, None].expand(height, width)
        x[:, 9] = 2 / max(width - 1, 1)
        x[:, 10] = 2 / max(height - 1, 1)
    return x


def measure(job: TorchJob, graph: Graph) -> TorchResult:
    """Times the network; what PyTorch refuses is an exception of its own."""
    torch.cuda.set_device(job.device)
    torch.backends.cudnn.benchmark = True
    version = f"{torch.__version__}, cuDNN {torch.backends.cudnn.version()}, {torch.cuda.get_device_name()}"
    with torch.inference_mode():
        network = TorchNetwork(graph, "cuda", torch.float16)
        inputs = [
            network.floats(picture(channels or 3, job.width, job.height, "cuda")) for channels in graph.inputs.values()
        ]
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(3):
                network(*inputs)
        torch.cuda.current_stream().wait_stream(aside)
        recorded = torch.cuda.CUDAGraph()
        with torch.cuda.graph(recorded):
            outputs = network(*inputs)
        once = _milliseconds(recorded, 1)
        milliseconds = _milliseconds(recorded, max(1, int(1000 * _SECONDS / once)))
        if not all(bool(torch.isfinite(one).all()) for one in outputs):
            version += ", results not all finite"
        return TorchResult(milliseconds=milliseconds, memory=torch.cuda.max_memory_reserved() / 2**20, version=version)


def _milliseconds(recorded: torch.cuda.CUDAGraph, repeats: int) -> float:
    begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    recorded.replay()
    begin.record()
    for _ in range(repeats):
        recorded.replay()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) / repeats


def main() -> None:
    """Reads a `TorchJob` as JSON, writes a `TorchResult` as the last line of the standard output."""
    job = TorchJob(**json.load(sys.stdin))
    try:
        if not torch.cuda.is_available():
            raise UserError(f"PyTorch {torch.__version__} finds no CUDA device here; install the build for CUDA")
        result = measure(job, read(Path(job.network_path)))
    except (UserError, RuntimeError) as error:
        result = TorchResult(error=str(error).splitlines()[0])
    print(json.dumps(asdict(result)), flush=True)


if __name__ == "__main__":
    main()
