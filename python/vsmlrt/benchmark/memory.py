"""How much memory a measurement takes: on an NVIDIA device by its driver's library, else of the process."""

from __future__ import annotations

import ctypes
import resource
import threading
from types import TracebackType
from typing import Self

_LEAST = 16 << 20
"""Growth on the device below this is somebody else's."""


class _Memory(ctypes.Structure):
    """nvmlMemory_t of NVIDIA's nvml.h: bytes."""

    _fields_ = (("total", ctypes.c_ulonglong), ("free", ctypes.c_ulonglong), ("used", ctypes.c_ulonglong))


class _Device:
    """One NVIDIA device's memory in use, by libnvidia-ml.so.1. OSError where there is none."""

    def __init__(self, number: int) -> None:
        self._library = ctypes.CDLL("libnvidia-ml.so.1")
        self._handle = ctypes.c_void_p()
        self._call("nvmlInit_v2")
        self._call("nvmlDeviceGetHandleByIndex_v2", ctypes.c_uint(number), ctypes.byref(self._handle))

    def used(self) -> int:
        """Bytes that all processes together have."""
        memory = _Memory()
        self._call("nvmlDeviceGetMemoryInfo", self._handle, ctypes.byref(memory))
        return int(memory.used)

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
        """Watch device `number` every `interval` seconds."""
        self._interval = interval
        self._stop = threading.Event()
        self._most = self._before = 0
        try:
            self._device: _Device | None = _Device(number)
            self._most = self._before = self._device.used()
        except OSError:
            self._device = None
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        if self._device:
            self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._device:
            self._watcher.join()
        grown = self._most - self._before
        self.of = "device" if grown >= _LEAST else "process"
        self.megabytes = (grown if self.of == "device" else process_peak()) / 2**20

    def _watch(self) -> None:
        assert self._device is not None
        while not self._stop.wait(self._interval):
            self._most = max(self._most, self._device.used())


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
