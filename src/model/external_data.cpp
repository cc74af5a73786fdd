#include "model/external_data.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"

#include <algorithm>
#include <cstring>

namespace vsmlrt::model {
namespace fs = std::filesystem;
namespace {

// Lexically first, so that no file outside is ever touched; then where links really lead.
void check_location(const fs::path &folder, const std::string &location) {
    const fs::path path = path_of(location);
    const bool climbs = std::find(path.begin(), path.end(), fs::path("..")) != path.end();
    const bool nul = location.find('\0') != std::string::npos;
    if (location.empty() || path.has_root_path() || climbs || nul)
        throw BadModel("external data at \"", location,
                       "\": only a relative path inside the model's folder is accepted");
    const fs::path root = real_path(folder);
    const fs::path real = real_path(folder / path);
    if (std::mismatch(root.begin(), root.end(), real.begin(), real.end()).first != root.end())
        throw BadModel("external data at \"", location, "\" leads out of the model's folder");
}

} // namespace

const std::vector<std::byte> &ExternalData::file(const std::string &location) {
    if (const auto known = files_.find(location); known != files_.end())
        return known->second;
    if (folder_.empty())
        throw BadModel("weights are in the separate file \"", location, "\", which is not available here");
    check_location(folder_, location);
    try {
        return files_.emplace(location, read_file(folder_ / path_of(location))).first->second;
    } catch (const BadArgument &error) {
        throw BadModel("weights are in a separate file: ", error.what());
    }
}

std::span<const std::byte> ExternalData::slice(const std::string &location, std::int64_t offset,
                                               std::int64_t bytes) {
    const std::span<const std::byte> whole = file(location);
    const auto size = static_cast<std::int64_t>(whole.size());
    if (offset < 0 || bytes < 0 || offset > size || bytes > size - offset)
        throw BadModel("external data at \"", location, "\": ", bytes, " bytes at ", offset,
                       " are wanted, the file has ", size);
    return whole.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(bytes));
}

} // namespace vsmlrt::model
