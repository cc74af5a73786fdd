// The module's door: every function of the table in terms of Device, Program and Context.
#include "backends/onnxruntime/context.h"
#include "module/door.h"

namespace ort = vsmlrt::ort;
using vsmlrt::guarded;

struct vsmlrt_device : ort::Device {};
struct vsmlrt_program : ort::Program {
    using ort::Program::Program;
};
struct vsmlrt_context : ort::Context {
    using ort::Context::Context;
};

namespace {

vsmlrt_code probe(vsmlrt_sink error) {
    return guarded(error, [] { static_cast<void>(ort::library()); });
}

const char *version() {
    static const auto *const text = new std::string("ONNX Runtime " + ort::library().version);
    return text->c_str();
}

vsmlrt_device_info describe(const ort::Device &device) {
    return {.id = device.id.c_str(),
            .name = device.name.c_str(),
            .kind = device.kind,
            .group = device.group.c_str(),
            .number = device.index,
            .memory_bytes = device.memory_bytes,
            .native_fp16 = device.provider.native_fp16,
            .native_bf16 = device.provider.native_bf16,
            .plan_basis = device.has_plans() ? device.plan_basis.c_str() : nullptr,
            .plans_follow_streams = 0,
            .best_streams = 1,
            .keeps_files = device.provider.keeps_files(),
            .shares_files = 0};
}

vsmlrt_code open_device(const char *id, vsmlrt_device **device, vsmlrt_sink error) {
    return guarded(error, [&] { *device = new vsmlrt_device{ort::find_device(id)}; });
}

// Below openvino's: where both run on the CPU alone, that one is the faster.
constexpr std::int32_t rank = 5;

constexpr vsmlrt_backend table = {.interface_version = VSMLRT_INTERFACE_VERSION,
                                  .name = "onnxruntime",
                                  .set_log = vsmlrt::send_log,
                                  .probe = probe,
                                  .version = version,
                                  .list_devices = vsmlrt::list_devices<ort::list_devices, describe>,
                                  .list_absent = vsmlrt::list_absent<ort::list_absent>,
                                  .open_device = open_device,
                                  .close_device = vsmlrt::destroy,
                                  .build_program = vsmlrt::build_program,
                                  .free_program = vsmlrt::destroy,
                                  .describe_program = vsmlrt::describe_program,
                                  .export_program = vsmlrt::export_program,
                                  .make_context = vsmlrt::make_context,
                                  .free_context = vsmlrt::destroy,
                                  .bind = vsmlrt::bind_context,
                                  .run = vsmlrt::run_context,
                                  .rank = rank,
                                  .accepts_frames = nullptr,
                                  .bind_frames = nullptr,
                                  .run_frames = nullptr,
                                  .shapes = nullptr,
                                  .memory = nullptr,
                                  .time_layers = nullptr,
                                  .describe_size = nullptr};

} // namespace

const vsmlrt_backend *vsmlrt_backend_entry(std::uint32_t interface_version) {
    return interface_version == VSMLRT_INTERFACE_VERSION ? &table : nullptr;
}
