// A module whose library is missing cannot be loaded and asked, so what would bring it stands
// in a text file next to it; why one cannot run is kept and told to whoever asks for it.
#include "engine/registry.h"

#include "base/environment.h"
#include "base/file.h"
#include "base/library_names.h"
#include "base/log.h"
#include "base/path.h"
#include "base/shared_library.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <mutex>

namespace vsmlrt::engine {
namespace fs = std::filesystem;
namespace {

constexpr const char *prefix = "libvsmlrt_";
constexpr const char *absent_ending = ".absent"; // a text file: why this system has no such backend

struct Modules {
    std::mutex mutex;
    fs::path folder;
    std::map<std::string, BackendState> loaded;
};

Modules &modules() {
    // Never destroyed: filters may outlive static destruction.
    static auto *const instance = new Modules;
    return *instance;
}

std::vector<std::string> module_names(const fs::path &folder) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto &entry : fs::directory_iterator(folder, ignored)) {
        const std::string stem = text_of(entry.path().stem());
        const fs::path ending = entry.path().extension();
        if ((ending == library_ending || ending == absent_ending) && stem.rfind(prefix, 0) == 0)
            names.push_back(stem.substr(std::string(prefix).size()));
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::string variable_of(const std::string &name) {
    std::string variable = "VSMLRT_" + name;
    std::transform(variable.begin(), variable.end(), variable.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return variable;
}

// Empty for a backend that this system can have.
std::string absence(const fs::path &module) {
    std::ifstream file(fs::path(module).replace_extension(absent_ending));
    std::string reason;
    std::getline(file, reason);
    return reason;
}

std::string remedy(const fs::path &module, const std::string &variable) {
    std::ifstream file(fs::path(module).replace_extension(".package"));
    std::string requirement;
    if (!std::getline(file, requirement))
        return {};
    return text("; install it with: pip install ", requirement, " (or set ", variable,
                " to the folder that holds it)");
}

// A module has a log of its own, whose lines are this process's.
void write_log(std::int32_t level, const char *line) {
    log(static_cast<LogLevel>(level), line);
}

// What a module needs and the loader does not find, from the folder that the user names or its subfolder
// libs.
bool open_from(const fs::path &folder, const std::string &name) {
    if (name.find('/') != std::string::npos)
        return false;
    for (const fs::path &file : {folder / name, folder / "libs" / name}) {
        try {
            static_cast<void>(SharedLibrary(file));
            return true;
        } catch (const Unsupported &) {
            continue;
        }
    }
    return false;
}

BackendState load(const fs::path &folder, const std::string &name) {
    BackendState state;
    state.name = name;
    const fs::path path = folder / (prefix + name + std::string(library_ending));
    if (state.reason = absence(path); !state.reason.empty())
        return state;
    const std::string variable = variable_of(name);
    const std::string folder_of_user = environment(variable.c_str());
    try {
        const SharedLibrary library(path, [&](const std::string &missing) {
            return !folder_of_user.empty() && open_from(path_of(folder_of_user), missing);
        });
        const auto entry =
            reinterpret_cast<decltype(&vsmlrt_backend_entry)>(library.symbol("vsmlrt_backend_entry"));
        const vsmlrt_backend *table = entry(VSMLRT_INTERFACE_VERSION);
        if (!table)
            throw Unsupported("the module ", text_of(path), " is of another version than the plugin");
        table->set_log(write_log);
        const Backend backend(*table);
        backend.probe();
        state.backend = backend;
    } catch (const Error &failure) {
        state.reason = failure.what() + remedy(path, variable);
    }
    return state;
}

const BackendState &state_of(Modules &all, const std::string &name) {
    const auto known = all.loaded.find(name);
    return known != all.loaded.end() ? known->second
                                     : all.loaded.emplace(name, load(all.folder, name)).first->second;
}

Modules &locked_modules(std::unique_lock<std::mutex> &lock) {
    Modules &all = modules();
    lock = std::unique_lock(all.mutex);
    if (all.folder.empty())
        all.folder = absolute_path(own_file()).parent_path();
    return all;
}

std::vector<Backend> ranked(Modules &all, const std::vector<std::string> &names) {
    std::vector<Backend> found;
    std::vector<std::string> reasons;
    for (const std::string &name : names) {
        const BackendState &state = state_of(all, name);
        if (!state.backend)
            reasons.push_back(name + ": " + state.reason);
        else if (state.backend->rank() >= 0)
            found.push_back(*state.backend);
    }
    if (found.empty())
        throw Unsupported("no backend can run on this machine (", join(reasons, "; "), ")");
    std::stable_sort(found.begin(), found.end(),
                     [](const Backend &a, const Backend &b) { return a.rank() > b.rank(); });
    return found;
}

// Why there is no such device: what is known of the group that the id begins with ("WebGPU" of "WebGPU.0"),
// else of all that are absent.
std::string absences_of(const Backend &backend, const std::string &id) {
    std::vector<std::string> all;
    for (const Absence &absence : backend.absences()) {
        if (id == absence.group || id.starts_with(absence.group + "."))
            return text(" (", absence.reason, ")");
        all.push_back(text(absence.group, ": ", absence.reason));
    }
    return all.empty() ? std::string() : text(" (", join(all, "; "), ")");
}

} // namespace

void set_module_folder(const fs::path &folder) {
    Modules &all = modules();
    const std::lock_guard lock(all.mutex);
    all.folder = folder;
}

std::vector<BackendState> list_backends() {
    std::unique_lock<std::mutex> lock;
    Modules &all = locked_modules(lock);
    std::vector<BackendState> states;
    for (const std::string &name : module_names(all.folder))
        states.push_back(state_of(all, name));
    return states;
}

Backend find_backend(const std::string &name) {
    std::unique_lock<std::mutex> lock;
    Modules &all = locked_modules(lock);
    const std::vector<std::string> names = module_names(all.folder);
    if (name == "auto")
        return ranked(all, names).front();
    if (std::find(names.begin(), names.end(), name) == names.end())
        throw BadArgument("\"backend\" must be auto or one of ", join(names, ", "), "; got \"", name, "\"");
    const BackendState &state = state_of(all, name);
    if (!state.backend)
        throw Unsupported("backend ", name, " cannot run on this machine: ", state.reason);
    return *state.backend;
}

std::vector<Backend> automatic_backends() {
    std::unique_lock<std::mutex> lock;
    Modules &all = locked_modules(lock);
    return ranked(all, module_names(all.folder));
}

DeviceInfo find_device(const Backend &backend, const std::string &id, int index) {
    std::vector<DeviceInfo> devices = backend.devices();
    std::vector<std::string> names;
    for (const DeviceInfo &device : devices) {
        if (!id.empty() && device.id == id)
            return device;
        names.push_back(device.id);
    }
    if (devices.empty())
        throw Unsupported("backend ", backend.name(), " has no device on this machine");
    if (!id.empty())
        throw BadArgument("\"device\" must be one of ", join(names, ", "), " for backend ", backend.name(),
                          "; got \"", id, "\"", absences_of(backend, id));
    if (index < 0 || index >= static_cast<int>(devices.size()))
        throw BadArgument("\"device_id\" must be 0 to ", devices.size() - 1, " for backend ", backend.name(),
                          " (", join(names, ", "), "); got ", index);
    return devices[static_cast<std::size_t>(index)];
}

} // namespace vsmlrt::engine
