// The front of the engine: a network, a frame size and options in; frames through it. It validates, fills
// defaults and picks backend and device; what is behind it may assume valid input.
#pragma once

#include "engine/program.h"
#include "engine/runner.h"
#include "model/card.h"

#include <atomic>
#include <filesystem>
#include <mutex>

namespace vsmlrt::engine {

// A network with its card: inspected, and overridden by what the network's metadata says.
struct OpenedNetwork {
    model::Loaded loaded;
    model::Card card;
    std::filesystem::path file; // where it can be read again; empty if it came as bytes
};

[[nodiscard]] OpenedNetwork open_network(const std::filesystem::path &path);
// The bytes of an ONNX file; `name` stands for the path in messages.
[[nodiscard]] OpenedNetwork open_network(std::span<const std::byte> onnx, const std::string &name);

struct SessionOptions {
    std::string backend = "auto";
    std::string device;                // empty: those at device_ids
    std::vector<int> device_ids = {0}; // a program each; frames are dealt to all of them that work
    ProgramOptions program;            // num_streams 0: as many as the device computes best within its memory
    ShapeOptions shapes;
    std::optional<PictureSize> tile; // absent: the whole frame
    PictureSize overlap;
    bool whole_frames = false;   // the network needs all of a frame at once: tiles are refused
    std::optional<int> multiple; // these override the network's card
    std::optional<int> scale;
    std::optional<model::Padding> padding;
};

// What one execution reads of frames of this size: the tile, or the padded frame. Throws as the session does.
[[nodiscard]] PictureSize frame_tile(const model::Card &card, const SessionOptions &options,
                                     PictureSize frame);

using Devices = std::vector<std::shared_ptr<const Device>>;

// The devices that the options name, so that they can be asked which formats they take before a session is
// built on them. BadArgument, Unsupported or DeviceError.
[[nodiscard]] Devices open_devices(const SessionOptions &options);
// Whether every one of them converts frames of these formats.
[[nodiscard]] bool accept_frames(const Devices &devices, const FrameFormats &formats);

// Thread-safe: run() may be called from any number of threads.
class Session {
public:
    // `frame`: the size of the frames to come, in pixels. With `frames` they come in formats that the devices
    // accept, else as planes of floats. Throws BadArgument, BadModel, Unsupported or DeviceError.
    Session(OpenedNetwork network, const SessionOptions &options, PictureSize frame, Devices devices,
            std::optional<FrameFormats> frames = {});
    Session(OpenedNetwork network, const SessionOptions &options, PictureSize frame)
        : Session(std::move(network), options, frame, open_devices(options)) {}

    [[nodiscard]] int scale() const { return places_.front()->runner->network().scale; }
    [[nodiscard]] int height_scale() const { return places_.front()->runner->network().height_scale; }
    [[nodiscard]] int output_channels() const { return places_.front()->runner->network().channels; }
    // Frames that are computed side by side on a device.
    [[nodiscard]] int num_streams() const { return places_.front()->runner->num_streams(); }
    // The size of what one execution reads.
    [[nodiscard]] PictureSize tile() const { return {layout_.tile.width, layout_.tile.height}; }
    // One line: network, backend, device, precision really used, types of tensors, tile, memory.
    [[nodiscard]] std::string summary() const;

    // One plane a channel, in the order of the network's inputs; float32 or float16. A result with NaN or
    // infinity is computed again in fp32, once; DeviceError naming frame `n` if it is still so, or if the
    // input itself is. A frame on which one of several devices fails is computed by another, which then gets
    // all frames of the one that failed; DeviceError where every device fails on it.
    void run(int n, std::span<const pixel::ConstPlane> inputs, std::span<const pixel::Plane> outputs);
    // The same for frames of the formats that the session was made with.
    void run(int n, std::span<const vsmlrt_frame> inputs, const vsmlrt_frame &output);

    // Unsupported where the first device's backend cannot tell how long layers take.
    void check_times_layers() const { places_.front()->device->backend().check_times_layers(); }
    // How long each kernel takes for one execution on that device, after a frame has run there.
    [[nodiscard]] NetworkTime time_layers() { return places_.front()->runner->time_layers(); }

private:
    // A device, and what computes frames on it.
    struct Place {
        std::shared_ptr<const Device> device;
        std::unique_ptr<Runner> runner;
        std::unique_ptr<Runner> exact;  // fp32, made when first needed
        std::atomic<bool> lost = false; // it failed on a frame that another device computed
    };
    struct Failure {
        Place *place;
        std::string reason;
    };

    template <typename Inputs, typename Outputs>
    void run_checked(int n, const Inputs &inputs, const Outputs &outputs);
    // Calls `compute` with the idlest device and, while that fails, with the others.
    template <typename Compute>
    void on_a_device(int n, const Compute &compute);
    [[nodiscard]] Place *idlest(std::span<const Failure> failed) const;
    void give_up(const Failure &failure, int n, const Place &instead);
    [[nodiscard]] bool any_not_finite(std::span<const pixel::ConstPlane> planes) const;
    [[nodiscard]] bool any_not_finite(std::span<const vsmlrt_frame> frames) const;
    [[nodiscard]] Runner &exact_runner(Place &place);
    [[nodiscard]] std::unique_ptr<Runner> make_runner(const std::shared_ptr<const Device> &device);
    [[nodiscard]] std::shared_ptr<const Program> build(const std::shared_ptr<const Device> &device,
                                                       int num_streams);
    [[nodiscard]] ShapeRange range_of_shapes() const;
    [[nodiscard]] std::int64_t blending_bytes() const;
    [[nodiscard]] model::Loaded take_network();

    // Weights are not held once the program has them, if they can be read again.
    OpenedNetwork network_;
    std::string stem_;
    SessionOptions options_;
    Layout layout_;
    ShapeRange range_;
    std::optional<FrameFormats> frames_;
    std::vector<std::unique_ptr<Place>> places_; // one a device
    std::mutex giving_up_;
    std::mutex exact_mutex_; // of all places: a program is built from the session's one network
};

} // namespace vsmlrt::engine
