// The module's door. The reference backend computes networks exactly, on one thread a context, and slowly: it
// is the oracle of the conformance suite and, with the faults of options.h, the device that fails on demand.
// It has one device, "CPU"; whatever precision is asked for, it computes in fp32 (float16 tensors of a
// network are rounded to float16 after each operator).
#include "backends/reference/program.h"
#include "module/door.h"

#include <string>

namespace reference = vsmlrt::reference;
using vsmlrt::guarded;

struct vsmlrt_device {};
struct vsmlrt_program : reference::Program {
    using reference::Program::Program;
};
struct vsmlrt_context : reference::Context {
    using reference::Context::Context;
};

namespace {

constexpr const char *device_id = "CPU";

vsmlrt_code probe(vsmlrt_sink) {
    return VSMLRT_OK;
}

const char *version() {
    return "reference 1";
}

vsmlrt_code list_devices(void *user, void (*visit)(void *, const vsmlrt_device_info *), vsmlrt_sink) {
    const vsmlrt_device_info info = {.id = device_id,
                                     .name = "reference interpreter",
                                     .kind = VSMLRT_DEVICE_CPU,
                                     .group = device_id,
                                     .number = 0,
                                     .memory_bytes = 0,
                                     .native_fp16 = 0,
                                     .native_bf16 = 0,
                                     .plan_basis = nullptr,
                                     .plans_follow_streams = 0,
                                     .best_streams = 1,
                                     .keeps_files = 0,
                                     .shares_files = 0};
    visit(user, &info);
    return VSMLRT_OK;
}

vsmlrt_code open_device(const char *id, vsmlrt_device **device, vsmlrt_sink error) {
    return guarded(error, [&] {
        if (std::string_view(id) != device_id)
            throw vsmlrt::BadArgument("reference: there is no device \"", id, "\"; the only one is \"",
                                      device_id, "\"");
        *device = new vsmlrt_device;
    });
}

vsmlrt_code build_program(vsmlrt_device *, const vsmlrt_program_desc *desc, vsmlrt_program **program,
                          vsmlrt_sink error) {
    return guarded(error, [&] { *program = new vsmlrt_program(*desc); });
}

vsmlrt_code export_program(const vsmlrt_program *, vsmlrt_sink, vsmlrt_sink error) {
    vsmlrt::write_text(error, "reference: there is nothing to export, building takes no time");
    return VSMLRT_UNSUPPORTED;
}

// An oracle is asked for by name; nobody wants it chosen.
constexpr std::int32_t rank = -1;

std::int32_t accepts_frames(vsmlrt_device *, const vsmlrt_frame_input *inputs, std::int32_t num_inputs,
                            std::int32_t output_channels, const vsmlrt_frame_format *output) {
    const std::span all(inputs, static_cast<std::size_t>(num_inputs));
    return reference::accepts_frames(all, output_channels, *output) ? 1 : 0;
}

constexpr vsmlrt_backend table = {.interface_version = VSMLRT_INTERFACE_VERSION,
                                  .name = "reference",
                                  .set_log = vsmlrt::send_log,
                                  .probe = probe,
                                  .version = version,
                                  .list_devices = list_devices,
                                  .list_absent = vsmlrt::list_nothing_absent,
                                  .open_device = open_device,
                                  .close_device = vsmlrt::destroy,
                                  .build_program = build_program,
                                  .free_program = vsmlrt::destroy,
                                  .describe_program = vsmlrt::describe_program,
                                  .export_program = export_program,
                                  .make_context = vsmlrt::make_context,
                                  .free_context = vsmlrt::destroy,
                                  .bind = vsmlrt::bind_context,
                                  .run = vsmlrt::run_context,
                                  .rank = rank,
                                  .accepts_frames = accepts_frames,
                                  .bind_frames = vsmlrt::bind_context_frames,
                                  .run_frames = vsmlrt::run_context_frames,
                                  .shapes = vsmlrt::program_shapes,
                                  .memory = nullptr,
                                  .time_layers = nullptr,
                                  .describe_size = nullptr};

} // namespace

const vsmlrt_backend *vsmlrt_backend_entry(std::uint32_t interface_version) {
    return interface_version == VSMLRT_INTERFACE_VERSION ? &table : nullptr;
}
