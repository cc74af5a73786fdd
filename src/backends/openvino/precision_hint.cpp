#include "backends/openvino/precision_hint.h"

namespace vsmlrt::openvino {

ov::element::Type precision_hint(vsmlrt_precision asked, const Device &device) {
    switch (asked) {
    case VSMLRT_PRECISION_FP16:
        // A network typed by our own rewrite: computed as it is typed, so that what was kept in fp32 stays
        // there.
        if (device.native_fp16)
            return ov::element::dynamic;
        return device.is_cpu() ? ov::element::f32 : ov::element::f16;
    case VSMLRT_PRECISION_BF16:
        return device.is_cpu() && !device.native_bf16 ? ov::element::f32 : ov::element::bf16;
    default:
        return ov::element::f32;
    }
}

} // namespace vsmlrt::openvino
