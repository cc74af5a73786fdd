// A module's side of its door: what is thrown inside becomes a code and one sentence, and nothing else gets
// out.
#pragma once

#include "base/error.h"
#include "base/log.h"
#include "vsmlrt/backend.h"

#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace vsmlrt {

// A sink without a writer swallows the text.
inline void write_text(const vsmlrt_sink &sink, std::string_view text) noexcept {
    if (sink.write != nullptr)
        sink.write(sink.user, text.data(), text.size());
}

// Runs `body` and says how it ended. The one place of a module where exceptions are caught; every function of
// its table that can fail is `return guarded(error, [&] { ... });`.
template <typename Body>
[[nodiscard]] vsmlrt_code guarded(vsmlrt_sink error, Body &&body) noexcept {
    try {
        std::forward<Body>(body)();
        return VSMLRT_OK;
    } catch (const Error &failure) {
        write_text(error, failure.what());
        return failure.code();
    } catch (const std::bad_alloc &) {
        write_text(error, "out of memory");
        return VSMLRT_DEVICE;
    } catch (const std::exception &failure) {
        write_text(error, failure.what());
        return VSMLRT_INTERNAL;
    } catch (...) {
        write_text(error, "a failure of unknown kind");
        return VSMLRT_INTERNAL;
    }
}

// What a module does for set_log of its table.
inline void send_log(void (*write)(std::int32_t level, const char *line)) {
    set_log_sink([write](LogLevel level, const std::string &line) {
        write(static_cast<std::int32_t>(level), line.c_str());
    });
}

// Entries of the table that are the same for every module, whose own types they are made for: name them in
// the table, and the compiler takes the types from the entry. Each says what it asks of those types.

template <typename Handle>
void destroy(Handle *handle) {
    delete handle;
}

// `list` gives the module's devices, and `describe` the vsmlrt_device_info of one, valid as long as the
// device.
template <auto list, auto describe>
vsmlrt_code list_devices(void *user, void (*visit)(void *user, const vsmlrt_device_info *info),
                         vsmlrt_sink error) {
    return guarded(error, [&] {
        for (const auto &device : list()) {
            const vsmlrt_device_info info = describe(device);
            visit(user, &info);
        }
    });
}

// `list` gives pairs of strings: what is absent, and why.
template <auto list>
void list_absent(void *user, void (*visit)(void *user, const char *what, const char *reason)) {
    const auto each = [&] {
        for (const auto &[what, reason] : list())
            visit(user, what.c_str(), reason.c_str());
    };
    static_cast<void>(guarded({}, each));
}

// For modules that look for nothing that could be absent.
inline void list_nothing_absent(void *, void (*)(void *user, const char *what, const char *reason)) {}

// Program(Device &, const vsmlrt_program_desc &)
template <typename Device, typename Program>
vsmlrt_code build_program(Device *device, const vsmlrt_program_desc *desc, Program **program,
                          vsmlrt_sink error) {
    return guarded(error, [&] { *program = new Program(*device, *desc); });
}

// vsmlrt_program_info Program::info() const
template <typename Program>
void describe_program(const Program *program, vsmlrt_program_info *info) {
    *info = program->info();
}

// vsmlrt_program_info Program::info(vsmlrt_extent, const vsmlrt_frame_plan *)
template <typename Program>
vsmlrt_code describe_program_size(Program *program, vsmlrt_extent extent, const vsmlrt_frame_plan *frames,
                                  vsmlrt_program_info *info, vsmlrt_sink error) {
    return guarded(error, [&] { *info = program->info(extent, frames); });
}

// Program::blob() const: any contiguous range of bytes; Unsupported where there is none.
template <typename Program>
vsmlrt_code export_program(const Program *program, vsmlrt_sink blob, vsmlrt_sink error) {
    return guarded(error, [&] {
        const auto &bytes = program->blob();
        write_text(blob, {reinterpret_cast<const char *>(bytes.data()), bytes.size()});
    });
}

// Context(Program &)
template <typename Program, typename Context>
vsmlrt_code make_context(Program *program, Context **context, vsmlrt_sink error) {
    return guarded(error, [&] { *context = new Context(*program); });
}

// void Context::bind(vsmlrt_extent, vsmlrt_tensor *inputs, vsmlrt_tensor *outputs)
template <typename Context>
vsmlrt_code bind_context(Context *context, vsmlrt_extent extent, vsmlrt_tensor *inputs,
                         vsmlrt_tensor *outputs, vsmlrt_sink error) {
    return guarded(error, [&] { context->bind(extent, inputs, outputs); });
}

// void Context::run()
template <typename Context>
vsmlrt_code run_context(Context *context, vsmlrt_sink error) {
    return guarded(error, [&] { context->run(); });
}

template <typename Context>
vsmlrt_code bind_context_frames(Context *context, const vsmlrt_frame_plan *plan, vsmlrt_sink error) {
    return guarded(error, [&] { context->bind_frames(*plan); });
}

template <typename Context>
vsmlrt_code run_context_frames(Context *context, const vsmlrt_frame *inputs, const vsmlrt_frame *output,
                               std::int32_t *not_finite, vsmlrt_sink error) {
    return guarded(error, [&] { *not_finite = context->run_frames(inputs, *output) ? 1 : 0; });
}

// double Context::time_layers(visit): visit(const vsmlrt_layer_time &), milliseconds of the network
template <typename Context>
vsmlrt_code time_context_layers(Context *context, double *network_milliseconds, void *user,
                                void (*visit)(void *user, const vsmlrt_layer_time *layer),
                                vsmlrt_sink error) {
    return guarded(error, [&] {
        *network_milliseconds =
            context->time_layers([&](const vsmlrt_layer_time &layer) { visit(user, &layer); });
    });
}

template <typename Program>
vsmlrt_code program_shapes(const Program *program, vsmlrt_extent extent, vsmlrt_tensor *inputs,
                           vsmlrt_tensor *outputs, vsmlrt_sink error) {
    return guarded(error, [&] { program->shapes(extent, inputs, outputs); });
}

} // namespace vsmlrt
