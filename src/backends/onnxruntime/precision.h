// Which precision a device computes in, which ONNX Runtime does not tell: measured.
#pragma once

#include "backends/onnxruntime/device.h"

namespace vsmlrt::ort {

// What the device computes in when a program is made as `desc` says: its precision and options. `half`: of a
// network that is float16 itself. Measured with the network of precision_probe.h in a session of its own when
// first asked for, then known until the process ends; a device that cannot run that network is taken at its
// word, and a log line says so. Thread-safe.
[[nodiscard]] vsmlrt_precision measured_precision(const Device &device, const vsmlrt_program_desc &desc,
                                                  bool half);

} // namespace vsmlrt::ort
