#include "cache/key.h"

#include "base/hash.h"
#include "base/text.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace vsmlrt::cache {
namespace {

constexpr std::size_t longest = 180; // file systems take 255 bytes; endings and temporary names need some
constexpr std::size_t hash_digits = 12;

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

} // namespace

std::string make_file_name(const ProgramName &program) {
    const std::array<std::string_view, 6> parts = {program.stem,    program.shapes, program.precision,
                                                   program.io_type, program.device, program.backend_version};
    std::string name;
    std::string exact; // with a separator that no part can hold
    bool changed = false;
    for (const std::string_view part : parts) {
        if (!exact.empty())
            name += '_';
        exact.append(part).push_back('\0');
        for (const char c : part) {
            const bool keep = is_plain(c) && !(c == '.' && name.empty());
            name += keep ? c : '_';
            changed |= !keep;
        }
    }
    if (!changed && name.size() <= longest)
        return name;
    name.resize(std::min(name.size(), longest - hash_digits - 1));
    return name + '-' + content_hash(std::as_bytes(std::span(exact))).substr(0, hash_digits);
}

} // namespace vsmlrt::cache
