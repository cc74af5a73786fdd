// What a backend computes of every attribute of every operator, against the interpreter.
#include "conformance/joined.h"
#include "conformance/rules.h"
#include "conformance/suite.h"
#include "graph/lower.h"

namespace vsmlrt::test {
namespace {

void expect_exact(const Case &entry, vsmlrt_extent extent, const std::vector<Values> &results) {
    EXPECT_LE(difference(results, interpreted(graph::lower(entry.network), extent, seeded(9))),
              entry.tolerance);
}

TEST_P(Rules, AreComputedAsTheyAreStated) {
    for (const Joined &network : joined(able(rules_by_operator().at(op()), name()))) {
        const std::vector<vsmlrt_extent> &extents = network.cases.front()->extents;
        run_joined(backend(), network, range_of(extents), extents, seeded(9), expect_exact);
        const vsmlrt_extent first = extents.front();
        run_joined(backend(), network, {first, first}, std::span(extents).first(1), seeded(9), expect_exact);
    }
}

} // namespace
} // namespace vsmlrt::test
