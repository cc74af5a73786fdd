// What a backend computes of every attribute of every operator, against the interpreter.
#include "conformance/joined.h"
#include "conformance/rules.h"
#include "conformance/suite.h"

namespace vsmlrt::test {
namespace {

TEST_P(Rules, AreComputedAsTheyAreStated) {
    for (const Joined &network : joined(able(rules_by_operator().at(op()), name()))) {
        const std::vector<vsmlrt_extent> &extents = network.cases.front()->extents;
        run_joined(backend(), network, range_of(extents), extents, seeded(9), expect_exact);
        if (extents.size() == 1) // for which that program was
            continue;
        const vsmlrt_extent first = extents.front();
        run_joined(backend(), network, {first, first}, std::span(extents).first(1), seeded(9), expect_exact);
    }
}

} // namespace
} // namespace vsmlrt::test
