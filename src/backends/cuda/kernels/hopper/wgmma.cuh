// Around the warpgroup's matrix products; the products themselves (struct Product<N>) are generated before
// this text.
#pragma once

#include "layout.cuh"

#ifdef __CUDACC__
DEVICE void products_begin() {
    asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}
DEVICE void products_commit() {
    asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}
template <int pending>
DEVICE void products_wait() {
    asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(pending) : "memory");
}
#endif

// Descriptor of an operand whose rows of k lie one after another. group_bytes: from 8 rows to the next 8
// rows, any multiple of a row, so that a window of a picture is 8 pixels wide and as high as one likes.
// Without a swizzle, chunk_bytes is the distance of the two 16-byte halves of a step of 16 k.
DEVICE u64 descriptor(u32 address, int row_bytes, u32 group_bytes, u32 chunk_bytes = 16) {
    return (static_cast<u64>(address & 0x3ffff) >> 4) | (static_cast<u64>(chunk_bytes >> 4) << 16) |
           (static_cast<u64>(group_bytes >> 4) << 32) | (static_cast<u64>(swizzle_code(row_bytes)) << 62);
}
DEVICE u64 moved(u64 descriptor, int bytes) {
    return descriptor + static_cast<u64>(bytes >> 4);
}
