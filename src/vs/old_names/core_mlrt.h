// core.mlrt as the plugins under old names call it.
#pragma once

#include "vs/handles.h"

namespace vsmlrt::vs {

// What a function of core.mlrt answers. BadArgument with its sentence where it fails; Unsupported where the
// core does not have the plugin.
[[nodiscard]] Map call_mlrt(const Host &host, const char *function, const VSMap &arguments);
[[nodiscard]] Map call_mlrt(const Host &host, const char *function);

// The path of the plugin of this namespace in this core; empty where there is none.
[[nodiscard]] std::string plugin_path(const Host &host, const char *name);

// What the plugins' Version says of the interface that they have: vs-mlrt's wheels of this version.
constexpr const char *interface_version = "v17.1";

// The numbers in what core.mlrt.Version says of a backend ("2026.4.1"); `otherwise` where that cannot run
// here.
[[nodiscard]] std::string backend_version(const Host &host, const char *backend, const char *otherwise);

// A text as Python's bytes: vs-mlrt's script and those around it decode what Version and DeviceProperties
// answer.
void add_bytes(const Host &host, VSMap &map, const char *key, const std::string &value);

} // namespace vsmlrt::vs
