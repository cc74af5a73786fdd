#include "module/device.h"

#include <fstream>
#include <unistd.h>

namespace vsmlrt {

std::int64_t host_memory_bytes() {
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    const long page = ::sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? static_cast<std::int64_t>(pages) * page : 0;
}

std::string processor_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (const auto colon = line.find(": ");
            line.rfind("model name", 0) == 0 && colon != std::string::npos)
            return line.substr(colon + 2);
    return "CPU";
}

const char *memory_remedy(std::string_view words) {
    // "allocate", "Allocation", "out of memory": vendors agree on no more than these.
    const bool memory = words.find("llocat") != std::string_view::npos ||
                        words.find("out of memory") != std::string_view::npos;
    return memory ? "; use fewer streams (num_streams) or smaller tiles (tilesize)" : "";
}

} // namespace vsmlrt
