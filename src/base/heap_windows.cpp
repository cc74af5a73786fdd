#include "base/heap.h"

#include <malloc.h>

namespace vsmlrt {

void give_back_freed_memory() noexcept {
    ::_heapmin();
}

void ask_for_large_pages(void *, std::size_t) noexcept {}

} // namespace vsmlrt
