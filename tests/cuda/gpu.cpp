#include "cuda/gpu.h"

#include "backends/cuda/network.h"
#include "backends/cuda/planner.h"
#include "backends/cuda/tuning.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vsmlrt::test {

std::vector<float> gpu_picture(std::int64_t channels, vsmlrt_extent extent, bool natural,
                               std::uint64_t seed) {
    Random random(seed);
    std::vector<float> values(static_cast<std::size_t>(channels * extent.width * extent.height));
    std::size_t at = 0;
    for (std::int64_t channel = 0; channel < channels; ++channel)
        for (int y = 0; y < extent.height; ++y)
            for (int x = 0; x < extent.width; ++x, ++at) {
                const float noise = 0.5F + 0.5F * random.next();
                const float wave = std::sin(0.11F * static_cast<float>(x) + static_cast<float>(channel)) *
                                   std::cos(0.07F * static_cast<float>(y));
                const float smooth = (2 * x > extent.width + y ? 0.65F : 0.35F) + 0.25F * wave;
                values[at] = natural ? smooth + 0.05F * noise : noise;
            }
    return values;
}

std::vector<float> gpu_run(cuda::Context &context, vsmlrt_extent extent, const std::vector<float> &input) {
    vsmlrt_tensor in = {};
    vsmlrt_tensor out = {};
    context.bind(extent, &in, &out);
    const auto count = static_cast<std::size_t>(out.dims[0] * out.dims[1] * out.dims[2] * out.dims[3]);
    auto *const result = static_cast<float *>(out.data);
    std::fill_n(result, count, std::numeric_limits<float>::quiet_NaN());
    std::copy(input.begin(), input.end(), static_cast<float *>(in.data));
    context.run();
    return {result, result + count};
}

std::vector<float> expected_result(const model::Network &network, std::int64_t channels, vsmlrt_extent extent,
                                   const std::vector<float> &input) {
    const graph::Graph graph = graph::lower(network);
    const graph::Shape shape{1, channels, extent.height, extent.width};
    interpreter::Interpreter interpreter(graph, std::span(&shape, 1));
    std::vector<float> values(static_cast<std::size_t>(graph::count(interpreter.output(0).dims)));
    const auto *in = reinterpret_cast<const std::byte *>(input.data());
    auto *out = reinterpret_cast<std::byte *>(values.data());
    interpreter.run(std::span(&in, 1), std::span(&out, 1));
    return values;
}

std::vector<std::byte> blob_of_kernel(const cuda::Device &device, const vsmlrt_program_desc &desc,
                                      std::string_view kernel) {
    const graph::Graph graph = cuda::read_network(desc);
    std::vector<graph::Shape> shapes;
    for (const graph::Input &input : graph.inputs)
        shapes.push_back({1, input.dims[1].size.value_or(0), desc.opt_extent.height, desc.opt_extent.width});
    const auto context = std::make_shared<const nvidia::DeviceContext>(device.number);
    cuda::Constants weights(context);
    cuda::Plan plan = make_plan(graph, graph::infer(graph, shapes), weights, context, device.facts, {});
    cuda::add_size(plan, desc.opt_extent);
    cuda::Choices choices;
    for (const cuda::Step &step : plan.steps)
        for (const cuda::Alternative &each : step.alternatives)
            if (each.name.starts_with(kernel))
                choices.emplace(step.key, each.name);
    return cuda::encode_blob(device.architecture, {choices, {}});
}

double error_of(const std::vector<float> &given, const std::vector<float> &expected) {
    double apart = 0;
    double size = 0;
    for (std::size_t i = 0; i < std::min(given.size(), expected.size()); ++i) {
        const double error = static_cast<double>(given[i]) - static_cast<double>(expected[i]);
        apart += error * error;
        size += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
    }
    const double relative = std::sqrt(apart / size);
    return given.size() == expected.size() && std::isfinite(relative)
               ? relative
               : std::numeric_limits<double>::infinity();
}

} // namespace vsmlrt::test
