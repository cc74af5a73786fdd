// Networks that the engine's tests build in code.
#pragma once

#include "engine/registry.h"
#include "engine/session.h"
#include "model/onnx.h"

namespace vsmlrt::test {

// Tests find the modules in the build's plugin folder.
inline void use_built_modules() {
    engine::set_module_folder(VSMLRT_MODULES);
}

inline model::Value picture(const char *name, std::int64_t channels) {
    return {name,
            Element::f32,
            true,
            {{1, ""}, {channels, ""}, {std::nullopt, "height"}, {std::nullopt, "width"}}};
}

// A 3x3 convolution of one channel with a fixed kernel that is not symmetric, times `gain`.
inline engine::OpenedNetwork blur(float gain = 1) {
    model::Network network;
    network.inputs = {picture("input", 1)};
    network.outputs = {picture("output", 1)};
    std::vector<float> kernel = {0.05F, 0.1F, 0.15F, 0.2F, 0.0F, 0.2F, 0.15F, 0.1F, 0.05F};
    for (float &weight : kernel)
        weight *= gain;
    network.initializers["w"] = model::make_tensor("w", {1, 1, 3, 3}, kernel);
    model::Node conv;
    conv.op = "Conv";
    conv.inputs = {"input", "w"};
    conv.outputs = {"output"};
    conv.attributes["pads"] = std::vector<std::int64_t>{1, 1, 1, 1};
    network.nodes = {conv};
    return engine::open_network(model::write_onnx(network), "blur");
}

inline engine::SessionOptions reference_options() {
    use_built_modules();
    engine::SessionOptions options;
    options.backend = "reference";
    return options;
}

// One float32 plane with its pixels.
struct Image {
    Image(int width_, int height_) : width(width_), height(height_) {
        pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
    }
    [[nodiscard]] std::ptrdiff_t stride() const { return static_cast<std::ptrdiff_t>(sizeof(float)) * width; }
    [[nodiscard]] pixel::ConstPlane plane() const {
        return {VSMLRT_FLOAT32, pixels.data(), stride(), width, height};
    }
    [[nodiscard]] pixel::Plane plane() { return {VSMLRT_FLOAT32, pixels.data(), stride(), width, height}; }
    [[nodiscard]] static Image noise(int width, int height) {
        Image image(width, height);
        unsigned state = 12345;
        for (float &pixel : image.pixels)
            pixel = static_cast<float>((state = state * 1664525U + 1013904223U) >> 8) * 0x1p-24F;
        return image;
    }

    int width;
    int height;
    std::vector<float> pixels;
};

inline void run(engine::Session &session, int n, const Image &from, Image &to) {
    const pixel::ConstPlane input = from.plane();
    const pixel::Plane output = to.plane();
    session.run(n, {&input, 1}, {&output, 1});
}

} // namespace vsmlrt::test
