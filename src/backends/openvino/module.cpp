// The module's door: every function of the table in terms of Device, Program and Context.
#include "backends/openvino/context.h"
#include "module/door.h"

#include <openvino/core/version.hpp>

namespace ovino = vsmlrt::openvino;
using vsmlrt::guarded;

struct vsmlrt_device : ovino::Device {};
struct vsmlrt_program : ovino::Program {
    using ovino::Program::Program;
};
struct vsmlrt_context : ovino::Context {
    using ovino::Context::Context;
};

namespace {

vsmlrt_code probe(vsmlrt_sink error) {
    return guarded(error, [] {
        const std::vector<std::string> devices = ovino::core().get_available_devices();
        if (devices.empty())
            throw vsmlrt::Unsupported("OpenVINO lists no device on this machine");
        const std::string obstacle = ovino::cpu_obstacle();
        if (devices == std::vector<std::string>{"CPU"} && !obstacle.empty())
            throw vsmlrt::Unsupported(obstacle);
    });
}

const char *version() {
    static const auto *const text =
        new std::string(std::string("OpenVINO ") + ov::get_openvino_version().buildNumber);
    return text->c_str();
}

vsmlrt_device_info describe(const ovino::Device &device) {
    return {.id = device.id.c_str(),
            .name = device.name.c_str(),
            .kind = device.kind,
            .group = device.group.c_str(),
            .number = device.number,
            .memory_bytes = device.memory_bytes,
            .native_fp16 = device.native_fp16,
            .native_bf16 = device.native_bf16,
            .plan_basis = device.plan_basis.c_str(),
            .plans_follow_streams = 1,
            .best_streams = device.best_streams,
            .keeps_files = 0,
            .shares_files = 0};
}

vsmlrt_code open_device(const char *id, vsmlrt_device **device, vsmlrt_sink error) {
    return guarded(error, [&] { *device = new vsmlrt_device{ovino::find_device(id)}; });
}

// The fastest where there is nothing but a CPU.
constexpr std::int32_t rank = 10;

constexpr vsmlrt_backend table = {.interface_version = VSMLRT_INTERFACE_VERSION,
                                  .name = "openvino",
                                  .set_log = vsmlrt::send_log,
                                  .probe = probe,
                                  .version = version,
                                  .list_devices = vsmlrt::list_devices<ovino::list_devices, describe>,
                                  .list_absent = vsmlrt::list_absent<ovino::list_absent>,
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
