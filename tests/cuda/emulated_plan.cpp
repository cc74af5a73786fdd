#include "cuda/emulated_plan.h"

#include "backends/cuda/device.h"
#include "backends/cuda/kernel_cache.h"
#include "backends/cuda/launches.h"
#include "backends/cuda/network.h"
#include "model/edit.h"
#include "networks/families.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace vsmlrt::cuda {

EmulatedPlan::EmulatedPlan(const model::Network &network, vsmlrt_extent extent, vsmlrt_precision precision,
                           const DeviceFacts &facts)
    : device_(std::make_shared<const nvidia::DeviceContext>(0)), weights_(device_) {
    const std::vector<std::byte> onnx =
        model::write_onnx(precision == VSMLRT_PRECISION_FP16 ? model::to_half(network) : network);
    vsmlrt_program_desc desc = {};
    desc.network = onnx.data();
    desc.network_size = onnx.size();
    desc.precision = precision;
    const graph::Graph graph = read_network(desc);
    const graph::Shape shape{1, test::channels_of(network), extent.height, extent.width};
    plan_ = make_plan(graph, graph::infer(graph, std::span(&shape, 1)), weights_, device_, facts, {});
}

std::vector<float> EmulatedPlan::computed(std::span<const float> input,
                                          const std::function<void(Step &)> &prepare) const {
    Plan plan = plan_;
    for (Step &step : plan.steps)
        prepare(step);
    follow_leaders(plan);
    const nvidia::DeviceMemory memory(device_, static_cast<std::size_t>(plan.arena_bytes), "the arena");
    KernelCache kernels(device_, list_devices().front(), KeptFolder({}));
    Launches launches(plan, memory.address(), device_, kernels);
    std::copy(input.begin(), input.end(), std::bit_cast<float *>(launches.address(plan.inputs[0])));
    const nvidia::Stream stream = nvidia::make_stream(device_);
    launches.enqueue(stream.get(), false);
    const auto *result = std::bit_cast<const float *>(launches.address(plan.outputs[0]));
    return {result, result + graph::count(plan.outputs[0].dims)};
}

double relative_error(std::span<const float> given, std::span<const float> wanted) {
    double error = 0;
    double size = 0;
    for (std::size_t i = 0; i < given.size(); ++i) {
        error += std::pow(static_cast<double>(given[i]) - static_cast<double>(wanted[i]), 2);
        size += std::pow(static_cast<double>(wanted[i]), 2);
    }
    return std::sqrt(error / size);
}

} // namespace vsmlrt::cuda
