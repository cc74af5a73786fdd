// The expressions of RIFE's networks by NVIDIA's compiler, for every architecture: they compile, nothing
// spills.
#include "backends/cuda/network.h"
#include "backends/cuda/planner.h"
#include "base/error.h"
#include "base/set_variable.h"
#include "cuda/cubin.h"
#include "graph/lower.h"
#include "model/edit.h"
#include "networks/families.h"
#include "nvidia/compiler.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

namespace vsmlrt::cuda {
namespace {

// Plans need a driver, and no compiler.
const bool named = test::set_variable("VSMLRT_CUDA_DRIVER", VSMLRT_EMULATED);

std::set<std::string> expressions_of(const model::Network &network) {
    const graph::Graph graph = graph::lower(network);
    const graph::Shape shape{1, network.inputs[0].dims[1].size.value_or(0), 128, 192};
    const auto device = std::make_shared<const nvidia::DeviceContext>(0);
    Constants weights(device);
    const Plan plan =
        make_plan(graph, graph::infer(graph, std::span(&shape, 1)), weights, device, DeviceFacts{}, {});
    std::set<std::string> sources;
    for (const Step &step : plan.steps)
        if (step.key.work.starts_with("expression"))
            sources.insert(step.alternatives.front().source);
    return sources;
}

class ExpressionKernel : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        ASSERT_TRUE(named);
        try {
            nvidia::require_compiler();
        } catch (const Unsupported &error) {
            GTEST_SKIP() << error.what();
        }
    }
};

TEST_P(ExpressionKernel, CompilesWithoutSpills) {
    const model::Network v4_6 = test::rife_v4({.residuals = 0});
    const model::Network v4_25 = test::rife_v4(
        {.widths = {32, 32, 32, 32, 32}, .scales = {16, 8, 4, 2, 1}, .residuals = 0, .encoded = 4});
    for (const model::Network &network :
         {v4_6, model::to_half(v4_6), model::to_half(v4_25),
          model::to_half(test::rife_v4({.residuals = 0, .grids = true})),
          model::to_half(test::rife_v4({.residuals = 0, .ensemble = true}))}) {
        const std::set<std::string> sources = expressions_of(network);
        EXPECT_GE(sources.size(), 5U);
        for (const std::string &source : sources) {
            std::vector<std::byte> cubin;
            try {
                cubin = test::compiled(source, GetParam());
            } catch (const Unsupported &unknown) {
                GTEST_SKIP() << unknown.what();
            }
            // The widest, of v4.25 and of ensembles, take all registers that their blocks leave them, and a
            // few bytes more.
            const test::Cubin kernel = test::read_cubin(cubin);
            constexpr unsigned of_three_blocks = 168; // of 128 threads
            const bool bounded = source.find("#define BLOCKS_OF_MULTIPROCESSOR") != std::string::npos;
            EXPECT_LE(kernel.local_bytes, kernel.registers >= of_three_blocks || bounded ? 16U : 0U);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Architectures, ExpressionKernel, testing::ValuesIn(test::architectures()),
                         [](const auto &tested) { return tested.param; });

} // namespace
} // namespace vsmlrt::cuda
