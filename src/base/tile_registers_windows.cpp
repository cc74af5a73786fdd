#include "base/tile_registers.h"

#include <cstdint>
#include <windows.h>

namespace vsmlrt {

bool may_use_tile_registers() {
    // Since Windows 11, so looked up.
    using Enable = BOOL(WINAPI *)(std::uint64_t);
    static const bool may = [] {
        const HMODULE kernel = ::GetModuleHandleW(L"kernel32.dll");
        const auto enable = reinterpret_cast<Enable>(reinterpret_cast<void *>(
            kernel ? ::GetProcAddress(kernel, "EnableProcessOptionalXStateFeatures") : nullptr));
        constexpr std::uint64_t tile_data = std::uint64_t{1} << 18U;
        return enable && enable(tile_data) != 0;
    }();
    return may;
}

} // namespace vsmlrt
