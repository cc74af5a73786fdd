// What modules say of devices alike.
#pragma once

#include "base/error.h"

#include <string>
#include <string_view>
#include <vector>

namespace vsmlrt {

// The one of `devices`, which have an `id`, that is asked for. BadArgument for an id that none has, naming
// what `library` has, and then `absences`: why others are absent (" (WebGPU: it lists no device)"), or
// nothing.
template <typename Devices>
[[nodiscard]] auto &device_of(Devices &devices, std::string_view id, std::string_view library,
                              const std::string &absences = {}) {
    std::vector<std::string> known;
    for (auto &device : devices) {
        if (device.id == id)
            return device;
        known.push_back(device.id);
    }
    throw BadArgument(library, " has no device \"", id, "\" on this machine; it has ", join(known, ", "),
                      absences);
}

// Ends a message with what helps where memory does not do; empty if the library's words are about something
// else.
[[nodiscard]] const char *memory_remedy(std::string_view words);

} // namespace vsmlrt
