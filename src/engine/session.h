// The front of the engine: a network, a frame size and options in; frames through it. It validates, fills
// defaults and picks backend and device; what is behind it may assume valid input.
#pragma once

#include "engine/program.h"
#include "engine/runner.h"
#include "model/card.h"

#include <filesystem>
#include <mutex>

namespace vsmlrt::engine {

// A network with its card: inspected, and overridden by what the network's metadata says.
struct Network {
    model::Loaded loaded;
    model::Card card;
    std::filesystem::path file; // where it can be read again; empty if it came as bytes
};

[[nodiscard]] Network open_network(const std::filesystem::path &path);
// The bytes of an ONNX file; `name` stands for the path in messages.
[[nodiscard]] Network open_network(std::span<const std::byte> onnx, const std::string &name);

struct SessionOptions {
    std::string backend = "auto";
    std::string device; // empty: the one at device_id
    int device_id = 0;
    ProgramOptions program;
    ShapeOptions shapes;
    std::optional<Size> tile; // absent: the whole frame
    Size overlap;
    bool whole_frames = false;   // the network needs all of a frame at once: tiles are refused
    std::optional<int> multiple; // these override the network's card
    std::optional<int> scale;
    std::optional<model::Padding> padding;
};

// Thread-safe: run() may be called from any number of threads.
class Session {
public:
    // `frame`: the size of the frames to come, in pixels. Throws BadArgument, BadModel, Unsupported or
    // DeviceError.
    Session(Network network, const SessionOptions &options, Size frame);

    [[nodiscard]] int scale() const { return runner_->scale(); }
    [[nodiscard]] int height_scale() const { return runner_->height_scale(); }
    [[nodiscard]] int output_channels() const { return runner_->output_channels(); }
    // The size of what one execution reads.
    [[nodiscard]] Size tile() const { return {layout_.tile.width, layout_.tile.height}; }
    // One line: network, backend, device, precision really used, types of tensors, tile, memory.
    [[nodiscard]] std::string summary() const;

    // One plane a channel, in the order of the network's inputs; float32 or float16. A result with NaN or
    // infinity is computed again in fp32, once; DeviceError naming frame `n` if it is still so, or if the
    // input itself is.
    void run(int n, std::span<const pixel::ConstPlane> inputs, std::span<const pixel::Plane> outputs);

private:
    void rerun_in_fp32(int n, std::span<const pixel::ConstPlane> inputs,
                       std::span<const pixel::Plane> outputs);
    [[nodiscard]] Runner &exact_runner();
    [[nodiscard]] model::Loaded take_network();

    // Weights are not held once the program has them, if they can be read again.
    Network network_;
    std::string stem_;
    SessionOptions options_;
    std::shared_ptr<const Device> device_;
    Layout layout_;
    ShapeRange range_;
    std::unique_ptr<Runner> runner_;
    std::mutex exact_mutex_;
    std::unique_ptr<Runner> exact_; // fp32, made when first needed
};

} // namespace vsmlrt::engine
