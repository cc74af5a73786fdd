// Arguments that every function which runs a network has.
#pragma once

#include "engine/session.h"
#include "vs/arguments.h"

#include <functional>
#include <utility>

namespace vsmlrt::vs {

// BadArgument unless the clips are of constant format and of one size and length.
void check_clips(const Host &host, const std::vector<Node> &clips);

// Names "matrix" or "range" once in the log where no clip is read by it and no result is made by it: both are
// of YUV, and "range" of integer GRAY as well.
void say_unused_color(const Host &host, const Arguments &arguments, const std::vector<Node> &clips,
                      const VSVideoFormat &result);

// network_path and path_is_serialization.
[[nodiscard]] engine::OpenedNetwork read_network(const Arguments &arguments);
// The network as it was opened for the first time this is called, and opened again after that: a session does
// not leave its weights to others.
class NetworkSource {
public:
    NetworkSource(engine::OpenedNetwork opened, std::function<engine::OpenedNetwork()> open)
        : opened_(std::move(opened)), open_(std::move(open)) {}
    [[nodiscard]] engine::OpenedNetwork take() {
        if (opened_)
            return *std::exchange(opened_, std::nullopt);
        return open_();
    }

private:
    std::optional<engine::OpenedNetwork> opened_;
    std::function<engine::OpenedNetwork()> open_;
};

// A size argument: one number for both directions, or width and height; nothing where it is not given.
[[nodiscard]] std::optional<engine::PictureSize> read_size(const Arguments &arguments, const char *name);
// backend, device, precision, streams, threads, shapes, plan folder, multiple and options; what concerns
// tiles, padding and scale keeps its default.
[[nodiscard]] engine::SessionOptions read_session_options(const Arguments &arguments);

// Whether "conversion" is "host": VapourSynth's resize converts also where the device could ("auto").
[[nodiscard]] bool converts_on_host(const Arguments &arguments);

// RGB, or GRAY for one channel, of float samples.
[[nodiscard]] VSVideoFormat float_format(const Host &host, int channels, int bits);
// Bits of float results: as output_format says, else half where `format` is.
[[nodiscard]] int float_bits(const Arguments &arguments, const VSVideoFormat &format);
[[nodiscard]] bool is_half(const Host &host, const Node &clip);
// Whether the network's planes are the result's own and half: by "format" or "output_format", else as
// `format` is. A YUV result is made of float32 RGB, unless the network gives the planes of YUV itself.
[[nodiscard]] bool gives_half(const Host &host, const Arguments &arguments, const VSVideoFormat &format,
                              bool gives_yuv = false);
// The result's format by "format" or "output_format"; nothing where neither is given.
[[nodiscard]] std::optional<VSVideoFormat> asked_format(const Host &host, const Arguments &arguments,
                                                        int channels, const VSVideoFormat &format);

// What core.mlrt.Layers gives.
void set_layers(const Host &host, const engine::NetworkTime &network, VSMap &out);

} // namespace vsmlrt::vs
