// Convolutions as the tests of their kernels ask for them.
#pragma once

#include "backends/cuda/epilogue.h"
#include "backends/cuda/hopper.h"
#include "backends/cuda/hopper_pair.h"
#include "backends/cuda/hopper_row_tail.h"
#include "backends/cuda/hopper_tail.h"
#include "cuda/card_facts.h"

#include <cstring>

namespace vsmlrt::cuda {

struct Asked {
    int in = 0;
    int out = 0;
    std::int64_t kernel = 3;
    std::int64_t stride = 1;
    std::int64_t pad = 1;
    bool transposed = false;
    bool residual = false;
    bool own = false;    // the residual is the input
    bool sums = false;   // of the channels' results
    int shuffle = 0;     // 0: channels innermost; else shuffled by so much, to planes
    bool pixels = false; // shuffled, to channels innermost
    bool full = false;   // results in fp32
    Element storage = Element::f16;
    bool half_sums = false;
    bool tf32 = false;
};

[[nodiscard]] inline Tensor picture_of(Element type, std::int64_t channels, bool planes) {
    const Shape dims{1, channels, 9, 12};
    return planes ? dense(0, type, dims) : channels_last(0, type, dims, (channels + 7) / 8 * 8);
}

// A bias and a slope a channel, a residual added where asked.
[[nodiscard]] inline ConvProblem problem_of(const Asked &asked) {
    EpilogueBuilder builder;
    const bool planes = asked.shuffle > 0 && !asked.pixels;
    builder.add_bias(0);
    builder.add_channel("x0", 0);
    std::string chain = "    const float v0 = op::PRelu<float>(sum, x0);\n";
    std::string result = "v0";
    const int shuffle = asked.shuffle > 0 ? asked.shuffle : 1;
    const std::int64_t channels = asked.out / (shuffle * shuffle);
    if (asked.residual) {
        builder.add_tensor("x1", picture_of(asked.full ? Element::f32 : asked.storage, channels, planes),
                           asked.shuffle > 0 ? OperandPlace::shuffled : OperandPlace::sum);
        chain += "    const float v1 = op::Add<float>(v0, x1);\n";
        result = "v1";
    }
    if (asked.sums)
        builder.sums.buffer = 0;
    ConvProblem problem;
    problem.storage = asked.storage;
    problem.half_sums = asked.half_sums;
    problem.tf32 = asked.tf32;
    problem.in_channels = asked.in;
    problem.out_channels = asked.out;
    problem.kernel = {asked.kernel, asked.kernel};
    problem.strides = {asked.stride, asked.stride};
    problem.pads = {asked.pad, asked.pad, asked.pad, asked.pad};
    problem.transposed = asked.transposed;
    problem.adds_input = asked.own;
    problem.epilogue = builder.finish(
        chain, result, picture_of(asked.full ? Element::f32 : asked.storage, channels, planes), shuffle);
    return problem;
}

struct AskedPair {
    int in = 64, middle = 64, out = 64;
    std::int64_t first_pad = 1, second_pad = 1;
    bool residual = false;
    Element storage = Element::f16;
};

[[nodiscard]] inline PairProblem pair_of(const AskedPair &asked) {
    return {
        problem_of({.in = asked.in, .out = asked.middle, .pad = asked.first_pad, .storage = asked.storage}),
        problem_of({.in = asked.middle,
                    .out = asked.out,
                    .pad = asked.second_pad,
                    .residual = asked.residual,
                    .storage = asked.storage})};
}

// `in` channels to `middle`, and these to three.
[[nodiscard]] inline PairProblem tail_of(int in, int middle, bool transposed,
                                         Element storage = Element::f16) {
    const Asked second = transposed
                             ? Asked{.in = middle, .out = 3, .kernel = 4, .stride = 2, .transposed = true}
                             : Asked{.in = middle, .out = 3};
    Asked stored = second;
    stored.shuffle = 1;
    stored.storage = storage;
    return {problem_of({.in = in, .out = middle, .pad = 0, .storage = storage}), problem_of(stored)};
}

struct AskedRowTail {
    int in = 64, middle = 64, out = 3;
    std::int64_t first_pad = 0, second_pad = 0;
    bool transposed = false;
    bool residual = false;
    bool planes = true; // of the result
    Element storage = Element::f16;
};

[[nodiscard]] inline PairProblem row_tail_of(const AskedRowTail &asked) {
    return {
        problem_of({.in = asked.in, .out = asked.middle, .pad = asked.first_pad, .storage = asked.storage}),
        problem_of({.in = asked.middle,
                    .out = asked.out,
                    .kernel = asked.transposed ? 4 : 3,
                    .stride = asked.transposed ? 2 : 1,
                    .pad = asked.second_pad,
                    .transposed = asked.transposed,
                    .residual = asked.residual,
                    .shuffle = asked.planes ? 1 : 0,
                    .storage = asked.storage})};
}

// At a size of the input; pixels in buffers of `pitch` channels.
[[nodiscard]] inline ConvOperands operands_of(const ConvProblem &problem, std::int64_t height,
                                              std::int64_t width) {
    const auto out = [&](std::int64_t size, int axis) {
        const std::int64_t pads = problem.pads[axis] + problem.pads[axis + 2];
        return problem.transposed ? (size - 1) * problem.strides[axis] + problem.kernel[axis] - pads
                                  : (size + pads - problem.kernel[axis]) / problem.strides[axis] + 1;
    };
    ConvOperands operands;
    operands.weights = 1 << 20;
    operands.input = 2 << 20;
    operands.output = 3 << 20;
    operands.in_height = height;
    operands.in_width = width;
    operands.in_stride_x = (problem.in_channels + 7) / 8 * 8;
    operands.in_stride_y = width * operands.in_stride_x;
    operands.out_height = out(height, 0);
    operands.out_width = out(width, 1);
    operands.output_stride_x = (problem.out_channels + 7) / 8 * 8;
    operands.output_stride_y = operands.out_width * operands.output_stride_x;
    operands.epilogue.resize(128);
    const int lanes = static_cast<int>(operands.output_stride_x) - problem.out_channels;
    std::memcpy(operands.epilogue.data() + 124, &lanes, sizeof lanes);
    return operands;
}

} // namespace vsmlrt::cuda
