#include "backends/openvino/precision_hint.h"

#include <gtest/gtest.h>

namespace vsmlrt::test {
namespace {

ov::element::Type told(vsmlrt_device_kind kind, bool native, vsmlrt_precision precision) {
    openvino::Device device;
    device.kind = kind;
    device.native_bf16 = device.native_fp16 = native;
    return openvino::precision_hint(precision, device);
}

// Which is what decides whether operators of ours compute.
TEST(PrecisionHint, ACpuIsToldThePrecisionThatItWillComputeIn) {
    EXPECT_EQ(told(VSMLRT_DEVICE_CPU, false, VSMLRT_PRECISION_FP32), ov::element::f32);
    EXPECT_EQ(told(VSMLRT_DEVICE_CPU, false, VSMLRT_PRECISION_BF16), ov::element::f32);
    EXPECT_EQ(told(VSMLRT_DEVICE_CPU, false, VSMLRT_PRECISION_FP16), ov::element::f32);
    EXPECT_EQ(told(VSMLRT_DEVICE_CPU, true, VSMLRT_PRECISION_BF16), ov::element::bf16);
    EXPECT_EQ(told(VSMLRT_DEVICE_CPU, true, VSMLRT_PRECISION_FP16), ov::element::dynamic);
}

TEST(PrecisionHint, AnotherDeviceIsToldWhatWasAskedFor) {
    EXPECT_EQ(told(VSMLRT_DEVICE_GPU, false, VSMLRT_PRECISION_FP16), ov::element::f16);
    EXPECT_EQ(told(VSMLRT_DEVICE_GPU, false, VSMLRT_PRECISION_BF16), ov::element::bf16);
}

} // namespace
} // namespace vsmlrt::test
