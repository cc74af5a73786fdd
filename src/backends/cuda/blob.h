// A program's plan as bytes for the plan cache: version, architecture, chosen kernels, cubins. Never weights.
#pragma once

#include "backends/cuda/choices.h"

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace vsmlrt::cuda {

using Cubins = std::map<std::string, std::vector<std::byte>>; // by kernel_hash of their text

struct Blob {
    Choices choices;
    Cubins cubins;
};

[[nodiscard]] std::vector<std::byte> encode_blob(const std::string &architecture, const Blob &blob);

// BadArgument for bytes that are no blob of this version and architecture, or are cut short.
[[nodiscard]] Blob decode_blob(std::span<const std::byte> bytes, const std::string &architecture);

} // namespace vsmlrt::cuda
