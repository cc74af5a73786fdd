#include "backends/openvino/grid_sample.h"
#include "backends/openvino/models.h"
#include "backends/openvino/rewrite.h"
#include "backends/openvino/rewrite_convolutions.h"
#include "backends/openvino/workspaces.h"
#include "base/each_instruction_set.h"
#include "cpu/methods.h"
#include "cpu/select.h"
#include "cpu/winograd_method.h"
#include "networks/builder.h"
#include "networks/families.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <gtest/gtest.h>
#include <openvino/runtime/core.hpp>
#include <openvino/runtime/properties.hpp>

namespace vsmlrt::test {
namespace {

using Build = std::function<void(Builder &)>;

model::Network network_of(const Build &build) {
    Builder b;
    build(b);
    return b.network();
}

std::shared_ptr<ov::Model> with_chains(const model::Network &network, const ov::Dimension &height,
                                       const ov::Dimension &width,
                                       const std::shared_ptr<const cpu::ConvolutionMethod> &method) {
    auto model = model_of(network, height, width);
    openvino::rewrite_for_cpu(model);
    const auto workspaces = std::make_shared<openvino::Workspaces>();
    workspaces->set_threads(2);
    openvino::compute_convolutions(*model, method, workspaces);
    model->validate_nodes_and_infer_types();
    return model;
}

std::shared_ptr<ov::Model> with_chains(const model::Network &network, const ov::Dimension &height,
                                       const ov::Dimension &width) {
    return with_chains(network, height, width,
                       cpu::winograd_method(*cpu::fastest_kernels(), cpu::Storage::fp32));
}

double difference(const std::vector<float> &a, const std::vector<float> &b) {
    double worst = a.size() == b.size() ? 0 : 1e9;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        worst = std::max(worst, std::abs(static_cast<double>(a[i]) - b[i]));
    return worst;
}

class Chains : public testing::Test {
protected:
    void SetUp() override {
        if (!cpu::fastest_kernels())
            GTEST_SKIP() << "without AVX2 there are no convolutions of ours";
    }

    // The network, of one size and of a range of them, has so many chains and so many convolutions left, and
    // means what it did.
    static void check(const model::Network &network, int chains, int convolutions, std::size_t height = 24,
                      std::size_t width = 32) {
        const auto h = static_cast<std::int64_t>(height);
        const auto w = static_cast<std::int64_t>(width);
        const auto fixed = with_chains(network, h, w);
        EXPECT_EQ(count(fixed, "ConvolutionChain"), chains);
        EXPECT_EQ(count(fixed, "Convolution"), convolutions);
        const auto wanted = computed(model_of(network, h, w), height, width);
        EXPECT_LT(difference(computed(fixed, height, width), wanted), 1e-5);
        const auto ranged = with_chains(network, ov::Dimension(h / 2, h * 2), ov::Dimension(w / 2, w * 2));
        EXPECT_LT(difference(computed(ranged, height, width), wanted), 1e-5);
    }

