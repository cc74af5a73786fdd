// The plan cache: key -> blob on disk. It heals itself: a plan that is stale, short or damaged is built again
// and replaced, with one log line; a folder that cannot be written costs a warning and nothing else.
#pragma once

#include "cache/key.h"

#include <atomic>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace vsmlrt::cache {

// Thread-safe, and safe against other processes on the same folder. No function throws because of the disk.
class PlanCache {
public:
    using Blob = std::vector<std::byte>;

    // The folder is made when first needed. An empty path makes a cache that never holds anything. The limit
    // is in bytes of files; the plans used longest ago give way to a new one, and one beyond the limit is not
    // kept.
    PlanCache(std::filesystem::path folder, std::uintmax_t limit_bytes);

    // The blob that was stored under this very key.
    [[nodiscard]] std::optional<Blob> load(const Key &key);

    void store(const Key &key, std::span<const std::byte> blob);

    // Loads, or builds and stores. One process builds a program at a time; others that want it wait and then
    // load. What `build` throws passes through, and nothing is stored; so it is with what it finds not worth
    // keeping (no blob).
    [[nodiscard]] std::optional<Blob> load_or_build(const Key &key,
                                                    const std::function<std::optional<Blob>()> &build);

    // A folder for what a vendor's library keeps for this very key, empty at first and whenever the key of
    // its file name changed; none, with the warning that plans have, where it cannot be made. It counts
    // towards the limit.
    [[nodiscard]] std::optional<std::filesystem::path> kept_folder(const Key &key);

private:
    [[nodiscard]] std::optional<Blob> look(const Key &key, std::string &refusal) const;
    void warn(const std::string &cause);

    std::filesystem::path folder_;
    std::uintmax_t limit_;
    std::atomic<bool> warned_ = false;
};

} // namespace vsmlrt::cache
