// From a path to a network with its fingerprint.
#pragma once

#include "model/network.h"

#include <filesystem>

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

} // namespace vsmlrt::model
