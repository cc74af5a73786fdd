// Convolutions as the Hopper kernels' tests ask for them.
#pragma once

#include "backends/cuda/epilogue.h"
#include "backends/cuda/hopper.h"

namespace vsmlrt::cuda {

inline constexpr DeviceFacts hopper_facts{90, 132, 232448, true};

struct Asked {
    int in = 0;
    int out = 0;
    std::int64_t kernel = 3;
    std::int64_t stride = 1;
    std::int64_t pad = 1;
    bool transposed = false;
    bool residual = false;
    int shuffle = 0; // 0: channels innermost; else planes, shuffled by so much
    Element storage = Element::f16;
};

[[nodiscard]] inline Tensor picture_of(Element type, std::int64_t channels, bool planes) {
    const Shape dims{1, channels, 9, 11};
    return planes ? dense(0, type, dims) : channels_last(0, type, dims, (channels + 7) / 8 * 8);
}

// A bias and a slope a channel, a residual added where asked.
[[nodiscard]] inline ConvProblem problem_of(const Asked &asked) {
    EpilogueBuilder builder;
    builder.add_bias(0);
    builder.add_channel("x0", 0);
    std::string chain = "    const float v0 = op::PRelu<float>(sum, x0);\n";
    std::string result = "v0";
    const int shuffle = asked.shuffle > 0 ? asked.shuffle : 1;
    const std::int64_t channels = asked.out / (shuffle * shuffle);
    if (asked.residual) {
        builder.add_tensor("x1", picture_of(asked.storage, channels, asked.shuffle > 0),
                           asked.shuffle > 0 ? OperandPlace::shuffled : OperandPlace::sum);
        chain += "    const float v1 = op::Add<float>(v0, x1);\n";
        result = "v1";
    }
    ConvProblem problem;
    problem.storage = asked.storage;
    problem.in_channels = asked.in;
    problem.out_channels = asked.out;
    problem.kernel = {asked.kernel, asked.kernel};
    problem.strides = {asked.stride, asked.stride};
    problem.pads = {asked.pad, asked.pad, asked.pad, asked.pad};
    problem.transposed = asked.transposed;
    problem.epilogue =
        builder.finish(chain, result, picture_of(asked.storage, channels, asked.shuffle > 0), shuffle);
    return problem;
}

} // namespace vsmlrt::cuda
