"""How much memory a measurement takes: on an NVIDIA device by its driver's library, else of the process."""

from __future__ import annotations

import ctypes
import sys
import threading
from types import TracebackType
from typing import Self

_NVML, _CUDA = ("nvml.dll", "nvcuda.dll") if sys.platform == "win32" else ("libnvidia-ml.so.1", "libcuda.so.1")

_LEAST = 16 << 20
"""Growth on the device below this is somebody else's."""


class _Memory(ctypes.Structure):
    """nvmlMemory_t of NVIDIA's nvml.h: bytes."""

    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


class _Devices:
    """Every NVIDIA device's memory in use, by NVIDIA's library NVML. OSError where there is none."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(_NVML)
        self._call("nvmlInit_v2")
        count = ctypes.c_uint()
        self._call("nvmlDeviceGetCount_v2", ctypes.byref(count))
        self._handles = [ctypes.c_void_p() for _ in range(count.value)]
        for i, handle in enumerate(self._handles):
            self._call("nvmlDeviceGetHandleByIndex_v2", ctypes.c_uint(i), ctypes.byref(handle))

    def used(self) -> list[int]:
        """Bytes that all processes together have, of each device."""
        memory = _Memory()
        bytes_used = []
        for handle in self._handles:
            self._call("nvmlDeviceGetMemoryInfo", handle, ctypes.byref(memory))
            bytes_used.append(int(memory.used))
        return bytes_used

    def index(self, number: int) -> int:
        """Where the CUDA device of this number is among them.

        CUDA counts those that CUDA_VISIBLE_DEVICES leaves, the fastest first. To be asked when the process uses CUDA
        anyway: its start takes time and memory.
        """
        cuda = ctypes.CDLL(_CUDA)
        device, bus = ctypes.c_int(), ctypes.create_string_buffer(32)
        for name, arguments in {
            "cuInit": (ctypes.c_uint(0),),
            "cuDeviceGet": (ctypes.byref(device), ctypes.c_int(number)),
            "cuDeviceGetPCIBusId": (bus, ctypes.c_int(len(bus)), device),
        }.items():
            if code := getattr(cuda, name)(*arguments):
                raise OSError(f"{name} gives {code}")
        handle, index = ctypes.c_void_p(), ctypes.c_uint()
        self._call("nvmlDeviceGetHandleByPciBusId_v2", bus, ctypes.byref(handle))
        self._call("nvmlDeviceGetIndex", handle, ctypes.byref(index))
        return index.value

    def _call(self, name: str, *arguments: object) -> None:
        code = getattr(self._library, name)(*arguments)
        if code != 0:
            raise OSError(f"{name} gives {code}")


class Peak:
    """The most memory in use between entering and leaving, in a process that does nothing else.

    Growth of the device is told by the driver, so that nobody else may use the device meanwhile.
    """

    megabytes: float = 0.0
    """2^20 bytes."""
    of: str = ""
    """"device" or "process"."""

    def __init__(self, number: int = 0, interval: float = 0.02) -> None:
        """Watch CUDA's device `number` every `interval` seconds."""
        self._number = number
        self._interval = interval
        self._stop = threading.Event()
        self._before: list[int] = []
        try:
            self._devices: _Devices | None = _Devices()
            self._before = self._devices.used()
        except OSError:
            self._devices = None
        self._most = list(self._before)
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        if self._devices:
            self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._devices:
            self._watcher.join()
        grown = self._grown()
        self.of = "device" if grown >= _LEAST else "process"
        self.megabytes = (grown if self.of == "device" else process_peak()) / 2**20

    def _grown(self) -> int:
        growth = [most - before for most, before in zip(self._most, self._before, strict=True)]
        if self._devices is None or max(growth, default=0) < _LEAST:
            return 0
        try:
            return growth[self._devices.index(self._number)]
        except OSError:  # no CUDA of this process's own: somebody else's memory
            return 0

    def _watch(self) -> None:
        assert self._devices is not None
        while not self._stop.wait(self._interval):
            self._most = [max(pair) for pair in zip(self._most, self._devices.used(), strict=True)]


if sys.platform == "win32":

    class _Counters(ctypes.Structure):
        """PROCESS_MEMORY_COUNTERS of psapi.h."""

        _fields_ = (
            ("size", ctypes.c_ulong),
            ("page_faults", ctypes.c_ulong),
            *((name, ctypes.c_size_t) for name in ("peak", "now", "a", "b", "c", "d", "pagefile", "peak_pagefile")),
        )

    def process_peak() -> int:
        """The most memory that this process has had resident, in bytes."""
        counters = _Counters(size=ctypes.sizeof(_Counters))
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.GetCurrentProcess.restype = ctypes.c_void_p
        kernel.K32GetProcessMemoryInfo.argtypes = [ctypes.c_void_p, ctypes.POINTER(_Counters), ctypes.c_ulong]
        if not kernel.K32GetProcessMemoryInfo(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.size):
            raise ctypes.WinError(ctypes.get_last_error())
        return int(counters.peak)

else:
    import resource

    def process_peak() -> int:
        """The most memory that this process has had resident, in bytes.

        Linux hands the peak of the process that started it on to `ru_maxrss`; what its own pictures took is in /proc.
        """
        try:
            with open("/proc/self/status") as status:
                for line in status:
                    if line.startswith("VmHWM:"):
                        return int(line.split()[1]) * 1024
        except OSError:
            pass  # not Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
