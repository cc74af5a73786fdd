// The backends of this process: the modules libvsmlrt_NAME.so next to the plugin, each loaded when first
// asked for. Thread-safe.
#pragma once

#include "engine/backend.h"

#include <filesystem>
#include <optional>

namespace vsmlrt::engine {

// Where modules are looked for; the plugin's own folder unless set (tests). Set before the first use only.
void set_module_folder(const std::filesystem::path &folder);

struct BackendState {
    std::string name;
    std::optional<Backend> backend; // absent where it cannot run here
    std::string reason;             // then why, and what to install
};

// Every module there is, by name.
[[nodiscard]] std::vector<BackendState> list_backends();

// "auto": the one of the highest rank that can run here. BadArgument for a name that is not a module's, with
// those that are; Unsupported, with reason and remedy, for one that cannot run here.
[[nodiscard]] Backend find_backend(const std::string &name);

// Those that "auto" asks, the highest rank first. Unsupported, with each one's reason, where none can run
// here.
[[nodiscard]] std::vector<Backend> automatic_backends();

// The device of this id, or, if `id` is empty, the one at `index` of the backend's list. BadArgument naming
// what there is.
[[nodiscard]] DeviceInfo find_device(const Backend &backend, const std::string &id, int index);

} // namespace vsmlrt::engine
