// Expressions of pictures: what the backend makes of them on the emulated driver equals what the reference
// gives for the graph as it stands, and networks of RIFE's structure fall apart into convolutions and
// expressions alone.
#include "backends/cuda/context.h"
#include "backends/cuda/network.h"
#include "backends/cuda/planner.h"
#include "base/error.h"
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"
#include "graph/lower.h"
#include "interpreter/interpreter.h"
#include "model/edit.h"
#include "model/onnx.h"
#include "networks/builder.h"
#include "networks/families.h"
#include "nvidia/compiler.h"
#include "tensor/half.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace vsmlrt::cuda {
namespace {

using test::Builder;
using test::Name;

struct Case {
    const char *name;
    model::Network (*network)();
    vsmlrt_extent extent;
    std::size_t expressions; // groups of the network that are expressions
};

std::int64_t count_of(const vsmlrt_tensor &tensor) {
    std::int64_t count = 1;
    for (std::int32_t axis = 0; axis < tensor.rank; ++axis)
        count *= tensor.dims[axis];
    return count;
}

std::vector<float> pictures(const Case &given, std::int64_t channels) {
    return test::Random(5).list(channels * given.extent.width * given.extent.height);
}

std::vector<float> computed(const Case &given, const model::Network &network) {
    const std::vector<std::byte> onnx = model::write_onnx(network);
    const vsmlrt_program_desc desc = test::described(onnx, given.extent, given.extent);
    Program program(list_devices().front(), desc);
    Context context(program);
    vsmlrt_tensor in = {};
    vsmlrt_tensor out = {};
    context.bind(given.extent, &in, &out);
    const std::vector<float> input = pictures(given, test::channels_of(network));
    std::copy(input.begin(), input.end(), static_cast<float *>(in.data));
    std::fill_n(static_cast<float *>(out.data), count_of(out), NAN);
    context.run();
    const auto *values = static_cast<const float *>(out.data);
    return {values, values + count_of(out)};
}

std::vector<float> expected(const Case &given, const model::Network &network) {
    const graph::Graph graph = graph::lower(network);
    const graph::Shape shape{1, test::channels_of(network), given.extent.height, given.extent.width};
    interpreter::Interpreter interpreter(graph, std::span(&shape, 1));
    std::vector<float> values(static_cast<std::size_t>(graph::count(interpreter.output(0).dims)));
    const std::vector<float> input = pictures(given, test::channels_of(network));
    const auto *in = reinterpret_cast<const std::byte *>(input.data());
    auto *out = reinterpret_cast<std::byte *>(values.data());
    interpreter.run(std::span(&in, 1), std::span(&out, 1));
    return values;
}

double apart(const std::vector<float> &given, const std::vector<float> &wanted) {
    EXPECT_EQ(given.size(), wanted.size());
    double error = 0;
    double size = 0;
    for (std::size_t i = 0; i < std::min(given.size(), wanted.size()); ++i) {
        error += std::pow(static_cast<double>(given[i]) - static_cast<double>(wanted[i]), 2);
        size += std::pow(static_cast<double>(wanted[i]), 2);
    }
    return std::sqrt(error / size);
}

std::vector<Group> groups_of(const Case &given, const model::Network &network) {
    const graph::Graph graph = graph::lower(network);
    const graph::Shape shape{1, test::channels_of(network), given.extent.height, given.extent.width};
    return make_groups(graph, graph::infer(graph, std::span(&shape, 1)));
}

std::size_t expressions_of(const Case &given, const model::Network &network) {
    const std::vector<Group> groups = groups_of(given, network);
    return static_cast<std::size_t>(
        std::count_if(groups.begin(), groups.end(), [](const Group &group) { return group.expression; }));
}

// Parts of networks, each ending in one picture.

Name resized(Builder &b, const Name &x, float up, float across, const char *mode, const char *coordinates,
             const char *nearest = "round_prefer_floor") {
    return b.node("Resize", {x, "", b.constant({4}, {1, 1, up, across})},
                  {{"mode", std::string(mode)},
                   {"coordinate_transformation_mode", std::string(coordinates)},
                   {"nearest_mode", std::string(nearest)}});
}

// Every way to place the pixels of a bilinear resize, of one picture, side by side.
model::Network coordinates() {
    Builder b;
    const Name x = b.node("Neg", {b.input(3)});
    std::vector<Name> parts;
    for (const char *each : {"half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"})
        parts.push_back(resized(b, x, 1.5F, 0.75F, "linear", each));
    return b.output(b.node("Concat", parts, {{"axis", std::int64_t{1}}})).network();
}

model::Network neighbours() {
    Builder b(19);
    const Name x = b.node("Neg", {b.input(3)});
    std::vector<Name> parts;
    for (const char *each : {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil"})
        parts.push_back(resized(b, x, 2.5F, 0.625F, "nearest", "half_pixel", each));
    parts.push_back(resized(b, x, 2.5F, 0.625F, "nearest", "half_pixel_symmetric", "floor"));
    parts.push_back(resized(b, x, 2.5F, 0.625F, "linear", "half_pixel_symmetric"));
    return b.output(b.node("Concat", parts, {{"axis", std::int64_t{1}}})).network();
}

// Up, down and warped again, as a flow that is refined.
Name warp(Builder &b, const Name &picture, const Name &grid, const char *padding, std::int64_t corners) {
    return b.node("GridSample", {picture, grid},
                  {{"mode", std::string("bilinear")},
                   {"padding_mode", std::string(padding)},
                   {"align_corners", corners}});
}

Name channels(Builder &b, const Name &x, std::int64_t from, std::int64_t to) {
    return b.node("Slice", {x, b.integers({from}), b.integers({to}), b.integers({1})});
}

model::Network warps() {
    Builder b;
    const Name x = b.input(5);
    const Name flow = resized(b, resized(b, channels(b, x, 3, 5), 0.5F, 0.5F, "linear", "half_pixel"), 2, 2,
                              "linear", "half_pixel");
    // Arithmetic behind the change of axes as well, some of it beyond the picture's edge.
    const Name grid =
        b.node("Transpose", {b.node("Mul", {flow, b.real(1.5F)})}, {{"perm", test::ints({0, 2, 3, 1})}});
    const Name moved = b.node("Add", {grid, b.constant({2}, {0.25F, -0.125F})});
    const Name picture = channels(b, x, 0, 3);
    std::vector<Name> parts;
    for (const char *padding : {"zeros", "border"})
        for (const std::int64_t corners : {0, 1})
            parts.push_back(warp(b, picture, moved, padding, corners));
    return b.output(b.node("Concat", parts, {{"axis", std::int64_t{1}}})).network();
}

// A computed picture is warped, parts are cut out in all directions, one channel is spread over three.
model::Network parts() {
    Builder b;
    const Name x = b.input(6);
    const std::vector<Name> halves =
        b.nodes("Split", {x, b.integers({2, 4})}, 2, {{"axis", std::int64_t{1}}});
    const Name grid =
        b.node("Transpose", {b.node("Tanh", {halves[0]})}, {{"perm", test::ints({0, 2, 3, 1})}});
    const Name brighter =
        b.node("Clip", {b.node("Mul", {channels(b, halves[1], 0, 3), b.random({1, 3, 1, 1}, 1, 2)}),
                        b.real(-0.5F), b.real(0.75F)});
    const Name warped = warp(b, brighter, grid, "border", 1);
    const Name masked = b.node("Mul", {warped, b.node("Sigmoid", {channels(b, halves[1], 3, 4)})});
    const Name cut = b.node("Slice", {masked, b.integers({1, 2}), b.integers({-2, -1}), b.integers({2, 3})});
    const Name spread = b.node("Expand", {channels(b, cut, 1, 2), b.integers({1, 3, 1, 1})});
    return b.output(b.node("Add", {cut, spread})).network();
}

Name pooled(Builder &b, const Name &x, std::int64_t by) {
    return b.node("AveragePool", {x},
                  {{"kernel_shape", test::ints({by, by})}, {"strides", test::ints({by, by})}});
}

// Smaller pictures enlarged by 2, 4 and 8 where the result is: pixels below each other lie between the same
// two rows of theirs, or not.
model::Network enlarged() {
    Builder b;
    const Name x = b.input(3);
    std::vector<Name> parts{resized(b, pooled(b, x, 2), 2, 2, "linear", "align_corners")};
    for (const char *each : {"half_pixel", "pytorch_half_pixel"})
        for (const std::int64_t by : {2, 4, 8})
            parts.push_back(
                resized(b, pooled(b, x, by), static_cast<float>(by), static_cast<float>(by), "linear", each));
    return b.output(b.node("Concat", parts, {{"axis", std::int64_t{1}}})).network();
}
// Rows that a thread's last pixels lack.
model::Network enlarged_twofold() {
    Builder b;
    const Name half = pooled(b, b.input(2), 2);
    return b.output(resized(b, half, 2, 2, "linear", "half_pixel")).network();
}
// Enlarged, changed and made smaller again by less: what is averaged lies between the same pixels, or not.
model::Network between() {
    Builder b;
    const Name x = b.input(3);
    std::vector<Name> parts;
    for (const std::int64_t by : {2, 4, 8}) {
        const auto factor = static_cast<float>(by);
        const Name large =
            b.node("Tanh", {resized(b, pooled(b, x, by), factor, factor, "linear", "half_pixel")});
        for (const char *each : {"half_pixel", "pytorch_half_pixel", "asymmetric"})
            parts.push_back(resized(b, large, 0.5F, 0.5F, "linear", each));
    }
    return b.output(b.node("Concat", parts, {{"axis", std::int64_t{1}}})).network();
}

model::Network small_rife() {
    return test::rife_v4({.widths = {16, 12}, .scales = {4, 2}, .residuals = 1});
}
model::Network rife_with_grids() {
    return test::rife_v4({.widths = {16, 12}, .scales = {4, 1}, .residuals = 1, .grids = true});
}
model::Network rife_ensemble() {
    return test::rife_v4({.widths = {12, 8, 8}, .scales = {4, 2, 1}, .residuals = 1, .ensemble = true});
}
model::Network rife_with_features() {
    return test::rife_v4({.widths = {12, 8, 8}, .scales = {4, 2, 1}, .residuals = 1, .encoded = 4});
}
// Flow at other scales than v4.6's.
model::Network rife_at_half_scale() {
    return test::rife_v4({.widths = {12, 8, 8}, .scales = {8, 4, 2}, .residuals = 1});
}

class Expressions : public testing::TestWithParam<Case> {};

TEST_P(Expressions, GiveWhatTheGraphGives) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const Case &given = GetParam();
    const model::Network network = given.network();
    EXPECT_EQ(expressions_of(given, network), given.expressions);
    EXPECT_LT(apart(computed(given, network), expected(given, network)), 2e-5);
    EXPECT_STREQ(emulated_faults(), "");
}

// Stored as halves in between, with pictures of whole vectors; coordinates stay exact.
TEST_P(Expressions, GiveItInHalfPrecision) {
    emulated_reset(0);
    const Case &given = GetParam();
    const model::Network network = given.network();
    EXPECT_LT(apart(computed(given, model::to_half(network)), expected(given, network)), 4e-3);
    EXPECT_STREQ(emulated_faults(), "");
}

std::string name_of(const testing::TestParamInfo<Case> &info) {
    return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Parts, Expressions,
                         testing::Values(Case{"Coordinates", coordinates, {16, 12}, 1},
                                         Case{"OddCoordinates", coordinates, {37, 13}, 1},
                                         Case{"Neighbours", neighbours, {16, 24}, 1},
                                         Case{"Warps", warps, {34, 18}, 2},
                                         Case{"OnePixel", parts, {4, 4}, 1},
                                         Case{"Parts", parts, {45, 19}, 1},
                                         Case{"Enlarged", enlarged, {24, 40}, 1},
                                         Case{"EnlargedTwofold", enlarged_twofold, {6, 10}, 1},
                                         Case{"Between", between, {32, 24}, 1}),
                         name_of);
INSTANTIATE_TEST_SUITE_P(Rife, Expressions,
                         testing::Values(Case{"TwoBlocks", small_rife, {48, 32}, 5},
                                         Case{"Grids", rife_with_grids, {32, 48}, 5},
                                         Case{"Ensemble", rife_ensemble, {48, 32}, 9},
                                         Case{"Features", rife_with_features, {32, 32}, 6},
                                         Case{"HalfScale", rife_at_half_scale, {64, 32}, 6}),
                         name_of);

// Convolutions and expressions are all there is.
TEST(ExpressionGroups, NoOperatorOfRifeStandsAlone) {
    const Case given{"", nullptr, {64, 64}, 0};
    for (const bool ensemble : {false, true}) {
        const model::Network network = model::to_half(test::rife_v4({.residuals = 2, .ensemble = ensemble}));
        const graph::Graph graph = graph::lower(network);
        for (const Group &group : groups_of(given, network)) {
            const graph::Op &op = graph.nodes[group.anchor].op;
            EXPECT_TRUE(group.expression || std::holds_alternative<graph::Conv>(op) ||
                        std::holds_alternative<graph::ConvTranspose>(op))
                << graph.nodes[group.anchor].label;
        }
    }
}

// Pictures of half tensors are warped where they lie, by the texture unit: no step makes pixels of their
// planes.
TEST(ExpressionGroups, PlanesAreWarpedWhereTheyLie) {
    for (const Case &given : {Case{"", small_rife, {48, 32}, 0}, Case{"", rife_with_grids, {32, 48}, 0},
                              Case{"", rife_ensemble, {48, 32}, 0}}) {
        emulated_reset(0);
        const model::Network network = given.network();
        const std::int64_t channels = test::channels_of(network);
        const test::HalfNetwork half(network, given.extent);
        std::vector<float> values(
            static_cast<std::size_t>(std::int64_t{3} * given.extent.width * given.extent.height));
        {
            Program program(list_devices().front(), half.desc);
            std::size_t warps = 0;
            for (const Step &step : program.plan(given.extent).steps) {
                EXPECT_EQ(step.alternatives.front().source.find("planes_to_pixels"), std::string::npos);
                warps += step.alternatives.front().source.find("= read_quad(") != std::string::npos ? 1 : 0;
            }
            EXPECT_GE(warps, 1U);
            Context context(program);
            vsmlrt_tensor in = {};
            vsmlrt_tensor out = {};
            context.bind(given.extent, &in, &out);
            const std::vector<float> input = pictures(given, channels);
            std::transform(input.begin(), input.end(), static_cast<std::uint16_t *>(in.data), float_to_half);
            context.run();
            context.run(); // by the recorded graph
            ASSERT_EQ(count_of(out), static_cast<std::int64_t>(values.size()));
            std::transform(static_cast<const std::uint16_t *>(out.data),
                           static_cast<const std::uint16_t *>(out.data) + values.size(), values.begin(),
                           half_to_float);
        }
        EXPECT_LT(apart(values, expected(given, network)), 8e-3);
        EXPECT_EQ(emulated_live(), 0U);
        EXPECT_STREQ(emulated_faults(), "");
    }
}

// Pictures that are an input of their own, and grids that stay exact.
TEST(ExpressionGroups, PicturesApartFromGridsGiveWhatTheGraphGives) {
    emulated_reset(0);
    const Case given{"", rife_with_grids, {32, 48}, 0};
    const model::Network whole = model::to_half(given.network());
    const model::Network apart_from_grids = model::narrow_ends(whole, true, false);
    ASSERT_EQ(apart_from_grids.inputs.size(), 2U);
    const std::int64_t channels = *apart_from_grids.inputs[0].dims[1].size;
    const std::int64_t pixels = std::int64_t{given.extent.width} * given.extent.height;
    const std::vector<std::byte> onnx = model::write_onnx(apart_from_grids);
    const vsmlrt_program_desc desc = test::described(onnx, given.extent, given.extent, VSMLRT_PRECISION_FP16);
    Program program(list_devices().front(), desc);
    Context context(program);
    std::array<vsmlrt_tensor, 2> in = {};
    vsmlrt_tensor out = {};
    context.bind(given.extent, in.data(), &out);
    const std::vector<float> input = pictures(given, test::channels_of(whole));
    std::transform(input.begin(), input.begin() + channels * pixels, static_cast<std::uint16_t *>(in[0].data),
                   float_to_half);
    std::copy(input.begin() + channels * pixels, input.end(), static_cast<float *>(in[1].data));
    context.run();
    const auto *values = static_cast<const float *>(out.data);
    EXPECT_LT(apart({values, values + count_of(out)}, expected(given, given.network())), 4e-3);
    EXPECT_STREQ(emulated_faults(), "");
}

// Text that holds sizes would be compiled again for each of them.
// Four rows of a picture enlarged by 8 lie between two of it; what a thread of four pixels reads is what one
// reads of a pixel, and stored as the halves that it was.
TEST(ExpressionGroups, PixelsBelowEachOtherReadAPixelOnce) {
    Builder b;
    const Name eighth = pooled(b, b.input(3), 8);
    const Name wide = b.node("Cast", {b.conv(eighth, 3, 6)}, {{"to", std::int64_t{1}}});
    const model::Network network =
        b.output(b.node("Neg", {resized(b, wide, 8, 8, "linear", "half_pixel")})).network();
    emulated_reset(0);
    const test::HalfNetwork half(network, {64, 64});
    Program program(list_devices().front(), half.desc);
    const Plan plan = program.plan({64, 64});
    const std::string &source = plan.steps.back().alternatives.front().source;
    EXPECT_NE(source.find("#define ROWS 4"), std::string::npos);
    // Six halves of eight are read as four and two.
    for (const char *vector : {"= Packed<half_t, 4>::read_constant", "= Packed<half_t, 2>::read_constant"}) {
        std::size_t reads = 0;
        for (std::size_t at = source.find(vector); at != std::string::npos; at = source.find(vector, at + 1))
            ++reads;
        EXPECT_EQ(reads, 4U) << source.substr(source.find("#define EXPRESSION"), 4000);
    }
}

TEST(ExpressionGroups, EverySizeHasTheSameKernels) {
    emulated_reset(0);
    const std::vector<std::byte> onnx = model::write_onnx(small_rife());
    const vsmlrt_program_desc desc = test::described(onnx, {32, 32}, {96, 64});
    Program program(list_devices().front(), desc);
    const auto sources = [&](vsmlrt_extent extent) {
        std::vector<std::string> list;
        for (const Step &step : program.plan(extent).steps)
            list.push_back(step.alternatives.front().source);
        return list;
    };
    EXPECT_EQ(sources({96, 64}), sources({48, 32}));
    EXPECT_EQ(sources({96, 64}), sources({64, 64}));
}

} // namespace
} // namespace vsmlrt::cuda
