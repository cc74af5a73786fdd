#include "module/device.h"

namespace vsmlrt {

const char *memory_remedy(std::string_view words) {
    // "allocate", "Allocation", "out of memory": vendors agree on no more than these.
    const bool memory = words.find("llocat") != std::string_view::npos ||
                        words.find("out of memory") != std::string_view::npos;
    return memory ? "; use fewer streams (num_streams) or smaller tiles (tilesize)" : "";
}

} // namespace vsmlrt
