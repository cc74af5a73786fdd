// The form of a plan on the disk:
//
//     magic "VSMLPLAN" | checksum of all that follows, 32 digits | format version | key's size | blob's size
//     | key | blob
//
// Numbers are little-endian, the version and the key's size of 4 bytes, the blob's of 8.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace vsmlrt::cache {

[[nodiscard]] std::vector<std::byte> encode_entry(std::string_view key, std::span<const std::byte> blob);

struct Decoded {
    std::optional<std::vector<std::byte>> blob;
    const char *refusal = ""; // why there is none: "it is damaged"
};

// Takes any bytes whatever.
[[nodiscard]] Decoded decode_entry(std::span<const std::byte> file, std::string_view key);

} // namespace vsmlrt::cache
