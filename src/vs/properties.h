// Frame properties that say what samples mean.
#pragma once

#include "vs/color.h"
#include "vs/handles.h"

#include <array>
#include <span>

namespace vsmlrt::vs {

// Transfer and primaries are not among them: no conversion here changes these.
constexpr std::array<const char *, 3> meaning_properties = {"_ChromaLocation", "_Matrix", "_Range"};

// Those that a conversion gives another value, the first of them where only the chroma's size changes. Others
// keep the source's, so that what was unspecified stays so.
inline std::span<const char *const> changed_meaning(const VSVideoFormat &from, const VSVideoFormat &to) {
    const std::span<const char *const> all = meaning_properties;
    // Floats of RGB may say any range, and integers made of them have the full one.
    const bool to_integers = from.sampleType == stFloat && to.sampleType == stInteger;
    if (from.colorFamily != to.colorFamily || has_color_choice(from) != has_color_choice(to) ||
        (to.colorFamily == cfRGB && to_integers))
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

// RGB is not YUV and GRAY is not RGB, whatever the frame was made from; resize refuses frames that say so.
inline void set_family(const Host &host, const VSVideoFormat &format, VSMap *properties) {
    int error = 0;
    const std::int64_t matrix = host.api->mapGetInt(properties, "_Matrix", 0, &error);
    if (format.colorFamily == cfRGB)
        host.api->mapSetInt(properties, "_Matrix", 0, maReplace);
    else if (!error && matrix == 0)
        host.api->mapDeleteKey(properties, "_Matrix");
}

// A frame of another height has no fields.
inline void set_progressive(const Host &host, VSMap *properties) {
    int error = 0;
    if (host.api->mapGetInt(properties, "_FieldBased", 0, &error) > 0)
        host.api->mapSetInt(properties, "_FieldBased", 0, maReplace);
    host.api->mapDeleteKey(properties, "_Field");
}

} // namespace vsmlrt::vs
