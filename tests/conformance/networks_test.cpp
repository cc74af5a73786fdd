// What a backend computes: every network of the suite, at several sizes of one dynamic program.
#include "conformance/precision.h"
#include "conformance/suite.h"
#include "graph/lower.h"

namespace vsmlrt::test {
namespace {

// One test, since most of its time goes into building the dynamic program.
TEST_P(Networks, ADynamicProgramGivesWhatStaticOnesAndTheReferenceGive) {
    const std::vector<std::byte> onnx = given_to_backends(network().network);
    const graph::Graph graph = graph::lower(network().network);
    Program dynamic(backend(), onnx, range_of(network()));
    Context context = dynamic.context();
    for (const vsmlrt_extent &extent : network().extents) {
        SCOPED_TRACE(text(extent.width, "x", extent.height));
        const std::vector<Values> given = context.run_seeded(extent, 9);
        EXPECT_LE(difference(given, interpreted(graph, extent, seeded(9))), network().tolerance);
        Program fixed(backend(), onnx, {extent, extent});
        EXPECT_LE(difference(given, fixed.context().run_seeded(extent, 9)), network().tolerance);
    }
}

} // namespace
} // namespace vsmlrt::test
