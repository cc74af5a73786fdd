"""Neural networks on video, in VapourSynth: the functions and classes of vs-mlrt's ``vsmlrt`` on ``core.mlrt``."""

from __future__ import annotations

import sys as _sys

from . import _start as _start  # isort: skip  # before all that takes time

from typing import TYPE_CHECKING as _TYPE_CHECKING

from . import interface as _interface
from .artcnn import ArtCNN, ArtCNNModel
from .backend import Backend, BackendV2, backendT
from .cugan import CUGAN
from .dpir import DPIR, DPIRModel
from .helpers import (  # in addition to those of __all__, as in vs-mlrt
    bits_as as bits_as,
)
from .helpers import (
    convert_model as convert_model,
)
from .helpers import (
    fmtc_resample as fmtc_resample,
)
from .helpers import (
    get_engine_path as get_engine_path,
)
from .helpers import (
    get_input_name as get_input_name,
)
from .helpers import (
    get_mxr_path as get_mxr_path,
)
from .helpers import (
    get_rife_input as get_rife_input,
)
from .helpers import (
    init_backend as init_backend,
)
from .helpers import (
    migraphx_driver as migraphx_driver,
)
from .helpers import (
    parse_trt_version as parse_trt_version,
)
from .helpers import (
    tensorrt_rtx as tensorrt_rtx,
)
from .helpers import (
    trtexec as trtexec,
)
from .interface import get_plugins_path as get_plugins_path
from .network import (
    flexible_inference,
    flexible_inference_with_fallback,
    inference,
    inference_with_fallback,
)
from .realesrgan import RealESRGAN, RealESRGANModel, RealESRGANv2, RealESRGANv2Model
from .rife import RIFE, RIFEMerge, RIFEModel
from .safa import SAFA, SAFAAdaptiveMode, SAFAModel
from .scunet import SCUNet, SCUNetModel
from .swinir import SwinIR, SwinIRModel
from .tiles import calc_size as calc_size
from .tiles import calc_tilesize
from .waifu2x import Waifu2x, Waifu2xModel

__version__ = _interface.VERSION
"""The version of vs-mlrt's script whose interface this is: scripts and wrappers compare it. See `product_version`."""

fallback_backend: backendT | None = None
"""Takes the place of a backend that fails; set it as ``vsmlrt.fallback_backend = vsmlrt.Backend.OV_CPU()``."""

__all__ = [
    "CUGAN",
    "DPIR",
    "RIFE",
    "SAFA",
    "ArtCNN",
    "ArtCNNModel",
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
    "SCUNet",
    "SCUNetModel",
    "SwinIR",
    "SwinIRModel",
    "Waifu2x",
    "Waifu2xModel",
    "backendT",
    "calc_tilesize",
    "flexible_inference",
    "flexible_inference_with_fallback",
    "inference",
    "inference_with_fallback",
]

if _TYPE_CHECKING:
    from vapoursynth import core as core

    product_version: str
    """This package's own version."""
    models_path: str
    plugins_path: str
    trtexec_path: str
    tensorrt_rtx_path: str
    migraphx_driver_path: str

_sys.modules[__name__].__class__ = _interface.Module
