#include "cache/entry.h"

#include "base/hash.h"

#include <algorithm>
#include <cstdint>
#include <string>

namespace vsmlrt::cache {
namespace {

constexpr std::string_view magic = "VSMLPLAN";
constexpr std::uint32_t format_version = 1;
constexpr std::size_t checksum_size = 32;
constexpr std::size_t guarded_from = magic.size() + checksum_size;
constexpr std::size_t header_size = guarded_from + 4 + 4 + 8;

std::span<const std::byte> bytes_of(std::string_view characters) {
    return std::as_bytes(std::span(characters.data(), characters.size()));
}

bool same(std::span<const std::byte> bytes, std::string_view characters) {
    return std::ranges::equal(bytes, bytes_of(characters));
}

void append(std::vector<std::byte> &file, std::span<const std::byte> bytes) {
    file.insert(file.end(), bytes.begin(), bytes.end());
}

void append_number(std::vector<std::byte> &file, std::uint64_t number, int size) {
    for (int i = 0; i < size; ++i)
        file.push_back(static_cast<std::byte>(number >> (8 * i)));
}

std::uint64_t take_number(std::span<const std::byte> &rest, std::size_t size) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < size; ++i)
        number |= std::to_integer<std::uint64_t>(rest[i]) << (8 * i);
    rest = rest.subspan(size);
    return number;
}

} // namespace

std::vector<std::byte> encode_entry(std::string_view key, std::span<const std::byte> blob) {
    std::vector<std::byte> file;
    file.reserve(header_size + key.size() + blob.size());
    append(file, bytes_of(magic));
    file.resize(guarded_from);
    append_number(file, format_version, 4);
    append_number(file, key.size(), 4);
    append_number(file, blob.size(), 8);
    append(file, bytes_of(key));
    append(file, blob);
    const std::string checksum = content_hash(std::span(file).subspan(guarded_from));
    std::ranges::copy(bytes_of(checksum), file.begin() + magic.size());
    return file;
}

Decoded decode_entry(std::span<const std::byte> file, std::string_view key) {
    if (file.size() < header_size)
        return {.blob = {}, .refusal = "it is shorter than its header"};
    if (!same(file.first(magic.size()), magic))
        return {.blob = {}, .refusal = "it is not a plan"};
    const auto checksum = file.subspan(magic.size(), checksum_size);
    std::span<const std::byte> rest = file.subspan(guarded_from);
    if (!same(checksum, content_hash(rest)))
        return {.blob = {}, .refusal = "it is damaged"};
    if (take_number(rest, 4) != format_version)
        return {.blob = {}, .refusal = "another version of this program wrote it"};
    const std::uint64_t key_size = take_number(rest, 4);
    const std::uint64_t blob_size = take_number(rest, 8);
    if (key_size > rest.size() || blob_size != rest.size() - key_size)
        return {.blob = {}, .refusal = "its sizes do not add up"};
    if (!same(rest.first(key_size), key))
        return {.blob = {}, .refusal = "the network, an option, the driver or a library has changed since"};
    rest = rest.subspan(key_size);
    return {.blob = std::vector<std::byte>(rest.begin(), rest.end())};
}

} // namespace vsmlrt::cache
