// Which caps on oneDNN's instructions OpenVINO's CPU device does not bear (docs/decisions/0021).
#pragma once

#include <string>

namespace vsmlrt::openvino {

// What happens with ONEDNN_MAX_CPU_ISA set to `cap`, in any case of letters, on a processor that has AVX-512
// or one that has not, and what to do; empty where nothing does. oneDNN's choices follow its cap and
// OpenVINO's the processor, and the two do not always fit together.
[[nodiscard]] std::string cap_obstacle(const std::string &cap, bool avx512);

} // namespace vsmlrt::openvino
