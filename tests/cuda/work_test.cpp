// What a group's layers ask of any GPU, counted by hand: operations of products, and each operand and result
// once.
#include "backends/cuda/work.h"
#include "graph/infer.h"
#include "graph/lower.h"
#include "networks/builder.h"

#include <gtest/gtest.h>

#include <array>

namespace vsmlrt::cuda {
namespace {

using test::Builder;
using test::ints;
using test::Name;

constexpr double height = 6;
constexpr double width = 10;
constexpr double pixels = height * width;
constexpr double of_float = 4;

struct CountedWork {
    explicit CountedWork(const model::Network &network)
        : graph(graph::lower(network)), shapes(graph::infer(graph, std::array{graph::Shape{1, 3, 6, 10}})),
          groups(make_groups(graph, shapes)), count(graph, shapes) {}
    [[nodiscard]] Work of(std::initializer_list<std::size_t> indices) const {
        std::vector<const Group *> together;
        for (const std::size_t index : indices)
            together.push_back(&groups.at(index));
        return count.of(together);
    }

    graph::Graph graph;
    graph::Shapes shapes;
    std::vector<Group> groups;
    WorkCount count;
};

void expect(const Work &work, double operations, double read, double written) {
    EXPECT_EQ(work.operations, operations);
    EXPECT_EQ(work.bytes_read, read);
    EXPECT_EQ(work.bytes_written, written);
}

TEST(Work, OfAConvolutionAndWhatFollowsIt) {
    Builder b;
    const Name y = b.node("Relu", {b.conv(b.input(3), 3, 8)});
    const CountedWork counted(b.output(y).network());
    ASSERT_EQ(counted.groups.size(), 1U);
    expect(counted.of({0}), 2 * pixels * 8 * 27, of_float * (3 * pixels + 8 * 27 + 8), of_float * 8 * pixels);
}

TEST(Work, OfTwoConvolutionsTogetherLeavesOutWhatIsBetween) {
    Builder b;
    const Name y = b.conv(b.conv(b.input(3), 3, 8), 8, 4);
    const CountedWork counted(b.output(y).network());
    ASSERT_EQ(counted.groups.size(), 2U);
    const double weights = 8 * 27 + 8 + 4 * 72 + 4;
    expect(counted.of({0, 1}), 2 * pixels * (8 * 27 + 4 * 72), of_float * (3 * pixels + weights),
           of_float * 4 * pixels);
    // Apart, it is written by the one and read by the other.
    EXPECT_EQ(counted.of({0}).bytes_written, of_float * 8 * pixels);
    EXPECT_EQ(counted.of({1}).bytes_read, of_float * (8 * pixels + 4 * 72 + 4));
}

TEST(Work, OfATransposedConvolutionCountsWhatIsMultiplied) {
    Builder b;
    const Name y = b.node("ConvTranspose", {b.input(3), b.weights({3, 5, 4, 4})},
                          {{"strides", ints({2, 2})}, {"pads", ints({1, 1, 1, 1})}});
    const CountedWork counted(b.output(y).network());
    expect(counted.of({0}), 2 * pixels * 3 * 5 * 16, of_float * (3 * pixels + 3 * 5 * 16),
           of_float * 5 * 4 * pixels);
}

TEST(Work, OfAGroupedConvolutionCountsItsOwnChannelsAlone) {
    Builder b;
    const Name y = b.node("Conv", {b.input(3), b.weights({6, 1, 3, 3})},
                          {{"group", std::int64_t{3}}, {"pads", ints({1, 1, 1, 1})}});
    const CountedWork counted(b.output(y).network());
    EXPECT_EQ(counted.of({0}).operations, 2 * pixels * 6 * 9);
}

TEST(Work, OfAProductOfMatricesAndOfWhatMultipliesNothing) {
    Builder b;
    const Name x = b.input(3);
    const Name product = b.node("MatMul", {x, b.weights({10, 7})});
    const CountedWork counted(b.output(product).network());
    expect(counted.of({0}), 2 * 3 * height * 10 * 7, of_float * (3 * pixels + 70), of_float * 3 * height * 7);

    Builder other;
    const CountedWork plain(other.output(other.node("Relu", {other.input(3)})).network());
    expect(plain.of({0}), 0, of_float * 3 * pixels, of_float * 3 * pixels);
}

} // namespace
} // namespace vsmlrt::cuda
