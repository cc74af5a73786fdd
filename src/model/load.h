// From a path to a network with its fingerprint.
#pragma once

#include "model/network.h"

#include <cstddef>
#include <filesystem>
#include <span>

namespace vsmlrt::model {

struct Loaded {
    Network network;
    std::string fingerprint; // 32 hexadecimal digits over the file's (or files') content
    std::string stem;        // file name without extension
};

// An .onnx file, or an ncnn .param with its .bin next to it (imported, see ncnn.h). Any other extension is
// read as ONNX. BadArgument for a missing or unreadable file, BadModel for bad content; the message names the
// path.
[[nodiscard]] Loaded load_network(const std::filesystem::path &path);

// The network of an ONNX file's bytes, as load_network has it. BadModel for bad content.
[[nodiscard]] Network read_network(std::span<const std::byte> onnx);

} // namespace vsmlrt::model
