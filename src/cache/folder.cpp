// Other processes read and write the same folder at any moment: nothing here trusts that
// a file that was listed is still there, and files of unknown names are somebody else's.
#include "cache/folder.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string_view>
#include <system_error>

namespace vsmlrt::cache {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view plan_ending = ".plan";
constexpr std::string_view lock_ending = ".lock";
constexpr std::string_view kept_ending = ".kept";
constexpr std::size_t temporary_suffix = 7; // ".XXXXXX" of replace_file

std::optional<FileKind> kind_of(std::string_view file) {
    if (file.ends_with(plan_ending))
        return FileKind::plan;
    if (file.ends_with(lock_ending))
        return FileKind::lock;
    if (file.ends_with(kept_ending))
        return FileKind::kept;
    if (file.size() > temporary_suffix && file[file.size() - temporary_suffix] == '.' &&
        file.substr(0, file.size() - temporary_suffix).ends_with(plan_ending))
        return FileKind::unfinished;
    return std::nullopt;
}

std::uintmax_t bytes_in(const fs::path &folder) {
    std::uintmax_t total = 0;
    for (const FolderEntry &entry : entries_of(folder))
        total += entry.kind == FolderEntry::Kind::folder ? bytes_in(entry.path) : entry.bytes;
    return total;
}

bool is_abandoned(const fs::path &temporary) {
    std::error_code error;
    const auto written = fs::last_write_time(system_path(temporary), error);
    return !error && fs::file_time_type::clock::now() - written > std::chrono::hours(1);
}

// What is in use stays.
void discard(const fs::path &file) {
    std::error_code ignored;
    fs::remove(system_path(file), ignored);
}

} // namespace

const char *name(FileKind kind) {
    switch (kind) {
    case FileKind::plan:
        return "plan";
    case FileKind::lock:
        return "lock";
    case FileKind::kept:
        return "kept";
    case FileKind::unfinished:
        return "unfinished";
    }
    throw InternalError("there is no kind of file ", static_cast<int>(kind));
}

std::vector<CacheFile> cache_files(const fs::path &folder) {
    std::vector<CacheFile> files;
    for (const FolderEntry &entry : entries_of(folder)) {
        const std::optional<FileKind> kind = kind_of(text_of(entry.path.filename()));
        if (!kind ||
            entry.kind != (*kind == FileKind::kept ? FolderEntry::Kind::folder : FolderEntry::Kind::file))
            continue;
        const fs::path stem = entry.path.stem();
        files.push_back({entry.path, text_of(*kind == FileKind::unfinished ? stem.stem() : stem), *kind});
    }
    return files;
}

fs::path plan_path(const fs::path &folder, const std::string &name) {
    return folder / path_of(name + std::string(plan_ending));
}

fs::path lock_path(const fs::path &folder, const std::string &name) {
    return folder / path_of(name + std::string(lock_ending));
}

fs::path kept_path(const fs::path &folder, const std::string &name) {
    return folder / path_of(name + std::string(kept_ending));
}

std::vector<StoredPlan> stored_plans(const fs::path &folder) {
    std::map<std::string, StoredPlan> by_name;
    for (const auto &[path, name, kind] : cache_files(folder)) {
        if (kind != FileKind::plan && kind != FileKind::kept)
            continue;
        const std::optional<FileUse> use = file_use(path);
        if (!use)
            continue;
        StoredPlan &plan = by_name[name];
        plan.name = name;
        plan.bytes += kind == FileKind::plan ? use->bytes : bytes_in(path);
        plan.last_used_ns = std::max(plan.last_used_ns, use->last_used_ns);
    }
    std::vector<StoredPlan> plans;
    for (auto &[name, plan] : by_name)
        plans.push_back(std::move(plan));
    std::ranges::sort(plans, [](const StoredPlan &a, const StoredPlan &b) {
        return a.last_used_ns != b.last_used_ns ? a.last_used_ns > b.last_used_ns : a.name < b.name;
    });
    return plans;
}

void trim(const fs::path &folder, std::uintmax_t limit_bytes) {
    std::uintmax_t total = 0;
    for (const StoredPlan &plan : stored_plans(folder)) {
        total += plan.bytes;
        if (total > limit_bytes) {
            discard(plan_path(folder, plan.name));
            try {
                remove_folder(kept_path(folder, plan.name));
            } catch (const DeviceError &) { // in use; the next one tries again
            }
        }
    }
    for (const CacheFile &file : cache_files(folder))
        if (file.kind == FileKind::unfinished && is_abandoned(file.path))
            discard(file.path);
}

} // namespace vsmlrt::cache
