// The process's heap.
#pragma once

#include <cstddef>

namespace vsmlrt {

// Gives the system back what was freed and the allocator holds on to. Reading and compiling a large network
// leaves as much as its weights behind, in pieces that glibc keeps; no other allocator is known to need it,
// and it does nothing there. Takes some milliseconds; for after a program was built, not for every frame.
void give_back_freed_memory() noexcept;

// Asks the system to back memory that is about to be written with large pages, of which a plane of 8K takes
// 16 faults instead of 8,000. A hint: it changes no contents, and does nothing for less than four of such
// pages, and where the system has none or takes them by itself.
void ask_for_large_pages(void *memory, std::size_t bytes) noexcept;

} // namespace vsmlrt
