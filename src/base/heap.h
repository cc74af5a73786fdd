// The process's heap.
#pragma once

namespace vsmlrt {

// Gives the system back what was freed and the allocator holds on to. Reading and compiling a large network
// leaves as much as its weights behind, in pieces that glibc keeps; no other allocator is known to need it,
// and it does nothing there. Takes some milliseconds; for after a program was built, not for every frame.
void give_back_freed_memory() noexcept;

} // namespace vsmlrt
