// A file is the hash of its content and the content, replaced as a whole: whatever moment a process dies at,
// a reader finds the old file, the new one, or none.
#include "backends/cuda/kept_folder.h"

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/path.h"

#include <algorithm>

namespace vsmlrt::cuda {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t hash_digits = 32;
constexpr const char *choices_file = "choices";
constexpr const char *choices_of = "this folder's device"; // the folder says for which

std::string cubin_file(const std::string &hash) {
    return hash + ".cubin";
}

template <typename Work>
void quietly(const fs::path &folder, Work &&work) {
    try {
        std::forward<Work>(work)();
    } catch (const Error &) { // Each file has a cause of its own; the plan cache says the folder's.
        log_once(LogLevel::information, text("cuda: compiled kernels are not kept in ", text_of(folder),
                                             ", which cannot be written"));
    }
}

} // namespace

std::optional<std::vector<std::byte>> KeptFolder::read(const std::string &name) const {
    std::error_code error;
    if (folder_.empty() || !fs::is_regular_file(folder_ / name, error))
        return {};
    try {
        std::vector<std::byte> file = read_file(folder_ / name);
        if (file.size() < hash_digits)
            return {};
        const std::span content = std::span<const std::byte>(file).subspan(hash_digits);
        const std::string hash = content_hash(content);
        if (!std::ranges::equal(std::span(file).first(hash_digits), std::as_bytes(std::span(hash))))
            return {};
        file.erase(file.begin(), file.begin() + hash_digits);
        return file;
    } catch (const Error &) { // unreadable, or taken away meanwhile
        return {};
    }
}

// Also where somebody has cleared the cache since the program was made. What cannot be made cannot be written
// to either, which is what the log then says.
void KeptFolder::make_folder() const {
    std::error_code ignored;
    fs::create_directories(folder_, ignored);
}

void KeptFolder::write(const std::string &name, std::span<const std::byte> content) const {
    const std::string hash = content_hash(content);
    std::vector<std::byte> file(hash_digits + content.size());
    std::ranges::copy(std::as_bytes(std::span(hash)), file.begin());
    std::ranges::copy(content, file.begin() + hash_digits);
    make_folder();
    replace_file(folder_ / name, file);
}

std::optional<std::vector<std::byte>> KeptFolder::cubin(const std::string &hash) const {
    return read(cubin_file(hash));
}

void KeptFolder::keep_cubin(const std::string &hash, std::span<const std::byte> cubin) const {
    if (!folder_.empty())
        quietly(folder_, [&] { write(cubin_file(hash), cubin); });
}

Choices KeptFolder::choices() const {
    const auto file = read(choices_file);
    if (!file)
        return {};
    try {
        return decode_blob(*file, choices_of).choices;
    } catch (const Error &) { // of another version
        return {};
    }
}

void KeptFolder::keep_choices(const Choices &found) const {
    if (folder_.empty() || found.empty())
        return;
    quietly(folder_, [&] {
        make_folder();
        const FileLock lock(folder_ / "choices.lock");
        Choices all = choices();
        for (const auto &[key, kernel] : found)
            all[key] = kernel;
        write(choices_file, encode_blob(choices_of, {all, {}}));
    });
}

} // namespace vsmlrt::cuda
