// core.VSMLRT_OLD_NAME: a library for the name, whose work is the plugin's (old_name.h).
#include "base/launch.h"

#include <VapourSynth4.h>

VS_EXTERNAL_API(void) VapourSynthPluginInit2(VSPlugin *plugin, const VSPLUGINAPI *api) {
    using Register = void (*)(VSPlugin *, const VSPLUGINAPI *);
    void *const found = vsmlrt::function_next_to(reinterpret_cast<const void *>(&VapourSynthPluginInit2),
                                                 VSMLRT_PLUGIN_FILE, "vsmlrt_register_" VSMLRT_OLD_NAME);
    // Without it this is not a plugin, which VapourSynth says.
    if (found)
        reinterpret_cast<Register>(found)(plugin, api);
}
