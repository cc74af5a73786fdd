// The module's door: every function of the table in terms of Device, Program and Context.
#include "backends/openvino/context.h"
#include "base/door.h"

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
        if (ovino::core().get_available_devices().empty())
            throw vsmlrt::Unsupported("OpenVINO lists no device on this machine");
    });
}

const char *version() {
    static const auto *const text =
        new std::string(std::string("OpenVINO ") + ov::get_openvino_version().buildNumber);
    return text->c_str();
}

vsmlrt_code list_devices(void *user, void (*visit)(void *, const vsmlrt_device_info *), vsmlrt_sink error) {
    return guarded(error, [&] {
        for (const ovino::Device &device : ovino::list_devices()) {
            const vsmlrt_device_info info = {device.id.c_str(),
                                             device.name.c_str(),
                                             device.memory_bytes,
                                             device.native_fp16,
                                             device.native_bf16,
                                             device.plan_basis.c_str(),
                                             1,
                                             0};
            visit(user, &info);
        }
    });
}

void list_absent(void *, void (*)(void *, const char *, const char *)) {}

vsmlrt_code open_device(const char *id, vsmlrt_device **device, vsmlrt_sink error) {
    return guarded(error, [&] { *device = new vsmlrt_device{ovino::find_device(id)}; });
}

vsmlrt_code build_program(vsmlrt_device *device, const vsmlrt_program_desc *desc, vsmlrt_program **program,
                          vsmlrt_sink error) {
    return guarded(error, [&] { *program = new vsmlrt_program(*device, *desc); });
}

void describe_program(const vsmlrt_program *program, vsmlrt_program_info *info) {
    *info = program->info();
}

vsmlrt_code export_program(const vsmlrt_program *program, vsmlrt_sink blob, vsmlrt_sink error) {
    return guarded(error, [&] { vsmlrt::write_text(blob, program->blob()); });
}

constexpr vsmlrt_backend table = {VSMLRT_INTERFACE_VERSION,
                                  "openvino",
                                  vsmlrt::send_log,
                                  probe,
                                  version,
                                  list_devices,
                                  list_absent,
                                  open_device,
                                  vsmlrt::destroy,
                                  build_program,
                                  vsmlrt::destroy,
                                  describe_program,
                                  export_program,
                                  vsmlrt::make_context,
                                  vsmlrt::destroy,
                                  vsmlrt::bind_context,
                                  vsmlrt::run_context,
                                  10};

} // namespace

const vsmlrt_backend *vsmlrt_backend_entry(std::uint32_t interface_version) {
    return interface_version == VSMLRT_INTERFACE_VERSION ? &table : nullptr;
}
