#include "base/machine.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <sched.h>
#include <string_view>
#include <thread>
#include <unistd.h>

namespace vsmlrt {

std::int64_t memory_bytes() {
    const long pages = ::sysconf(_SC_PHYS_PAGES);
    const long page = ::sysconf(_SC_PAGESIZE);
    return pages > 0 && page > 0 ? static_cast<std::int64_t>(pages) * page : 0;
}

std::uint64_t available_memory_bytes() {
    std::ifstream file("/proc/meminfo");
    for (std::string line; std::getline(file, line);) {
        constexpr std::string_view key = "MemAvailable:";
        if (line.starts_with(key))
            return std::strtoull(line.c_str() + key.size(), nullptr, 10) << 10;
    }
    return std::numeric_limits<std::uint64_t>::max();
}

std::string processor_name() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);)
        if (const auto colon = line.find(": ");
            line.rfind("model name", 0) == 0 && colon != std::string::npos)
            return line.substr(colon + 2);
    return "CPU";
}

int usable_processors() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    return std::max(1, CPU_COUNT(&allowed));
}

std::string nvidia_driver_release() {
    std::string release;
    std::ifstream file("/sys/module/nvidia/version");
    std::getline(file, release);
    return release;
}

} // namespace vsmlrt
