// The module's door: every function of the table in terms of Device, Program and Context.
#include "backends/cuda/context.h"
#include "backends/cuda/device.h"
#include "backends/cuda/kernel_text.h"
#include "module/door.h"
#include "nvidia/handles.h"

namespace cuda = vsmlrt::cuda;
using vsmlrt::guarded;

struct vsmlrt_device : cuda::Device {
    explicit vsmlrt_device(cuda::Device device) : cuda::Device(std::move(device)), early(number) {}
    vsmlrt::nvidia::EarlyContext early;
};
struct vsmlrt_program : cuda::Program {
    using cuda::Program::Program;
};
struct vsmlrt_context : cuda::Context {
    using cuda::Context::Context;
};

namespace {

vsmlrt_code probe(vsmlrt_sink error) {
    return guarded(error, [] { cuda::probe(); });
}

const char *version() {
    static const auto *const text = new std::string("cuda " + cuda::kernels_version());
    return text->c_str();
}

vsmlrt_device_info describe(const cuda::Device &device) {
    return {.id = device.id.c_str(),
            .name = device.name.c_str(),
            .kind = VSMLRT_DEVICE_GPU,
            .group = "CUDA",
            .number = device.number,
            .memory_bytes = device.memory_bytes,
            .native_fp16 = 1,
            .native_bf16 = 1,
            .plan_basis = device.plan_basis.c_str(),
            .plans_follow_streams = 0,
            .best_streams = 1,
            .keeps_files = 0,
            .shares_files = 1};
}

vsmlrt_code open_device(const char *id, vsmlrt_device **device, vsmlrt_sink error) {
    return guarded(error, [&] { *device = new vsmlrt_device(cuda::find_device(id)); });
}

std::int32_t accepts_frames(vsmlrt_device *, const vsmlrt_frame_input *inputs, std::int32_t num_inputs,
                            std::int32_t output_channels, const vsmlrt_frame_format *output) {
    const std::span all(inputs, static_cast<std::size_t>(num_inputs));
    return cuda::accepts_frames(all, output_channels, *output) ? 1 : 0;
}

vsmlrt_code memory(vsmlrt_device *device, std::int64_t *free_bytes, std::int64_t *total_bytes,
                   vsmlrt_sink error) {
    return guarded(error, [&] {
        const vsmlrt::nvidia::DeviceContext context(device->number);
        context.use();
        const vsmlrt::nvidia::MemoryState state = vsmlrt::nvidia::memory_state();
        *free_bytes = static_cast<std::int64_t>(state.free);
        *total_bytes = static_cast<std::int64_t>(state.total);
    });
}

// Above all others: where it can run there is a GPU that it is made for.
constexpr std::int32_t rank = 20;

constexpr vsmlrt_backend table = {.interface_version = VSMLRT_INTERFACE_VERSION,
                                  .name = "cuda",
                                  .set_log = vsmlrt::send_log,
                                  .probe = probe,
                                  .version = version,
                                  .list_devices = vsmlrt::list_devices<cuda::list_devices, describe>,
                                  .list_absent = vsmlrt::list_absent<cuda::list_absent>,
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
                                  .accepts_frames = accepts_frames,
                                  .bind_frames = vsmlrt::bind_context_frames,
                                  .run_frames = vsmlrt::run_context_frames,
                                  .shapes = vsmlrt::program_shapes,
                                  .memory = memory,
                                  .time_layers = vsmlrt::time_context_layers,
                                  .describe_size = vsmlrt::describe_program_size};

} // namespace

const vsmlrt_backend *vsmlrt_backend_entry(std::uint32_t interface_version) {
    return interface_version == VSMLRT_INTERFACE_VERSION ? &table : nullptr;
}
