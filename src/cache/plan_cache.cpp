// A cache may never be the reason why a picture is not
// computed: every failure of the disk ends here, as a log line.
#include "cache/plan_cache.h"

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/path.h"
#include "cache/entry.h"
#include "cache/folder.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace vsmlrt::cache {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t room_for_files = 200; // NAME.kept and a file in it

bool holds(const fs::path &file, const std::string &content) {
    std::error_code error;
    if (!fs::is_regular_file(file, error))
        return false;
    const std::vector<std::byte> bytes = read_file(file);
    return std::ranges::equal(bytes, std::as_bytes(std::span(content)));
}

} // namespace

PlanCache::PlanCache(fs::path folder, std::uintmax_t limit_bytes)
    : folder_(folder.empty() ? std::move(folder) : system_path(folder, room_for_files)), limit_(limit_bytes) {
}

// `refusal` says why a plan that is there is of no use, and stays as it was if there is none.
std::optional<PlanCache::Blob> PlanCache::look(const Key &key, std::string &refusal) const {
    const fs::path path = plan_path(folder_, key.file_name);
    std::error_code error;
    if (folder_.empty() || !fs::exists(path, error))
        return std::nullopt;
    try {
        Decoded decoded = decode_entry(read_file(path), key.full);
        if (decoded.blob)
            set_used_now(path);
        else
            refusal = decoded.refusal;
        return std::move(decoded.blob);
    } catch (const Error &unreadable) {
        refusal = unreadable.what();
        return std::nullopt;
    }
}

std::optional<PlanCache::Blob> PlanCache::load(const Key &key) {
    std::string refusal;
    std::optional<Blob> blob = look(key, refusal);
    if (!refusal.empty())
        log(LogLevel::information, text("the stored plan ", key.file_name, " is built again: ", refusal));
    return blob;
}

void PlanCache::store(const Key &key, std::span<const std::byte> blob) {
    if (folder_.empty())
        return;
    const Blob file = encode_entry(key.full, blob);
    if (file.size() > limit_) {
        log_once(LogLevel::information, text("the plan ", key.file_name, " is not kept: it has ", file.size(),
                                             " bytes, and the cache's limit is ", limit_));
        return;
    }
    try {
        fs::create_directories(folder_);
        const fs::path path = plan_path(folder_, key.file_name);
        replace_file(path, file);
        set_used_now(path);
        trim(folder_, limit_);
    } catch (const Error &failure) {
        warn(failure.what());
    } catch (const fs::filesystem_error &failure) {
        warn(failure.code().message());
    }
}

std::optional<PlanCache::Blob> PlanCache::load_or_build(const Key &key,
                                                        const std::function<std::optional<Blob>()> &build) {
    if (std::optional<Blob> blob = load(key))
        return blob;
    std::optional<FileLock> lock;
    try {
        if (!folder_.empty()) {
            fs::create_directories(folder_);
            lock.emplace(lock_path(folder_, key.file_name));
        }
    } catch (const Error &failure) {
        warn(failure.what());
    } catch (const fs::filesystem_error &failure) {
        warn(failure.code().message());
    }
    // Another process may have built it while this one waited; what was refused before was reported then.
    std::string refusal;
    if (std::optional<Blob> blob = look(key, refusal))
        return blob;
    std::optional<Blob> blob = build();
    if (lock && blob)
        store(key, *blob);
    return blob;
}

std::optional<fs::path> PlanCache::kept_folder(const Key &key) {
    if (folder_.empty())
        return {};
    const fs::path kept = kept_path(folder_, key.file_name);
    const fs::path label = kept / "key";
    try {
        if (!holds(label, key.full)) {
            remove_folder(kept);
            fs::create_directories(kept);
            replace_file(label, std::as_bytes(std::span(key.full)));
        }
        set_used_now(kept);
        trim(folder_, limit_);
        return kept;
    } catch (const Error &failure) {
        warn(failure.what());
    } catch (const fs::filesystem_error &failure) {
        warn(failure.code().message());
    }
    return {};
}

void PlanCache::warn(const std::string &cause) {
    if (!warned_.exchange(true))
        log_once(LogLevel::warning,
                 text("plans are not kept in ", text_of(folder_), ": ", cause,
                      "; name a folder that can be written, by engine_folder or VSMLRT_CACHE"));
}

} // namespace vsmlrt::cache
