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

} // namespace vsmlrt::reference
