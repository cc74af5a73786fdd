// The file: a first line with the bytes and the hash of the list, the list as lines of text ("NVRTC 13.0",
// then a kernel a line: the hash of its text, its first byte, its bytes, their hash), and the cubins as they
// are. Its places count from the list's end.
#include "backends/cuda/shipped_kernels.h"

#include "base/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/path.h"
#include "base/shared_library.h"

#include <cstdio>
#include <fstream>
#include <mutex>
#include <sstream>

namespace vsmlrt::cuda {
namespace fs = std::filesystem;
namespace {

constexpr const char *file_magic = "vsmlrt-kernels-1";
constexpr std::uint64_t most_list_bytes = 64 << 20;

std::string hash_of(const std::string &characters) {
    return content_hash(std::as_bytes(std::span(characters)));
}

[[noreturn]] void refuse(const fs::path &file, const char *why) {
    throw BadArgument("the kernels in ", text_of(file), " are not used: ", why);
}

// Of a driver for "NVRTC 13.0": any of that major number. 0 for other words.
int oldest_driver_for(const std::string &compiler) {
    int major = 0;
    return std::sscanf(compiler.c_str(), "NVRTC %d.", &major) == 1 ? 1000 * major : 0;
}

} // namespace

ShippedKernels::ShippedKernels(fs::path file) : file_(std::move(file)) {
    std::ifstream stream(system_path(file_), std::ios::binary);
    std::string line;
    if (!std::getline(stream, line))
        refuse(file_, "the file cannot be read");
    std::istringstream head(line);
    std::string word;
    std::string list_hash;
    std::uint64_t list_bytes = 0;
    if (!(head >> word >> list_bytes >> list_hash) || word != file_magic || list_bytes > most_list_bytes)
        refuse(file_, "the file is of another version, or damaged");
    std::string list(static_cast<std::size_t>(list_bytes), '\0');
    if (!stream.read(list.data(), static_cast<std::streamsize>(list.size())) || hash_of(list) != list_hash)
        refuse(file_, "the file is damaged");
    const std::uint64_t first = line.size() + 1 + list_bytes;
    std::uint64_t end = first;
    std::istringstream lines(list);
    std::string compiler;
    std::getline(lines, compiler);
    Place place;
    while (lines >> word >> place.offset >> place.bytes >> place.content) {
        place.offset += first;
        end = std::max(end, place.offset + place.bytes);
        kernels_[word] = place;
    }
    std::error_code error;
    if (fs::file_size(system_path(file_), error) != end)
        refuse(file_, "the file is cut short");
    oldest_driver_ = oldest_driver_for(compiler);
    constexpr std::size_t digits = 8;
    version_ = text("kernels ", list_hash.substr(0, digits), " of ", compiler);
}

std::optional<std::vector<std::byte>> ShippedKernels::cubin(const std::string &hash) const {
    const auto found = kernels_.find(hash);
    if (found == kernels_.end())
        return {};
    const Place &place = found->second;
    std::vector<std::byte> bytes(static_cast<std::size_t>(place.bytes));
    std::ifstream stream(system_path(file_), std::ios::binary);
    stream.seekg(static_cast<std::streamoff>(place.offset));
    stream.read(reinterpret_cast<char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (stream && content_hash(bytes) == place.content)
        return bytes;
    log_once(LogLevel::information,
             text("cuda: a kernel in ", text_of(file_), " is not used: the file is damaged"));
    return {};
}

std::string shipped_file(const std::string &architecture) {
    return text("libvsmlrt_cuda.", architecture, ".kernels");
}

std::vector<std::byte> encode_shipped(const std::string &compiler,
                                      const std::map<std::string, std::vector<std::byte>> &cubins) {
    std::string list = compiler + "\n";
    std::uint64_t offset = 0;
    for (const auto &[hash, cubin] : cubins) {
        list += text(hash, ' ', offset, ' ', cubin.size(), ' ', content_hash(cubin), '\n');
        offset += cubin.size();
    }
    const std::string head = text(file_magic, ' ', list.size(), ' ', hash_of(list), '\n', list);
    std::vector<std::byte> file;
    const auto append = [&](std::span<const std::byte> bytes) {
        file.insert(file.end(), bytes.begin(), bytes.end());
    };
    append(std::as_bytes(std::span(head)));
    for (const auto &[hash, cubin] : cubins)
        append(cubin);
    return file;
}

std::shared_ptr<const ShippedKernels> shipped_kernels(const std::string &architecture, int driver_version) {
    struct Opened {
        std::mutex mutex;
        std::map<fs::path, std::shared_ptr<const ShippedKernels>> files;
    };
    static auto *const opened = new Opened; // filters may outlive static destruction
    const std::string named = environment("VSMLRT_CUDA_KERNELS");
    const fs::path folder = named.empty() ? own_file().parent_path() : path_of(named);
    const fs::path file = folder / shipped_file(architecture);
    const std::lock_guard lock(opened->mutex);
    auto known = opened->files.find(file);
    if (known == opened->files.end()) {
        std::shared_ptr<const ShippedKernels> kernels;
        std::error_code error;
        try {
            if (fs::exists(system_path(file), error))
                kernels = std::make_shared<const ShippedKernels>(file);
        } catch (const BadArgument &damaged) {
            log(LogLevel::information, text("cuda: ", damaged.what()));
        }
        known = opened->files.emplace(file, std::move(kernels)).first;
    }
    if (!known->second || known->second->oldest_driver() <= driver_version)
        return known->second;
    log_once(LogLevel::debug, text("cuda: the ", known->second->version(), " need a newer driver"));
    return nullptr;
}

} // namespace vsmlrt::cuda