    static Name prelu(Builder &b, const Name &x, std::int64_t channels) {
        return b.node("PRelu", {x, b.random({channels, 1, 1}, 0.05F, 0.3F)});
    }
};

TEST_F(Chains, ANetworkOfConvolutionsIsOneOperatorDownToItsPicture) {
    const auto model = with_chains(srvgg(32, 6), 24, 32);
    EXPECT_EQ(count(model, "ConvolutionChain"), 1);
    EXPECT_EQ(count(model, "Convolution"), 0);
    EXPECT_EQ(count(model, "DepthToSpace"), 0);
    EXPECT_EQ(count(model, "Add"), 0);
    check(srvgg(32, 6), 1, 0);
}

TEST_F(Chains, TheFamiliesMeanWhatTheyDid) {
    for (const auto &network : {upconv7(), cunet(), drunet(), rrdb()})
        for (const auto &[height, width] : {std::pair<std::size_t, std::size_t>{64, 48}, {72, 80}})
            EXPECT_LT(
                difference(
                    computed(with_chains(network, std::int64_t(height), std::int64_t(width)), height, width),
                    computed(model_of(network, std::int64_t(height), std::int64_t(width)), height, width)),
                2e-5);
}

double relative_difference(const std::vector<float> &a, const std::vector<float> &b) {
    double squares = 0;
    double all = 0;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        squares += (static_cast<double>(a[i]) - b[i]) * (static_cast<double>(a[i]) - b[i]);
        all += static_cast<double>(b[i]) * b[i];
    }
    return a.size() == b.size() ? std::sqrt(squares / all) : 1e9;
}

// On emulated tiles where the processor has none.
class ChainsByTiles : public EachInstructionSet {};

TEST_P(ChainsByTiles, MeanWhatTheFamiliesDidUpToBf16) {
    const auto method = methods(GetParam()).back();
    ASSERT_TRUE(method->by_tiles());
    for (const auto &network : {srvgg(32, 6), upconv7(), cunet(), drunet(), rrdb()}) {
        const auto model = with_chains(network, 64, 48, method);
        EXPECT_GE(count(model, "ConvolutionChain"), 1);
        EXPECT_LT(relative_difference(computed(model, 64, 48), computed(model_of(network, 64, 48), 64, 48)),
                  0.02);
    }
}

// Two levels of a U: nothing of it is left to OpenVINO.
TEST_P(ChainsByTiles, GoDownAndUpALevel) {
    const auto method = methods(GetParam()).back();
    const auto network = network_of([](Builder &b) {
        const Name top = b.node("Relu", {b.conv(b.input(3), 3, 32)});
        const Name down = b.leaky(b.conv(top, 32, 48, 2, 2, 0));
        const Name bottom = b.node("Relu", {b.conv(down, 48, 64)});
        const Name up = b.node("Relu", {b.node("ConvTranspose", {bottom, b.weights({64, 32, 2, 2})},
                                               {{"strides", ints({2, 2})}})});
        b.output(b.conv(b.node("Add", {up, top}), 32, 8));
    });
    for (const auto &[height, width] : {std::pair<std::size_t, std::size_t>{24, 32}, {70, 18}}) {
        const auto wanted =
            computed(model_of(network, std::int64_t(height), std::int64_t(width)), height, width);
        const auto fixed = with_chains(network, std::int64_t(height), std::int64_t(width), method);
        EXPECT_EQ(count(fixed, "ConvolutionChain"), 1);
        EXPECT_EQ(count(fixed, "Convolution") + count(fixed, "ConvolutionBackpropData"), 0);
        EXPECT_LT(relative_difference(computed(fixed, height, width), wanted), 0.02);
        const auto ranged = with_chains(network, ov::Dimension(8, 80), ov::Dimension(-1), method);
        EXPECT_LT(relative_difference(computed(ranged, height, width), wanted), 0.02);
    }
}

// Many filters for few pixels want other bands than what is around them: a chain of their own.
TEST_P(ChainsByTiles, ManyFiltersAtTheBottomAreAChainOfTheirOwn) {
    const auto method = methods(GetParam()).back();
    const auto up = [](Builder &b, const Name &x, std::int64_t inputs, std::int64_t outputs) {
        return b.node("ConvTranspose", {x, b.weights({inputs, outputs, 2, 2})}, {{"strides", ints({2, 2})}});
    };
    const auto network = network_of([&](Builder &b) {
        const Name top = b.node("Relu", {b.conv(b.input(3), 3, 16)});
        const Name middle = b.conv(top, 16, 32, 2, 2, 0);
        const Name bottom = b.conv(middle, 32, 192, 2, 2, 0);
        const Name inside = b.node("Relu", {b.conv(bottom, 192, 192)});
        const Name deep = b.node("Add", {bottom, b.conv(inside, 192, 192)});
        const Name half = b.node("Add", {up(b, deep, 192, 32), middle});
        b.output(b.conv(b.node("Add", {up(b, half, 32, 16), top}), 16, 3));
    });
    for (const auto &[height, width] : {std::pair<std::size_t, std::size_t>{64, 48}, {72, 132}}) {
        const auto model = with_chains(network, std::int64_t(height), std::int64_t(width), method);
        EXPECT_EQ(count(model, "ConvolutionChain"), 3);
        EXPECT_EQ(count(model, "Convolution") + count(model, "ConvolutionBackpropData"), 0);
        EXPECT_LT(relative_difference(
                      computed(model, height, width),
                      computed(model_of(network, std::int64_t(height), std::int64_t(width)), height, width)),
                  0.02);
    }
}

// What few channels become (compute_blocks_of_pixels), and windows of other sizes and strides.
TEST_P(ChainsByTiles, TakeBlocksOfPixelsDownToThePicture) {
    const auto method = methods(GetParam()).back();
    const auto strided = network_of([](Builder &b) {
        const Name x = b.node("Relu", {b.conv(b.input(3), 3, 32, 3, 2, 1)});
        const Name y = b.node("Relu", {b.conv(x, 32, 64, 1, 1, 0)});
        b.output(b.conv(b.node("Relu", {b.conv(y, 64, 32)}), 32, 3));
    });
    for (const auto &network : {upconv7(), strided}) {
        const auto model = with_chains(network, 64, 48, method);
        EXPECT_EQ(count(model, "Convolution") + count(model, "DepthToSpace"), 0);
        EXPECT_EQ(count(model, "ConvolutionChain"), 1);
        const auto wanted = computed(model_of(network, 64, 48), 64, 48);
        EXPECT_LT(relative_difference(computed(model, 64, 48), wanted), 0.02);
        const auto ranged = with_chains(network, ov::Dimension(8, 80), ov::Dimension(8, 80), method);
        EXPECT_LT(relative_difference(computed(ranged, 64, 48), wanted), 0.02);
    }
}

// Squeeze and excitation: the chain before gives the means, and those behind multiply as they read.
TEST_P(ChainsByTiles, GiveMeansAndTakeGates) {
    const auto method = methods(GetParam()).back();
    const auto network = network_of([](Builder &b) {
        const Name first = b.node("Relu", {b.conv(b.input(16), 16, 32)});
        const Name second = b.leaky(b.conv(first, 32, 64), 0.1F);
        const Name squeezed = b.node("Relu", {b.conv(b.node("GlobalAveragePool", {second}), 64, 8, 1)});
        const Name gated = b.node("Mul", {second, b.node("Sigmoid", {b.conv(squeezed, 8, 64, 1)})});
        const Name cropped =
            b.node("Slice", {gated, b.integers({2, 2}), b.integers({-2, -2}), b.integers({2, 3})});
        const Name third = b.leaky(b.conv(gated, 64, 64, 3, 1, 0), 0.1F);
        const Name fourth = b.node("Add", {b.conv(third, 64, 64, 3, 1, 0), cropped});
        b.output(b.conv(fourth, 64, 32));
    });
    for (const auto &[height, width] : {std::pair<std::size_t, std::size_t>{24, 32}, {70, 37}}) {
        const auto wanted =
            computed(model_of(network, std::int64_t(height), std::int64_t(width)), height, width);
        const auto fixed = with_chains(network, std::int64_t(height), std::int64_t(width), method);
        EXPECT_EQ(count(fixed, "ConvolutionChain"), 2);
        EXPECT_EQ(count(fixed, "ReduceMean") + count(fixed, "Multiply") + count(fixed, "Slice"), 0);
        EXPECT_LT(relative_difference(computed(fixed, height, width), wanted), 0.02);
        const auto ranged = with_chains(network, ov::Dimension(8, 80), ov::Dimension(8, 80), method);
        EXPECT_LT(relative_difference(computed(ranged, height, width), wanted), 0.02);
    }
}

// OpenVINO would keep it in fp32, as what lies behind a network's last convolution.
TEST_P(ChainsByTiles, WhatComesBeforeThemIsComputedInBf16) {
    const auto network = network_of([](Builder &b) {
        const Name x = b.conv(b.input(16), 16, 32, 5, 1, 2);
        const Name pooled =
            b.node("MaxPool", {x}, {{"kernel_shape", ints({3, 3})}, {"pads", ints({1, 1, 1, 1})}});
        b.output(b.conv(b.node("Relu", {b.conv(pooled, 32, 32)}), 32, 3));
    });
    const auto model = with_chains(network, 24, 32, methods(GetParam()).back());
    ASSERT_EQ(count(model, "ConvolutionChain"), 1);
    ov::Core core;
    const auto compiled = core.compile_model(model, "CPU", ov::hint::inference_precision(ov::element::bf16));
    std::string precision;
    for (const auto &node : compiled.get_runtime_model()->get_ordered_ops())
        if (node->get_rt_info()["layerType"].as<std::string>() == "Pooling")
            precision = node->get_rt_info()["runtimePrecision"].as<std::string>();
    EXPECT_EQ(precision, "bf16");
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, ChainsByTiles,
                         testing::Values(InstructionSet::avx512_bf16, InstructionSet::amx),
                         instruction_set_name);

TEST_F(Chains, TakeScaleBiasResidualAndSlopes) {
    check(network_of([](Builder &b) {
              const Name x = b.input(16);
              const Name first = b.node("Relu", {b.conv(x, 16, 32)});
              const Name scaled = b.node("Mul", {b.conv(first, 32, 32), b.random({1, 32, 1, 1}, 0.5F, 1.5F)});
              const Name moved = b.node("Add", {b.random({32, 1, 1}, -1, 1), scaled});
              const Name sum = b.node("Add", {first, moved});
              const Name sloped = b.leaky(sum, 0.2F);
              b.output(b.node("Add", {b.conv(sloped, 32, 32), sloped}));
          }),
          1, 0);
}

TEST_F(Chains, AResultThatIsReadByOthersComesOut) {
    check(network_of([](Builder &b) {
              const Name first = b.node("Relu", {b.conv(b.input(16), 16, 32)});
              const Name second = prelu(b, b.conv(first, 32, 32), 32);
              const Name pooled = b.node("Sigmoid", {first});
              b.output(b.node("Mul", {b.conv(second, 32, 32), pooled}));
          }),
          1, 0);
}

TEST_F(Chains, WhatFollowsAResultWithTwoReadersIsNotTaken) {
    check(network_of([](Builder &b) {
              const Name bare = b.conv(b.input(16), 16, 32);
              const Name sloped = prelu(b, bare, 32);
              b.output(b.node("Add", {b.conv(sloped, 32, 32), bare}));
          }),
          2, 0);
}

// The sum's other side comes from the chain by way of a pooling: it can be computed only after the first
// layer and before the last.
TEST_F(Chains, AWayAroundAChainEndsIt) {
    check(network_of([](Builder &b) {
              const Name first = b.node("Relu", {b.conv(b.input(16), 16, 32)});
              const Name around =
                  b.node("MaxPool", {first}, {{"kernel_shape", ints({3, 3})}, {"pads", ints({1, 1, 1, 1})}});
              const Name second = b.node("Relu", {b.conv(first, 32, 32)});
              b.output(b.node("Add", {b.conv(second, 32, 32), around}));
          }),
          2, 0);
}

TEST_F(Chains, CropsMeansAndGatesStayInTheChainsLayout) {
    const auto network = network_of([](Builder &b) {
        const Name first = b.node("Relu", {b.conv(b.input(16), 16, 32, 3, 1, 0)});
        const Name second = b.node("Relu", {b.conv(first, 32, 32, 3, 1, 0)});
        const Name gate = b.node("Sigmoid", {b.conv(b.node("GlobalAveragePool", {second}), 32, 32, 1)});
        const Name gated = b.node("Mul", {second, gate});
        const Name cropped =
            b.node("Slice", {gated, b.integers({4, 4}), b.integers({-4, -4}), b.integers({2, 3})});
        const Name third = b.node("Relu", {b.conv(gated, 32, 32, 3, 1, 0)});
        const Name fourth = b.conv(third, 32, 32, 5, 1, 0);
        b.output(b.node(
            "Add", {b.node("Slice", {fourth, b.integers({1, 1}), b.integers({-1, -1}), b.integers({2, 3})}),
                    cropped}));
    });
    check(network, 2, 2);
    // The mean's one pixel, what comes in, and the two values that go to OpenVINO's own operators.
    EXPECT_LE(count(with_chains(network, 24, 32), "Transpose"), 6);
}

TEST_F(Chains, ACropIsReadWhereItLies) {
    const auto network = network_of([](Builder &b) {
        const Name first = b.node("Relu", {b.conv(b.node("Relu", {b.conv(b.input(16), 16, 32)}), 32, 32)});
        const Name gated = b.node("Mul", {first, b.node("Sigmoid", {b.node("GlobalAveragePool", {first})})});
        const Name cropped =
            b.node("Slice", {first, b.integers({1, -29}), b.integers({-3, -1}), b.integers({2, 3})});
        const Name second = b.node("Relu", {b.conv(gated, 32, 32, 3, 1, 0)});
        const Name third = b.node("Add", {b.conv(second, 32, 32, 3, 1, 0), cropped});
        b.output(b.conv(b.node("Relu", {third}), 32, 32));
    });
    check(network, 2, 0, 24, 32);
    EXPECT_EQ(count(with_chains(network, 24, 32), "Slice"), 0);
}

TEST_F(Chains, OtherConvolutionsStayOpenVinos) {
    const auto other = [](const Attributes &attributes, std::int64_t kernel) {
        return network_of([&](Builder &b) {
            b.output(b.node("Conv", {b.input(32), b.weights({32, 32, kernel, kernel})}, attributes));
        });
    };
    check(other({{"strides", ints({2, 2})}, {"pads", ints({1, 1, 1, 1})}}, 3), 0, 1);
    check(other({{"dilations", ints({2, 2})}, {"pads", ints({2, 2, 2, 2})}}, 3), 0, 1);
    check(other({{"pads", ints({2, 2, 2, 2})}}, 5), 0, 1);
    check(other({{"pads", ints({1, 0, 2, 1})}}, 3), 1, 0);
    // So few channels are not worth the way in and out.
    check(network_of([](Builder &b) { b.output(b.conv(b.input(3), 3, 8)); }), 0, 1);
}

TEST_F(Chains, AShuffleOfAnotherOrderStays) {
    for (const char *mode : {"CRD", "DCR"}) {
        const auto network = network_of([&](Builder &b) {
            const Name y = b.node("Relu", {b.conv(b.input(16), 16, 32)});
            b.output(b.node("DepthToSpace", {b.conv(y, 32, 27)},
                            {{"blocksize", std::int64_t{3}}, {"mode", std::string(mode)}}));
        });
        EXPECT_EQ(count(with_chains(network, 24, 32), "DepthToSpace"), mode == std::string("DCR") ? 1 : 0);
        check(network, 1, 0);
    }
}

model::Network sampled(const char *mode, const char *padding, std::int64_t align_corners) {
    return network_of([&](Builder &b) {
        const Name flow =
            b.node("Transpose", {b.node("Tanh", {b.conv(b.input(3), 3, 2)})}, {{"perm", ints({0, 2, 3, 1})}});
        b.output(b.node("GridSample", {b.node("Sigmoid", {b.input(3)}), flow},
                        {{"mode", std::string(mode)},
                         {"padding_mode", std::string(padding)},
                         {"align_corners", align_corners}}));
    });
}

TEST(OwnGridSample, IsTakenWhereItIsLinearWithTheEdgeRepeated) {
    const auto workspaces = std::make_shared<openvino::Workspaces>();
    for (const std::int64_t align_corners : {0, 1}) {
        const auto network = sampled("bilinear", "border", align_corners);
        const auto model = model_of(network, 24, 32);
        const auto theirs = computed(model, 24, 32);
        EXPECT_TRUE(openvino::sample_grids(*model, workspaces));
        EXPECT_EQ(count(model, "GridSample"), 1);
        EXPECT_LT(difference(computed(model, 24, 32), theirs), 1e-5);
        const auto ranged = model_of(network, ov::Dimension(8, 64), ov::Dimension(8, 64));
        EXPECT_TRUE(openvino::sample_grids(*ranged, workspaces));
        EXPECT_LT(difference(computed(ranged, 24, 32), theirs), 1e-5);
    }
    EXPECT_FALSE(openvino::sample_grids(*model_of(sampled("bilinear", "zeros", 1), 24, 32), workspaces));
    EXPECT_FALSE(openvino::sample_grids(*model_of(sampled("nearest", "border", 1), 24, 32), workspaces));
}

} // namespace
} // namespace vsmlrt::test
