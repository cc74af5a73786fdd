// A plugin's entry is not told which core loads it, and the core refuses, with a warning, a second plugin of
// a name. So whether vs-mlrt's own plugin is there is found out from the files that the core loads by itself,
// and from those that this process has loaded.
#include "vs/old_names/old_name.h"

#include "base/environment.h"
#include "base/library_names.h"
#include "base/path.h"
#include "base/shared_library.h"
#include "base/text.h"
#include "vs/log_scope.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

namespace vsmlrt::vs {
namespace fs = std::filesystem;
namespace {

enum class Asked { nothing, on, off };

// By VSMLRT_OLD_NAMES: "1" turns all names on, "0" off, "ov,ort" all off but these; unset or empty says
// nothing.
Asked asked_for(std::string_view name) {
    const std::string variable = environment("VSMLRT_OLD_NAMES");
    std::string_view given = variable;
    if (given.empty())
        return Asked::nothing;
    if (given == "1")
        return Asked::on;
    while (!given.empty()) {
        const std::size_t end = std::min(given.find_first_of(", "), given.size());
        if (given.substr(0, end) == name)
            return Asked::on;
        given.remove_prefix(std::min(end + 1, given.size()));
    }
    return Asked::off;
}

bool has_name_of(const fs::path &file, const OldName &old_name) {
    const std::string name = text_of(file.filename());
    return name.find(text(old_name.stem, ".")) != std::string::npos && file.extension() == library_ending;
}

bool contains(const fs::path &file, std::string_view wanted) {
    std::ifstream stream(file, std::ios::binary);
    const std::string content(std::istreambuf_iterator<char>(stream), {});
    return content.find(wanted) != std::string::npos;
}

bool is_peer(const fs::path &file, const OldName &old_name) {
    return has_name_of(file, old_name) && contains(file, old_name.identifier);
}

// The folders whose plugins the core loads by itself: its own, and the one that the user names.
std::vector<fs::path> autoload_folders(const VSPLUGINAPI &api) {
    std::vector<fs::path> folders;
    const fs::path core = file_of(reinterpret_cast<const void *>(api.registerFunction));
    if (!core.empty())
        folders.push_back(core.parent_path() / "plugins");
    if (const std::string extra = environment("VAPOURSYNTH_EXTRA_PLUGIN_PATH"); !extra.empty())
        folders.push_back(path_of(extra));
    return folders;
}

bool lies_in(const fs::path &folder, const OldName &old_name) {
    std::error_code failure;
    auto entry =
        fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, failure);
    for (; !failure && entry != fs::recursive_directory_iterator(); entry.increment(failure))
        if (is_peer(entry->path(), old_name))
            return true;
    return false;
}

bool is_taken(const OldName &old_name, const VSPLUGINAPI &api) {
    const std::vector<fs::path> loaded = loaded_libraries();
    const std::vector<fs::path> folders = autoload_folders(api);
    return std::any_of(loaded.begin(), loaded.end(),
                       [&](const fs::path &file) { return is_peer(file, old_name); }) ||
           std::any_of(folders.begin(), folders.end(),
                       [&](const fs::path &folder) { return lies_in(folder, old_name); });
}

// vsjetpack's own selector takes the first of these plugins that it finds, and then builds an engine with the
// vendor's Python package. It lies next to VapourSynth's package, or next to this one's.
bool is_builder_installed(const VSPLUGINAPI &api) {
    const auto has_builder = [](fs::path from) {
        for (; from.has_relative_path(); from = from.parent_path())
            if (std::error_code failure;
                from.filename() == "vapoursynth" &&
                fs::exists(from.parent_path() / "vsscale" / "mlrt" / "backend" / "trt.py", failure))
                return true;
        return false;
    };
    return has_builder(own_file()) ||
           has_builder(file_of(reinterpret_cast<const void *>(api.registerFunction)));
}

bool stands_aside(const OldName &old_name, const VSPLUGINAPI &api) {
    const Asked asked = asked_for(old_name.name);
    return asked == Asked::off || is_taken(old_name, api) ||
           (asked == Asked::nothing && old_name.means_engines && is_builder_installed(api));
}

} // namespace

void configure(const OldName &old_name, VSPlugin *plugin, const VSPLUGINAPI *api) {
    route_log();
    const bool aside = stands_aside(old_name, *api);
    const std::string name = aside ? text("mlrt_", old_name.name) : old_name.name;
    api->configPlugin(text("io.github.vsmlrt.", old_name.name).c_str(), name.c_str(), old_name.title,
                      VS_MAKE_VERSION(VSMLRT_VERSION_MAJOR, VSMLRT_VERSION_MINOR), VAPOURSYNTH_API_VERSION, 0,
                      plugin);
}

fs::path file_of_name(const OldName &old_name) {
    return own_file().replace_filename(path_of(text("libmlrt_", old_name.name, library_ending)));
}

} // namespace vsmlrt::vs
