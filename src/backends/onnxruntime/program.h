// A network in sessions of ONNX Runtime for one device, precision and shape range.
#pragma once

#include "backends/onnxruntime/memory.h"
#include "backends/onnxruntime/session.h"
#include "module/stream_slots.h"

#include <mutex>

namespace vsmlrt::ort {

class Program {
public:
    // BadModel, Unsupported or DeviceError if ONNX Runtime cannot run the network, BadArgument for options
    // that do not exist.
    Program(const Device &device, const vsmlrt_program_desc &desc);

    [[nodiscard]] vsmlrt_program_info info() const { return info_; }
    // The context model; Unsupported where the provider makes none.
    [[nodiscard]] std::span<const std::byte> blob() const;

    // One session, with where its contexts take memory.
    struct OpenSession {
        Session session;
        Memory host;
        Memory on_device; // without an info() where the session copies by itself
    };
    // The next in turn.
    [[nodiscard]] const OpenSession &next_session();
    [[nodiscard]] const std::vector<Port> &inputs() const { return inputs_; }
    [[nodiscard]] const std::vector<Port> &outputs() const { return outputs_; }
    [[nodiscard]] bool on_cpu() const { return device_.is_cpu(); }

    // The shapes of all inputs and outputs at one extent. Worked out once an extent; thread-safe. BadModel if
    // the network does not work at it.
    [[nodiscard]] IoShapes shapes(vsmlrt_extent extent);

    // As many executions at once as there are streams; others wait.
    StreamSlots streams;

private:
    void open_sessions(const vsmlrt_program_desc &desc, const SessionSettings &settings);
    void describe(const vsmlrt_program_desc &desc);
    [[nodiscard]] IoShapes find_shapes(vsmlrt_extent extent) const;
    [[nodiscard]] IoShapes measure(vsmlrt_extent extent) const;

    const Device &device_;
    NetworkFacts facts_;
    std::vector<std::byte> blob_;
    std::vector<OpenSession> sessions_;
    std::vector<Port> inputs_;
    std::vector<Port> outputs_;
    vsmlrt_program_info info_ = {};
    std::mutex mutex_;
    std::size_t next_session_ = 0;
    KnownShapes known_shapes_;
};

} // namespace vsmlrt::ort
