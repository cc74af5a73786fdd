#include "base/heap.h"

#include <cstdint>
#include <cstdlib>
#include <sys/mman.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace vsmlrt {

void give_back_freed_memory() noexcept {
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

void ask_for_large_pages(void *memory, std::size_t bytes) noexcept {
    constexpr std::uintptr_t page = std::uintptr_t{2} << 20;
    constexpr std::uintptr_t small_page = 4096;
    if (bytes < 4 * page)
        return;
    const auto address = reinterpret_cast<std::uintptr_t>(memory);
    const std::uintptr_t begin = (address + small_page - 1) / small_page * small_page;
    const std::uintptr_t end = (address + bytes) / small_page * small_page;
    static_cast<void>(::madvise(static_cast<char *>(memory) + (begin - address), end - begin, MADV_HUGEPAGE));
}

} // namespace vsmlrt
