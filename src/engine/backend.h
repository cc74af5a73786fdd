// Owning C++ handles over a module's table: Backend > Device > Program > Context. What the table reports as
// code and text is thrown as an Error. Each handle keeps what it stands on alive.
#pragma once

#include "base/error.h"
#include "engine/memory.h"
#include "vsmlrt/backend.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace vsmlrt::engine {

struct DeviceInfo {
    std::string id;
    std::string name;
    vsmlrt_device_kind kind = VSMLRT_DEVICE_CPU;
    std::string group;             // of devices that are reached in one way and numbered together: "CUDA"
    int number = 0;                // in its group
    std::int64_t memory_bytes = 0; // 0: unknown
    bool native_fp16 = false;
    bool native_bf16 = false;
    // What its plans depend on in addition to the backend's version and the device's name; absent: none is
    // kept.
    std::optional<std::string> plan_basis = {};
    bool plans_follow_streams = false; // and on the numbers of streams and threads
    int best_streams = 1;              // contexts side by side, for who does not say how many
    bool keeps_files = false;          // its library keeps files of its own in addition to them
    bool shares_files = false;         // its programs keep files for each other
};

// What a backend looked for and found no device of.
struct Absence {
    std::string group; // "WebGPU"
    std::string reason;
};

class Backend {
public:
    explicit Backend(const vsmlrt_backend &table) : table_(&table) {}

    [[nodiscard]] std::string name() const { return table_->name; }
    [[nodiscard]] std::string version() const { return table_->version(); }
    [[nodiscard]] int rank() const { return table_->rank; }
    [[nodiscard]] std::vector<DeviceInfo> devices() const;
    [[nodiscard]] std::vector<Absence> absences() const;
    [[nodiscard]] const vsmlrt_backend &table() const { return *table_; }
    void probe() const; // throws where this machine cannot run it
    // Unsupported where it cannot tell how long a network's layers take.
    void check_times_layers() const;

private:
    const vsmlrt_backend *table_;
};

class Device {
public:
    Device(const Backend &backend, DeviceInfo info);
    [[nodiscard]] const Backend &backend() const { return backend_; }
    [[nodiscard]] const DeviceInfo &info() const { return info_; }
    [[nodiscard]] vsmlrt_device *handle() const { return handle_.get(); }
    // Whether frames cross the door in these formats, converted on the device.
    [[nodiscard]] bool accepts_frames(std::span<const vsmlrt_frame_input> inputs, int output_channels,
                                      const vsmlrt_frame_format &output) const;
    // Bytes of its memory that nobody takes at this moment, other processes included; absent where it does
    // not tell.
    [[nodiscard]] std::optional<std::int64_t> free_memory() const;

private:
    Backend backend_;
    DeviceInfo info_;
    std::unique_ptr<vsmlrt_device, void (*)(vsmlrt_device *)> handle_;
};

// Thread-safe and immutable once made. What it takes without contexts counts as claimed while it lives.
class Program {
public:
    Program(std::shared_ptr<const Device> device, const vsmlrt_program_desc &desc);
    [[nodiscard]] const vsmlrt_program_info &info() const { return info_; }
    // For contexts whose tensors are of that size alone, or whose frames go through by a plan with tiles of
    // it.
    [[nodiscard]] vsmlrt_program_info info(vsmlrt_extent extent,
                                           const vsmlrt_frame_plan *frames = nullptr) const;
    [[nodiscard]] const Device &device() const { return *device_; }
    [[nodiscard]] std::vector<std::byte> export_blob() const;
    // Types and sizes of inputs and outputs at an extent, without data; absent where only a bound context
    // tells.
    using Shapes = std::pair<std::vector<vsmlrt_tensor>, std::vector<vsmlrt_tensor>>;
    [[nodiscard]] std::optional<Shapes> shapes(vsmlrt_extent extent) const;
    [[nodiscard]] vsmlrt_program *handle() const { return handle_.get(); }

private:
    std::shared_ptr<const Device> device_;
    std::unique_ptr<vsmlrt_program, void (*)(vsmlrt_program *)> handle_;
    vsmlrt_program_info info_ = {};
    std::optional<MemoryClaim> weights_;
};

// See vsmlrt_layer_time.
struct LayerTime {
    std::string layers;
    std::string kernel;
    double milliseconds = 0;
    double operations = 0;
    double bytes = 0;
    double operations_rate = 0;
    double bytes_rate = 0;
};

struct NetworkTime {
    std::vector<LayerTime> layers; // in the order in which they run
    double milliseconds = 0;       // of the network as a whole
};

// Used by one thread at a time.
class Context {
public:
    explicit Context(std::shared_ptr<const Program> program);
    // Afterwards inputs() and outputs() are the buffers for this extent, until the next bind to another.
    void bind(vsmlrt_extent extent);
    void run();
    // For frames in a clip's own format, instead of bind and run. The plan stays valid while it is bound.
    void bind_frames(const vsmlrt_frame_plan &plan);
    [[nodiscard]] bool has_frames() const { return has_frames_; }
    // True if the network's result held a NaN or an infinity.
    [[nodiscard]] bool run_frames(std::span<const vsmlrt_frame> inputs, const vsmlrt_frame &output);
    // How long each kernel takes, at the bound size; Unsupported where the backend cannot tell.
    [[nodiscard]] NetworkTime time_layers();
    [[nodiscard]] std::span<const vsmlrt_tensor> inputs() const { return inputs_; }
    [[nodiscard]] std::span<const vsmlrt_tensor> outputs() const { return outputs_; }

private:
    std::shared_ptr<const Program> program_;
    std::unique_ptr<vsmlrt_context, void (*)(vsmlrt_context *)> handle_;
    std::vector<vsmlrt_tensor> inputs_;
    std::vector<vsmlrt_tensor> outputs_;
    bool has_frames_ = false;
};

[[nodiscard]] const char *precision_name(vsmlrt_precision precision); // "auto", "fp32", ...
[[nodiscard]] const char *kind_name(vsmlrt_device_kind kind);         // "cpu", "gpu", "npu"

} // namespace vsmlrt::engine
