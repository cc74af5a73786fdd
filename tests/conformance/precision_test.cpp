// What a backend computes in bf16 and fp16, where its device has them: by the rule of precision.h.
#include "conformance/joined.h"
#include "conformance/rules.h"
#include "conformance/suite.h"

#include "engine/backend.h"
#include "graph/lower.h"

#include <vector>

namespace vsmlrt::test {
namespace {

ProgramOptions options_of(const std::vector<vsmlrt_extent> &extents, vsmlrt_precision precision) {
    ProgramOptions options = range_of(extents);
    options.precision = precision;
    return options;
}

void expect_within_rounding(const vsmlrt_backend &backend, const std::vector<const Case *> &cases,
                            vsmlrt_precision precision) {
    const Fill fill = seeded_coarse(11);
    for (const Joined &network : joined(cases)) {
        const std::vector<vsmlrt_extent> &extents = network.cases.front()->extents;
        run_joined(backend, network, options_of(extents, precision), extents, fill,
                   [&](const Case &entry, vsmlrt_extent extent, const std::vector<Values> &results) {
                       const Expected expected =
                           expected_of(graph::lower(entry.network), extent, fill, precision, entry.tolerance);
                       EXPECT_LE(difference(results, expected.values), expected.tolerance)
                           << "spread " << expected.spread;
                   });
    }
}

TEST_P(OperatorsAtPrecision, StayWithinItsRounding) {
    expect_within_rounding(backend(), part(), precision());
}

// On coarse values positions lie halfway between two pixels, in fp32 too, and where they were reflected the
// one that is taken may be the other one: by ONNX Runtime, and by OpenVINO's fp16 on processors that have it.
bool is_a_tie(const Case &entry, const std::string &backend) {
    return (backend == "onnxruntime" || backend == "openvino") &&
           entry.name.starts_with("rule_GridSample_nearest_reflection");
}

TEST_P(RulesAtPrecision, StayWithinItsRounding) {
    for (const std::string &op : part()) {
        std::vector<const Case *> cases = able(rules_by_operator().at(op), name());
        std::erase_if(cases, [](const Case *entry) { return is_a_tie(*entry, name()); });
        expect_within_rounding(backend(), cases, precision());
    }
}

// What is reported is what is computed: not less than that, and not more.
TEST_P(WholeNetworksAtPrecision, AreComputedInItAndStayWithinItsRounding) {
    const graph::Graph graph = graph::lower(network().network);
    Program program(backend(), given_to_backends(network().network, precision()),
                    options_of(network().extents, precision()));
    EXPECT_EQ(std::string(engine::precision_name(program.info().precision)),
              engine::precision_name(precision()));
    Context context = program.context();
    for (const vsmlrt_extent &extent : network().extents) {
        const Expected expected = expected_of(graph, extent, seeded(13), precision(), network().tolerance);
        const double apart = difference(context.run_seeded(extent, 13), expected.values);
        EXPECT_LE(apart, expected.tolerance)
            << extent.width << "x" << extent.height << ", spread " << expected.spread;
        EXPECT_GE(apart, expected.least) << extent.width << "x" << extent.height;
    }
}

} // namespace
} // namespace vsmlrt::test
