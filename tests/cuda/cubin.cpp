#include "cuda/cubin.h"

#include "backends/cuda/kept_folder.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/path.h"
#include "base/shared_library.h"
#include "nvidia/compiler.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <map>
#include <sstream>

namespace vsmlrt::test {
namespace {

template <typename T>
T read(const std::vector<std::byte> &bytes, std::size_t at) {
    T value{};
    if (at + sizeof value <= bytes.size())
        std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

// The attributes of functions in a cubin's .nv.info: attribute -> largest value of any function. A cubin is a
// 64-bit ELF file; an attribute of this kind is 4, its number, 8, then the function's symbol and the value.
std::map<int, std::uint32_t> function_attributes(const std::vector<std::byte> &cubin) {
    constexpr std::uint32_t info_section = 0x70000000;
    constexpr std::uint8_t sized = 4;
    std::map<int, std::uint32_t> found;
    const auto table = read<std::uint64_t>(cubin, 0x28);
    const auto entry = read<std::uint16_t>(cubin, 0x3a);
    for (std::uint16_t i = 0; i < read<std::uint16_t>(cubin, 0x3c); ++i) {
        const std::size_t header = table + std::size_t{i} * entry;
        if (read<std::uint32_t>(cubin, header + 4) != info_section)
            continue;
        std::size_t at = read<std::uint64_t>(cubin, header + 0x18);
        const std::size_t end = at + read<std::uint64_t>(cubin, header + 0x20);
        while (at + 4 <= end) {
            const auto form = read<std::uint8_t>(cubin, at);
            const auto attribute = read<std::uint8_t>(cubin, at + 1);
            const auto size = read<std::uint16_t>(cubin, at + 2);
            if (form == sized && size == 8) {
                const auto value = read<std::uint32_t>(cubin, at + 8);
                found[attribute] = std::max(found[attribute], value);
            }
            at += form == sized ? 4 + std::size_t{size} : 4;
        }
    }
    return found;
}

// The compiler's file in this process, with its size and time: versions have builds that differ.
std::string compiler_build() {
    for (const std::filesystem::path &file : loaded_libraries()) {
        const std::string name = text_of(file.filename());
        if (name.starts_with("libnvrtc.so") || name.starts_with("nvrtc64_"))
            return text(text_of(file), ' ', std::filesystem::file_size(file), ' ',
                        std::filesystem::last_write_time(file).time_since_epoch().count());
    }
    return {};
}

} // namespace

std::vector<std::string> architectures() {
    const char *named = std::getenv("VSMLRT_TEST_ARCHITECTURES");
    std::istringstream words(named ? named : VSMLRT_ARCHITECTURES);
    return {std::istream_iterator<std::string>(words), {}};
}

bool is_compiled_for(const std::string &architecture) {
    const std::vector<std::string> all = architectures();
    return std::ranges::find(all, architecture) != all.end();
}

std::vector<std::byte> compiled(const std::string &source, const std::string &architecture) {
    nvidia::require_compiler();
    static const std::string build = compiler_build();
    if (build.empty()) // a compiler of another name
        return nvidia::compile(source, architecture);
    std::string all = text(nvidia::compiler_version(), '\n', build, '\n');
    for (const std::string &option : nvidia::compiler_options(architecture))
        all += option + '\n';
    all += source;
    const std::string hash = content_hash(std::as_bytes(std::span(all)));
    const cuda::KeptFolder folder(VSMLRT_CUBINS);
    if (const auto kept = folder.cubin(hash))
        return *kept;
    std::vector<std::byte> cubin = nvidia::compile(source, architecture);
    folder.keep_cubin(hash, cubin);
    return cubin;
}

Cubin read_cubin(const std::vector<std::byte> &file) {
    constexpr int frame_size = 0x11;
    constexpr int register_count = 0x2f;
    const std::map<int, std::uint32_t> attributes = function_attributes(file);
    if (!attributes.contains(frame_size) || !attributes.contains(register_count))
        throw InternalError("a cubin of ", file.size(), " bytes without registers and local memory");
    return {attributes.at(register_count), attributes.at(frame_size)};
}

} // namespace vsmlrt::test
