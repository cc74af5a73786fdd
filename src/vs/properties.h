// Frame properties that say what samples mean.
#pragma once

#include "vs/handles.h"

#include <array>

namespace vsmlrt::vs {

constexpr std::array meaning_properties = {"_Matrix", "_Range", "_ChromaLocation", "_Transfer", "_Primaries"};

// Makes the meaning of `to` that of `from`; what `from` does not say is removed.
inline void copy_meaning(const Host &host, const VSMap *from, VSMap *to) {
    for (const char *name : meaning_properties) {
        host.api->mapDeleteKey(to, name);
        int error = 0;
        const std::int64_t value = host.api->mapGetInt(from, name, 0, &error);
        if (!error)
            host.api->mapSetInt(to, name, value, maReplace);
    }
}

} // namespace vsmlrt::vs
