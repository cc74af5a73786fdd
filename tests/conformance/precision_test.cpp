// What a backend computes in bf16 and fp16, where its device has them: by the rule of precision.h.
#include "conformance/rules.h"
#include "conformance/suite.h"

#include "engine/backend.h"
#include "graph/lower.h"

#include <algorithm>

namespace vsmlrt::test {
namespace {

ProgramOptions options_of(const Case &network, vsmlrt_precision precision) {
    ProgramOptions options = range_of(network);
    options.precision = precision;
    return options;
}

bool is_skipped(const Case &network, const std::string &backend) {
    return std::any_of(network.skipped.begin(), network.skipped.end(),
                       [&](const auto &skipped) { return skipped.first == backend; });
}

std::vector<Values> computed(Context &context, vsmlrt_extent extent, const Fill &fill) {
    return context.run(extent,
                       [&](std::size_t i, const vsmlrt_tensor &tensor) { return fill(i, count(tensor)); });
}

void expect_within_rounding(const vsmlrt_backend &backend, const Case &network, vsmlrt_precision precision) {
    const graph::Graph graph = graph::lower(network.network);
    Program program(backend, given_to_backends(network.network, precision), options_of(network, precision));
    Context context = program.context();
    for (const vsmlrt_extent &extent : network.extents) {
        const Fill fill = seeded_coarse(11);
        const Expected expected = expected_of(graph, extent, fill, precision, network.tolerance);
        EXPECT_LE(difference(computed(context, extent, fill), expected.values), expected.tolerance)
            << extent.width << "x" << extent.height << ", spread " << expected.spread;
    }
}

TEST_P(OperatorsAtPrecision, StayWithinItsRounding) {
    for (const Case &network : part()) {
        if (is_skipped(network, name()))
            continue;
        SCOPED_TRACE(network.name);
        expect_within_rounding(backend(), network, precision());
    }
}

// On coarse values positions lie halfway between two pixels, in fp32 too, and where they were reflected the
// one that is taken may be the other one: by ONNX Runtime, and by OpenVINO's fp16 on processors that have it.
bool is_a_tie(const Case &entry, const std::string &backend) {
    return (backend == "onnxruntime" || backend == "openvino") &&
           entry.name.starts_with("rule_GridSample_nearest_reflection");
}

TEST_P(RulesAtPrecision, StayWithinItsRounding) {
    for (const std::string &op : part())
        for (const Case &entry : rules_by_operator().at(op)) {
            if (is_skipped(entry, name()) || is_a_tie(entry, name()))
                continue;
            SCOPED_TRACE(entry.name);
            try {
                expect_within_rounding(backend(), entry, precision());
            } catch (const Error &failure) {
                ADD_FAILURE() << failure.what();
            }
        }
}

// What is reported is what is computed: not less than that, and not more.
TEST_P(WholeNetworksAtPrecision, AreComputedInItAndStayWithinItsRounding) {
    const graph::Graph graph = graph::lower(network().network);
    Program program(backend(), given_to_backends(network().network, precision()),
                    options_of(network(), precision()));
    EXPECT_EQ(std::string(engine::precision_name(program.info().precision)),
              engine::precision_name(precision()));
    Context context = program.context();
    for (const vsmlrt_extent &extent : network().extents) {
        const Expected expected = expected_of(graph, extent, seeded(13), precision(), network().tolerance);
        const double apart = difference(computed(context, extent, seeded(13)), expected.values);
        EXPECT_LE(apart, expected.tolerance)
            << extent.width << "x" << extent.height << ", spread " << expected.spread;
        EXPECT_GE(apart, expected.least) << extent.width << "x" << extent.height;
    }
}

} // namespace
} // namespace vsmlrt::test
