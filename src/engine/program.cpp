#include "engine/program.h"

#include "base/log.h"
#include "model/edit.h"
#include "model/onnx.h"

namespace vsmlrt::engine {
namespace {

model::Network edited(const model::Loaded &loaded, vsmlrt_extent extent, vsmlrt_precision precision,
                      const Device &device, const ProgramOptions &options) {
    model::Network network = model::fix_shape(loaded.network, extent.width, extent.height);
    // Where fp16 is not native the backend computes in another precision, and the rewrite would only lose
    // bits.
    if (precision != VSMLRT_PRECISION_FP16 || !device.info().native_fp16)
        return network;
    model::HalfOptions half;
    if (options.keep_fp32)
        half.keep = *options.keep_fp32;
    return model::to_half(network, half);
}

} // namespace

vsmlrt_precision resolve_precision(vsmlrt_precision asked, const DeviceInfo &device) {
    if (asked != VSMLRT_PRECISION_AUTO)
        return asked;
    if (device.id.rfind("CPU", 0) == 0)
        return device.native_bf16 ? VSMLRT_PRECISION_BF16 : VSMLRT_PRECISION_FP32;
    return device.native_fp16 ? VSMLRT_PRECISION_FP16 : VSMLRT_PRECISION_FP32;
}

std::shared_ptr<const Program> build_program(const std::shared_ptr<const Device> &device,
                                             const model::Loaded &loaded, vsmlrt_extent extent,
                                             const ProgramOptions &options) {
    const vsmlrt_precision precision = resolve_precision(options.precision, device->info());
    const std::vector<std::byte> bytes =
        model::write_onnx(edited(loaded, extent, precision, *device, options));
    std::vector<vsmlrt_option> properties;
    for (const auto &[key, value] : options.properties)
        properties.push_back({key.c_str(), value.c_str()});

    vsmlrt_program_desc desc = {};
    desc.network = bytes.data();
    desc.network_size = bytes.size();
    desc.precision = precision;
    desc.min_extent = desc.opt_extent = desc.max_extent = extent;
    desc.num_streams = options.num_streams;
    desc.num_threads = options.num_threads;
    desc.options = properties.data();
    desc.num_options = properties.size();
    auto program = std::make_shared<const Program>(device, desc);
    if (program->info().precision != precision)
        log_once(LogLevel::warning,
                 text(device->info().name, " computes in ", precision_name(program->info().precision),
                      ", not in ", precision_name(precision), " as asked"));
    return program;
}

} // namespace vsmlrt::engine
