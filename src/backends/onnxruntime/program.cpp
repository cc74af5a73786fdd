// Output shapes come from the IR where it has a form for the network; else the
// network is run once on zeros, because ONNX Runtime tells them in no other way.
#include "backends/onnxruntime/program.h"

#include "backends/onnxruntime/environment.h"
#include "backends/onnxruntime/precision.h"
#include "base/error.h"
#include "base/log.h"
#include "module/tensor.h"

#include <algorithm>

namespace vsmlrt::ort {
namespace {

bool fixed(const std::vector<Port> &ports) {
    return std::all_of(ports.begin(), ports.end(), [](const Port &port) {
        return std::none_of(port.dims.begin(), port.dims.end(), [](std::int64_t dim) { return dim < 0; });
    });
}

} // namespace

Program::Program(const Device &device, const vsmlrt_program_desc &desc)
    : streams(desc.num_streams), device_(device), facts_(desc) {
    const SessionSettings settings(device, desc, facts_);
    open_sessions(desc, settings);
    inputs_ = inputs_of(sessions_.front().session.get());
    outputs_ = outputs_of(sessions_.front().session.get());
    describe(desc);
    if (fixed(inputs_) && fixed(outputs_))
        facts_.forget();
}

void Program::open_sessions(const vsmlrt_program_desc &desc, const SessionSettings &settings) {
    std::span<const std::byte> network(static_cast<const std::byte *>(desc.network), desc.network_size);
    if (desc.blob) {
        network = {static_cast<const std::byte *>(desc.blob), desc.blob_size};
    } else if (device_.provider.context_models) {
        blob_ = settings.compile(network);
        if (!blob_.empty())
            network = blob_;
    }
    const int count = device_.provider.session_per_stream ? desc.num_streams : 1;
    for (int i = 0; i < count; ++i) {
        Session session = settings.open(network);
        Memory host = Memory::host(device_, session.get());
        sessions_.push_back({std::move(session), std::move(host), Memory::on_device(device_)});
    }
}

void Program::describe(const vsmlrt_program_desc &desc) {
    info_.precision = measured_precision(device_, desc, facts_.half());
    info_.num_inputs = static_cast<std::int32_t>(inputs_.size());
    info_.num_outputs = static_cast<std::int32_t>(outputs_.size());
    info_.program_bytes = 0; // ONNX Runtime does not tell
    info_.context_bytes = facts_.context_bytes(desc.max_extent);
    info_.spare_contexts = 1;
    info_.spare_context_bytes = 0; // not told either
    info_.blob_worth_caching = blob_.empty() ? 0 : 1;
}

std::span<const std::byte> Program::blob() const {
    if (blob_.empty())
        throw Unsupported("the provider ", device_.provider.id, " has no programs to store");
    return blob_;
}

const Program::OpenSession &Program::next_session() {
    const std::lock_guard lock(mutex_);
    return sessions_[next_session_++ % sessions_.size()];
}

// Runs the network once on zeros, with outputs of whatever size they turn out to be.
IoShapes Program::measure(vsmlrt_extent extent) const {
    OrtSession *const session = sessions_.front().session.get();
    const auto host = make<MemoryInfo>(CreateCpuMemoryInfo, allocator_device, memory_default);
    const auto binding = make<Binding>(CreateIoBinding, session);
    IoShapes shapes;
    std::vector<std::vector<std::byte>> zeros;
    std::vector<Tensor> tensors;
    for (const Port &port : inputs_) {
        const Dims &dims = shapes.inputs.emplace_back(sized(port.dims, extent));
        auto &bytes = zeros.emplace_back(tensor_bytes(port.type, dims));
        tensors.push_back(make<Tensor>(CreateTensorWithDataAsOrtValue, host.get(), bytes.data(), bytes.size(),
                                       dims.data(), dims.size(), element_of(port.type)));
        must(BindInput, binding.get(), port.name.c_str(), tensors.back().get());
    }
    for (const Port &port : outputs_)
        must(BindOutputToDevice, binding.get(), port.name.c_str(), host.get());
    if (const auto failure = attempt(RunWithBinding, session, nullptr, binding.get()))
        throw BadModel("the network does not accept ", extent.width, "x", extent.height, ": ",
                       failure->message);
    OrtValue **values = nullptr;
    std::size_t count = 0;
    must(GetBoundOutputValues, binding.get(), default_allocator(), &values, &count);
    const std::vector<OrtValue *> list(values, values + count);
    must(AllocatorFree, default_allocator(), static_cast<void *>(values));
    std::vector<Tensor> results(list.begin(), list.end());
    for (const Tensor &result : results)
        shapes.outputs.push_back(dims_of(make<TensorInfo>(GetTensorTypeAndShape, result.get()).get()));
    return shapes;
}

IoShapes Program::find_shapes(vsmlrt_extent extent) const {
    if (fixed(inputs_) && fixed(outputs_)) {
        IoShapes shapes;
        for (const Port &port : inputs_)
            shapes.inputs.push_back(port.dims);
        for (const Port &port : outputs_)
            shapes.outputs.push_back(port.dims);
        return shapes;
    }
    if (auto inferred = facts_.shapes(extent))
        return *std::move(inferred);
    return measure(extent);
}

IoShapes Program::shapes(vsmlrt_extent extent) {
    return known_shapes_.at(extent, [&] { return find_shapes(extent); });
}

} // namespace vsmlrt::ort
