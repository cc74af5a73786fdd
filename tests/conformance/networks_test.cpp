// What a backend computes: every network of the suite, at several sizes.
#include "conformance/joined.h"
#include "conformance/precision.h"
#include "conformance/suite.h"

namespace vsmlrt::test {
namespace {

TEST_P(Networks, ADynamicProgramGivesWhatTheReferenceGives) {
    Program dynamic(backend(), given_to_backends(network().network), range_of(network().extents));
    Context context = dynamic.context();
    for (const vsmlrt_extent &extent : network().extents) {
        SCOPED_TRACE(text(extent.width, "x", extent.height));
        expect_exact(network(), extent, context.run_seeded(extent, 9));
    }
}

TEST_P(StaticNetworks, GiveWhatTheReferenceGives) {
    for (const Joined &network : joined(part()))
        for (const vsmlrt_extent &extent : network.cases.front()->extents)
            run_joined(backend(), network, {extent, extent}, std::span(&extent, 1), seeded(9), expect_exact);
}

} // namespace
} // namespace vsmlrt::test
