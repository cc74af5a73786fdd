#include "backends/openvino/cap.h"

#include <strings.h>

namespace vsmlrt::openvino {

std::string cap_obstacle(const std::string &cap, bool avx512) {
    const auto is = [&](const char *name) { return ::strcasecmp(cap.c_str(), name) == 0; };
    if (is("SSE41"))
        return "with which OpenVINO's CPU device computes wrong pictures; unset it or set it to AVX or more";
    if (avx512 && (is("AVX") || is("AVX2") || is("AVX2_VNNI") || is("AVX2_VNNI_2")))
        return "with which OpenVINO's CPU device crashes on a processor that has AVX-512; unset it or set it "
               "to AVX512_CORE or more";
    return {};
}

} // namespace vsmlrt::openvino
