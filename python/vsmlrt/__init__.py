"""Neural networks on video, in VapourSynth: the functions and classes of vs-mlrt's ``vsmlrt`` on ``core.mlrt``."""

from __future__ import annotations

from importlib import metadata as _metadata

from . import _start as _start
from .backend import Backend, BackendV2, backendT
from .cugan import CUGAN
from .dpir import DPIR, DPIRModel
from .network import (
    flexible_inference,
    flexible_inference_with_fallback,
    inference,
    inference_with_fallback,
)
from .realesrgan import RealESRGAN, RealESRGANModel, RealESRGANv2, RealESRGANv2Model
from .rife import RIFE, RIFEMerge, RIFEModel
from .safa import SAFA, SAFAAdaptiveMode, SAFAModel
from .tiles import calc_tilesize
from .waifu2x import Waifu2x, Waifu2xModel

try:
    __version__ = _metadata.version("vsmlrt")
except _metadata.PackageNotFoundError:  # used from the source folder
    __version__ = "0+source"

fallback_backend: backendT | None = None
"""Takes the place of a backend that fails; set it as ``vsmlrt.fallback_backend = vsmlrt.Backend.OV_CPU()``."""

__all__ = [
    "CUGAN",
    "DPIR",
    "RIFE",
    "SAFA",
    "Backend",
    "BackendV2",
    "DPIRModel",
    "RIFEMerge",
    "RIFEModel",
    "RealESRGAN",
    "RealESRGANModel",
    "RealESRGANv2",
    "RealESRGANv2Model",
    "SAFAAdaptiveMode",
    "SAFAModel",
    "Waifu2x",
    "Waifu2xModel",
    "backendT",
    "calc_tilesize",
    "flexible_inference",
    "flexible_inference_with_fallback",
    "inference",
    "inference_with_fallback",
]
