// Frame properties that say what samples mean.
#pragma once

#include "vs/color.h"
#include "vs/handles.h"

#include <array>
#include <span>

namespace vsmlrt::vs {

constexpr std::array<const char *, 5> meaning_properties = {"_ChromaLocation", "_Matrix", "_Range",
                                                            "_Transfer", "_Primaries"};

// Those that a conversion gives another value, the first of them where only the chroma's size changes. Others
// keep the source's, so that what was unspecified stays so.
inline std::span<const char *const> changed_meaning(const VSVideoFormat &from, const VSVideoFormat &to) {
    const std::span<const char *const> all = meaning_properties;
    if (from.colorFamily != to.colorFamily || has_color_choice(from) != has_color_choice(to))
        return all;
    const bool same_sites = from.subSamplingW == to.subSamplingW && from.subSamplingH == to.subSamplingH;
    return all.first(same_sites ? 0 : 1);
}

// Makes these properties of `to` those of `from`; what `from` does not say is removed.
inline void copy_meaning(const Host &host, std::span<const char *const> names, const VSMap *from, VSMap *to) {
    for (const char *name : names) {
        host.api->mapDeleteKey(to, name);
        int error = 0;
        const std::int64_t value = host.api->mapGetInt(from, name, 0, &error);
        if (!error)
            host.api->mapSetInt(to, name, value, maReplace);
    }
}

} // namespace vsmlrt::vs
