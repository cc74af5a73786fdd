// A plugin under a name of vs-mlrt's ("core.ov"), whose functions are calls of core.mlrt. Each name is a
// library of its own, because VapourSynth has one namespace a library, and in it is nothing but a call of
// this one's vsmlrt_register_NAME (stub.cpp).
#pragma once

#include "vs/handles.h"
#include "vsmlrt/backend.h"

#include <filesystem>

namespace vsmlrt::vs {

struct OldName {
    const char *name = nullptr;  // the namespace: "ov"
    const char *title = nullptr; // what the plugin is called
    // vs-mlrt's own plugin of that name, which keeps it where it is installed.
    const char *stem = nullptr;       // its file's name without "lib" and ".so": "vsov"
    const char *identifier = nullptr; // what stands in that file
    // Whether wrappers take a plugin of this name for a sign that they can build engines for it.
    bool means_engines = false;
};

// Configures the plugin under its name. Under "mlrt_NAME" instead, because VapourSynth warns of every plugin
// that finds its name taken, where VSMLRT_OLD_NAMES leaves it out or vs-mlrt's own plugin is loaded or will
// be; and, unless VSMLRT_OLD_NAMES asks for it, where it means engines and a wrapper is installed that then
// builds them by itself (vsjetpack from 2.0 on).
void configure(const OldName &old_name, VSPlugin *plugin, const VSPLUGINAPI *api);

// The library of that name, which lies next to this one.
[[nodiscard]] std::filesystem::path file_of_name(const OldName &old_name);

} // namespace vsmlrt::vs
