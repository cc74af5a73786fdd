// What a backend computes of every attribute of every operator, against the interpreter.
#include "conformance/rules.h"
#include "conformance/suite.h"
#include "graph/lower.h"

#include <algorithm>

namespace vsmlrt::test {
namespace {

bool is_skipped(const Case &entry, const std::string &backend) {
    return std::any_of(entry.skipped.begin(), entry.skipped.end(),
                       [&](const auto &skipped) { return skipped.first == backend; });
}

void expect_exact(const vsmlrt_backend &backend, const Case &entry, const ProgramOptions &options,
                  const std::vector<vsmlrt_extent> &extents) {
    const graph::Graph graph = graph::lower(entry.network);
    Program program(backend, given_to_backends(entry.network), options);
    Context context = program.context();
    for (const vsmlrt_extent &extent : extents)
        EXPECT_LE(difference(context.run_seeded(extent, 9), interpreted(graph, extent, seeded(9))),
                  entry.tolerance)
            << extent.width << "x" << extent.height;
}

TEST_P(Rules, AreComputedAsTheyAreStated) {
    for (const Case &entry : rules_by_operator().at(op())) {
        if (is_skipped(entry, name()))
            continue;
        SCOPED_TRACE(entry.name);
        const vsmlrt_extent first = entry.extents.front();
        try {
            expect_exact(backend(), entry, range_of(entry), entry.extents);
            expect_exact(backend(), entry, {first, first}, {first});
        } catch (const Error &failure) {
            ADD_FAILURE() << failure.what();
        }
    }
}

} // namespace
} // namespace vsmlrt::test
