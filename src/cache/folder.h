// The files of a cache folder: NAME.plan, NAME.lock while it is built, NAME.plan.?????? while it is written,
// and the folder NAME.kept of what a vendor's library keeps for the program. Who else lists or removes them
// asks core.mlrt.Plans, which asks this.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace vsmlrt::cache {

enum class FileKind { plan, lock, kept, unfinished };
// "plan", "lock", "kept", "unfinished".
[[nodiscard]] const char *name(FileKind kind);

struct CacheFile {
    std::filesystem::path path;
    std::string name; // of the plan that it belongs to
    FileKind kind = FileKind::plan;
};

// In no order; empty if the folder cannot be read. Files of other names are somebody else's. Others may add
// and remove files at any moment.
[[nodiscard]] std::vector<CacheFile> cache_files(const std::filesystem::path &folder);

// A plan, what is kept for it, or both.
struct StoredPlan {
    std::string name; // without the ending
    std::uintmax_t bytes = 0;
    std::int64_t last_used_ns = 0; // since 1970
};

[[nodiscard]] std::filesystem::path plan_path(const std::filesystem::path &folder, const std::string &name);
[[nodiscard]] std::filesystem::path lock_path(const std::filesystem::path &folder, const std::string &name);
[[nodiscard]] std::filesystem::path kept_path(const std::filesystem::path &folder, const std::string &name);

// Last used first; empty if the folder cannot be read.
[[nodiscard]] std::vector<StoredPlan> stored_plans(const std::filesystem::path &folder);

// Removes the plans used longest ago until the rest fits, and what killed processes left half-written more
// than an hour ago.
void trim(const std::filesystem::path &folder, std::uintmax_t limit_bytes);

} // namespace vsmlrt::cache
