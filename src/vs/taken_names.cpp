// A plugin's entry has no core whose log it could write to, so the line comes with the first function called.
#include "base/log.h"
#include "base/text.h"
#include "vs/functions.h"

namespace vsmlrt::vs {

void note_taken_names(const Host &host) {
    for (const char *name : {"ov", "ort", "ncnn", "trt", "trt_rtx", "migx"}) {
        const std::string own = text("mlrt_", name);
        if (!host.api->getPluginByNamespace(own.c_str(), host.core))
            continue;
        VSPlugin *other = host.api->getPluginByNamespace(name, host.core);
        const char *path = other ? host.api->getPluginPath(other) : nullptr;
        log_once(LogLevel::debug, text("core.", name, " is left to ", path ? path : "who wants it",
                                       "; what this package has by that name is core.", own));
    }
}

} // namespace vsmlrt::vs
