// What a backend computes: every network of the suite, at several sizes of one dynamic program.
#include "conformance/precision.h"
#include "conformance/suite.h"
#include "graph/lower.h"

namespace vsmlrt::test {
namespace {

TEST_P(Networks, ADynamicProgramGivesWhatStaticOnesGive) {
    const std::vector<std::byte> onnx = given_to_backends(network().network);
    Program dynamic(backend(), onnx, range_of(network()));
    Context context = dynamic.context();
    for (const vsmlrt_extent &extent : network().extents) {
        Program fixed(backend(), onnx, {extent, extent});
        const std::vector<Values> expected = fixed.context().run_seeded(extent, 7);
        EXPECT_LE(difference(context.run_seeded(extent, 7), expected), network().tolerance)
            << extent.width << "x" << extent.height;
    }
}

TEST_P(Networks, AgreeWithTheReference) {
    const std::vector<std::byte> onnx = given_to_backends(network().network);
    const graph::Graph graph = graph::lower(network().network);
    Program program(backend(), onnx, range_of(network()));
    Context context = program.context();
    for (const vsmlrt_extent &extent : network().extents)
        EXPECT_LE(difference(context.run_seeded(extent, 9), interpreted(graph, extent, seeded(9))),
                  network().tolerance)
            << extent.width << "x" << extent.height;
}

} // namespace
} // namespace vsmlrt::test
