// What the tests on a real GPU share. On a machine without one they are reported as skipped, with the reason.
#pragma once

#include "backends/cuda/context.h"
#include "base/error.h"
#include "cuda/described.h"
#include "graph/lower.h"
#include "interpreter/interpreter.h"
#include "model/edit.h"
#include "model/onnx.h"
#include "networks/builder.h"
#include "networks/families.h"

#include <gtest/gtest.h>

#include <random>

namespace vsmlrt::test {

class Gpu : public testing::Test {
protected:
    void SetUp() override {
        try {
            cuda::probe();
        } catch (const Error &absent) {
            GTEST_SKIP() << absent.what();
        }
    }
};

// A program's network in a precision; what desc() gives is valid while this lives.
struct GpuNetwork {
    GpuNetwork(model::Network from, vsmlrt_precision in)
        : source(std::move(from)), precision(in),
          onnx(model::write_onnx(in == VSMLRT_PRECISION_FP16 ? model::to_half(source) : source)) {}

    [[nodiscard]] vsmlrt_program_desc desc(vsmlrt_extent least, vsmlrt_extent most,
                                           int num_streams = 1) const {
        vsmlrt_program_desc desc = described(onnx, least, most, precision);
        desc.num_streams = num_streams;
        return desc;
    }
    [[nodiscard]] std::int64_t channels() const { return channels_of(source); }

    model::Network source;
    vsmlrt_precision precision;
    std::vector<std::byte> onnx;
};

// A new seed in every run, told with each failure.
inline std::uint64_t seed_of_this_run() {
    static const std::uint64_t seed = std::random_device()();
    return seed;
}

// `natural`: slow waves, an edge and some grain; else random. In [0, 1].
[[nodiscard]] std::vector<float> gpu_picture(std::int64_t channels, vsmlrt_extent extent, bool natural,
                                             std::uint64_t seed);

// One frame of float32 tensors; the buffers of the result are poisoned before.
[[nodiscard]] std::vector<float> gpu_run(cuda::Context &context, vsmlrt_extent extent,
                                         const std::vector<float> &input);

// The interpreter's result in fp32.
[[nodiscard]] std::vector<float> expected_result(const model::Network &network, std::int64_t channels,
                                                 vsmlrt_extent extent, const std::vector<float> &input);

// What a plan cache would give a program (vsmlrt_program_desc::blob) in which each step has the kernel whose
// name begins so, where one can serve it. Which kernel a run finds the fastest depends on what else the
// machine does.
[[nodiscard]] std::vector<std::byte> blob_of_kernel(const cuda::Device &device,
                                                    const vsmlrt_program_desc &desc, std::string_view kernel);

// |given - expected| / |expected|, Euclidean norms; infinite where one is not finite or the lengths differ.
[[nodiscard]] double error_of(const std::vector<float> &given, const std::vector<float> &expected);

} // namespace vsmlrt::test
