#include "base/heap.h"

#include <malloc.h>

namespace vsmlrt {

void give_back_freed_memory() noexcept {
    ::_heapmin();
}

} // namespace vsmlrt
