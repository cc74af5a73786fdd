// Content hashes for contents in memory: fingerprints and checksums (not for downloads, those are SHA-256).
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace vsmlrt {

// XXH3, 128 bits, as 32 lower-case hexadecimal digits. Source: xxHash's specification.
[[nodiscard]] std::string content_hash(std::span<const std::byte> bytes);

} // namespace vsmlrt
