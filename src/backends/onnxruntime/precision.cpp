#include "backends/onnxruntime/precision.h"

#include "backends/onnxruntime/precision_probe.h"
#include "backends/onnxruntime/session.h"
#include "base/error.h"
#include "base/log.h"
#include "model/edit.h"
#include "model/onnx.h"

#include <map>
#include <mutex>

namespace vsmlrt::ort {
namespace {

Tensor tensor_of(const OrtMemoryInfo *memory, std::vector<float> &values) {
    return make<Tensor>(CreateTensorWithDataAsOrtValue, memory, static_cast<void *>(values.data()),
                        values.size() * sizeof(float), std::data(picture_dims), std::size(picture_dims),
                        element_float);
}

vsmlrt_precision run_probe(OrtSession *session) {
    const auto host = make<MemoryInfo>(CreateCpuMemoryInfo, allocator_device, memory_default);
    const auto binding = make<Binding>(CreateIoBinding, session);
    std::vector<float> picture = probe_picture();
    std::vector<float> convolved(picture.size());
    std::vector<float> multiplied(picture.size());
    const Tensor in = tensor_of(host.get(), picture);
    const Tensor out[] = {tensor_of(host.get(), convolved), tensor_of(host.get(), multiplied)};
    must(BindInput, binding.get(), "picture", in.get());
    must(BindOutput, binding.get(), "convolved", out[0].get());
    must(BindOutput, binding.get(), "multiplied", out[1].get());
    must(SynchronizeBoundInputs, binding.get());
    must(RunWithBinding, session, nullptr, binding.get());
    must(SynchronizeBoundOutputs, binding.get());
    return judge_probe(convolved, multiplied);
}

// As a program of the network is made, of one size and for one stream.
vsmlrt_precision measure(const Device &device, vsmlrt_program_desc desc, bool half) {
    const model::Network network = probe_network();
    const std::vector<std::byte> bytes = model::write_onnx(half ? model::to_half(network) : network);
    desc.network = bytes.data();
    desc.network_size = bytes.size();
    desc.min_extent = desc.opt_extent = desc.max_extent = {static_cast<std::int32_t>(picture_dims[3]),
                                                           static_cast<std::int32_t>(picture_dims[2])};
    desc.num_streams = 1;
    desc.num_threads = 1;
    desc.blob = nullptr;
    desc.network_read = nullptr;
    desc.kept_folder = nullptr;
    desc.shared_folder = nullptr;
    const Session session = SessionSettings(device, desc, NetworkFacts(desc)).open(bytes);
    const vsmlrt_precision found = run_probe(session.get());
    // Between operators that a device has in fp32 alone what is float16 can keep more bits.
    return half && found != VSMLRT_PRECISION_BF16 ? VSMLRT_PRECISION_FP16 : found;
}

vsmlrt_precision measured_or_stated(const Device &device, const vsmlrt_program_desc &desc, bool half) {
    try {
        return measure(device, desc, half);
    } catch (const Error &failure) {
        log(LogLevel::information,
            text("the precision that ", device.id,
                 " computes in could not be measured, and is taken to be as asked: ", failure.what()));
    }
    if (half)
        return VSMLRT_PRECISION_FP16;
    return desc.precision == VSMLRT_PRECISION_BF16 ? VSMLRT_PRECISION_BF16 : VSMLRT_PRECISION_FP32;
}

} // namespace

vsmlrt_precision measured_precision(const Device &device, const vsmlrt_program_desc &desc, bool half) {
    std::string key = text(device.id, " ", desc.precision, " ", half);
    for (const vsmlrt_option &option : std::span(desc.options, desc.num_options))
        key += text("\n", option.key, "=", option.value);
    static std::mutex mutex; // held while one is measured: who wants the same waits for it
    static auto *const known = new std::map<std::string, vsmlrt_precision>;
    const std::lock_guard lock(mutex);
    const auto found = known->find(key);
    if (found != known->end())
        return found->second;
    return known->emplace(key, measured_or_stated(device, desc, half)).first->second;
}

} // namespace vsmlrt::ort
