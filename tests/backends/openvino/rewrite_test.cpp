#include "backends/openvino/rewrite.h"

#include "backends/openvino/models.h"
#include "base/instruction_sets.h"
#include "networks/builder.h"
#include "networks/families.h"

#include <algorithm>
#include <bit>
#include <gtest/gtest.h>
#include <openvino/runtime/core.hpp>

namespace vsmlrt::test {
namespace {

std::shared_ptr<ov::Model> rewritten(const model::Network &network, const ov::Dimension &height,
                                     const ov::Dimension &width) {
    auto model = model_of(network, height, width);
    openvino::rewrite_for_cpu(model);
    return model;
}

model::Network one_layer(const std::string &op, std::int64_t to, Attributes attributes, std::int64_t kernel) {
    Builder b;
    const std::vector<std::int64_t> weights = op == "Conv" ? std::vector<std::int64_t>{to, 8, kernel, kernel}
                                                           : std::vector<std::int64_t>{8, to, kernel, kernel};
    b.output(
        b.node(op, {b.input(8), b.weights(weights), b.random({to}, -0.5F, 0.5F)}, std::move(attributes)));
    return b.network();
}

const Attributes doubled = {{"strides", ints({2, 2})}, {"pads", ints({1, 1, 1, 1})}};

TEST(RewriteBlocks, ATransposedConvolutionToAPictureBecomesAConvolution) {
    for (const ov::Dimension &size : {ov::Dimension(16), ov::Dimension(8, 64)}) {
        const auto model = rewritten(one_layer("ConvTranspose", 3, doubled, 4), size, size);
        EXPECT_EQ(count(model, "ConvolutionBackpropData"), 0);
        EXPECT_EQ(count(model, "Convolution"), 1);
        EXPECT_EQ(count(model, "DepthToSpace"), 1);
    }
}

TEST(RewriteBlocks, ATransposedConvolutionToManyChannelsStays) {
    const auto model = rewritten(one_layer("ConvTranspose", 32, doubled, 4), 16, 16);
    EXPECT_EQ(count(model, "ConvolutionBackpropData"), 1);
    EXPECT_EQ(count(model, "DepthToSpace"), 0);
}

TEST(RewriteBlocks, AConvolutionToAPictureIsComputedByBlocksWhereTheSizeIsEven) {
    const auto picture = one_layer("Conv", 3, {{"pads", ints({1, 1, 1, 1})}}, 3);
    EXPECT_EQ(count(rewritten(picture, 16, 16), "DepthToSpace"), 1);
    EXPECT_EQ(count(rewritten(picture, 16, 15), "DepthToSpace"), 0);
    EXPECT_EQ(count(rewritten(picture, ov::Dimension(8, 64), 16), "DepthToSpace"), 0);
    const auto features = one_layer("Conv", 16, {{"pads", ints({1, 1, 1, 1})}}, 3);
    EXPECT_EQ(count(rewritten(features, 16, 16), "DepthToSpace"), 0);
}

// In bf16 the picture itself is not rounded to bf16's 8 bits.
TEST(RewriteBlocks, APictureComputedInBf16HasMoreBits) {
    ov::Core core;
    const auto capabilities = core.get_property("CPU", ov::device::capabilities);
    if (!may_use(InstructionSet::avx512_bf16) ||
        std::find(capabilities.begin(), capabilities.end(), ov::device::capability::BF16) ==
            capabilities.end())
        GTEST_SKIP() << "this CPU does not compute in bf16";
    const auto model = rewritten(one_layer("ConvTranspose", 3, doubled, 4), 64, 64);
    auto request = core.compile_model(model, "CPU", ov::hint::inference_precision(ov::element::bf16))
                       .create_infer_request();
    ov::Tensor input = request.get_input_tensor();
    std::vector<float> values = Random(1).list(static_cast<std::int64_t>(input.get_size()));
    std::copy(values.begin(), values.end(), input.data<float>());
    request.infer();
    const ov::Tensor output = request.get_output_tensor();
    const auto rounded =
        std::count_if(output.data<float>(), output.data<float>() + output.get_size(),
                      [](float value) { return (std::bit_cast<std::uint32_t>(value) & 0xFFFFU) == 0; });
    EXPECT_LT(static_cast<std::size_t>(rounded), output.get_size() / 100);
}

TEST(RewriteSum, IsTakenBeforeTheShuffle) {
    const auto model = rewritten(srvgg(), 16, 24);
    EXPECT_EQ(count(model, "Interpolate"), 0);
    EXPECT_EQ(count(model, "DepthToSpace"), 1);
    EXPECT_EQ(model->get_results().at(0)->get_input_node_ptr(0)->get_type_name(),
              std::string("DepthToSpace"));
}

TEST(RewriteSum, StaysWhereTheShuffledValueIsUsedElsewhere) {
    Builder b;
    const Name x = b.input(3);
    const Name shuffled = b.node("DepthToSpace", {b.conv(x, 3, 12)},
                                 {{"blocksize", std::int64_t{2}}, {"mode", std::string("CRD")}});
    const Name grown = b.node("Resize", {x, "", b.constant({4}, {1, 1, 2, 2})},
                              {{"mode", std::string("nearest")},
                               {"coordinate_transformation_mode", std::string("asymmetric")},
                               {"nearest_mode", std::string("floor")}});
    b.output(b.node("Mul", {b.node("Add", {shuffled, grown}), shuffled}));
    EXPECT_EQ(count(rewritten(b.network(), 16, 16), "Interpolate"), 1);
}

model::Network resized(float by) {
    Builder b;
    b.output(b.node("Resize", {b.conv(b.input(3), 3, 8), "", b.constant({4}, {1, 1, by, by})},
                    {{"mode", std::string("linear")}}));
    return b.network();
}

TEST(RewriteResize, OneToTheSameSizeIsLeftOut) {
    EXPECT_EQ(count(rewritten(resized(1), 16, 16), "Interpolate"), 0);
    EXPECT_EQ(count(rewritten(resized(2), 16, 16), "Interpolate"), 1);
    // 16.2 pixels are 16, sampled elsewhere.
    EXPECT_EQ(count(rewritten(resized(1.0125F), 16, 16), "Interpolate"), 1);
}

TEST(RewriteResize, ANetworkOfNothingElseKeepsItsOutput) {
    Builder b;
    b.output(
        b.node("Resize", {b.input(3), "", b.constant({4}, {1, 1, 1, 1})}, {{"mode", std::string("linear")}}));
    const auto model = rewritten(b.network(), 16, 16);
    EXPECT_EQ(model->output(0).get_shape(), (ov::Shape{1, 3, 16, 16}));
}

} // namespace
} // namespace vsmlrt::test
