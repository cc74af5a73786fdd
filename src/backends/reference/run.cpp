#include "backends/reference/program.h"
#include "base/error.h"
#include "graph/storage.h"

#include <chrono>
#include <thread>

namespace vsmlrt::reference {
namespace {

void spoil(const vsmlrt_tensor &tensor) {
    if (tensor.type == VSMLRT_FLOAT16)
        *static_cast<graph::Half *>(tensor.data) = graph::store<graph::Half>(std::nan(""));
    else
        *static_cast<float *>(tensor.data) = std::nanf("");
}

} // namespace

void Context::run() {
    if (!interpreter_)
        throw InternalError("reference: run before bind");
    const Faults &faults = program_.faults();
    const std::int64_t number = program_.count_run();
    if (faults.delay_ms != 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(faults.delay_ms));
    if (number == faults.run)
        throw DeviceError("reference: run ", number, " fails, as option fault.run asks");
    std::vector<const std::byte *> inputs;
    for (const HostTensor &tensor : inputs_)
        inputs.push_back(static_cast<const std::byte *>(tensor.data()));
    std::vector<std::byte *> outputs;
    for (const HostTensor &tensor : outputs_)
        outputs.push_back(static_cast<std::byte *>(tensor.data()));
    interpreter_->run(inputs, outputs);
    if (number == faults.nan)
        for (const HostTensor &tensor : outputs_)
            spoil(tensor.view());
}

void Context::bind_frames(const vsmlrt_frame_plan &plan) {
    if (!interpreter_ || !same_extent(plan.tile, extent_))
        allocate(plan.tile);
    frames_.emplace(plan, outputs_.front().view().dims[1]);
}

bool Context::run_frames(const vsmlrt_frame *inputs, const vsmlrt_frame &output) {
    if (!frames_)
        throw InternalError("reference: run_frames before bind_frames");
    std::vector<vsmlrt_tensor> tensors;
    for (const HostTensor &tensor : inputs_)
        tensors.push_back(tensor.view());
    return frames_->run(inputs, output, tensors, outputs_.front().view(), [this] { run(); });
}

} // namespace vsmlrt::reference
