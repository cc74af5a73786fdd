// Any bytes as a stored plan, also with the checksum put right so that what is behind it is reached: a blob
// of what the file holds, or the reason why there is none. And what was encoded is decoded again.
#include "base/hash.h"
#include "cache/entry.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace vsmlrt;

constexpr std::string_view key = "the key";
constexpr std::size_t checksum_at = 8; // behind the magic
constexpr std::size_t checksum_size = 32;

void check_decoded(std::span<const std::byte> file) {
    const cache::Decoded found = cache::decode_entry(file, key);
    if (found.blob ? found.blob->size() > file.size() : std::string_view(found.refusal).empty())
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    check_decoded(bytes);
    if (size >= checksum_at + checksum_size) {
        std::vector<std::byte> file(bytes.begin(), bytes.end());
        const std::string checksum = content_hash(std::span(file).subspan(checksum_at + checksum_size));
        std::ranges::copy(std::as_bytes(std::span(checksum)), file.begin() + checksum_at);
        check_decoded(file);
    }
    const cache::Decoded again = cache::decode_entry(cache::encode_entry(key, bytes), key);
    if (!again.blob || !std::ranges::equal(*again.blob, bytes))
        std::abort();
    return 0;
}
