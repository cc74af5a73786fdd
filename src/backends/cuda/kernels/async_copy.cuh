// Copies to shared memory that go on while a thread works, 16 bytes at a time; groups of them end in the order in which
// they were committed. Source: PTX ISA, cp.async.
#pragma once
#include "warp_mma.cuh"

#ifdef __CUDACC__
// `bytes`: 16, or 0 for zeros.
DEVICE void copy_async(SharedAddress to, const void *from, int bytes) {
    asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes) : "memory");
}
// The same where `wanted`: without a branch.
DEVICE void copy_async_if(bool wanted, SharedAddress to, const void *from, int bytes) {
    asm volatile("{\n\t.reg .pred wanted;\n\tsetp.ne.s32 wanted, %3, 0;\n\t@wanted cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;\n\t}" ::"r"(to), "l"(from), "r"(bytes), "r"((int)wanted) : "memory");
}
DEVICE void commit_copies() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}
// Until all but the last `Left` groups have ended.
template <int Left>
DEVICE void wait_for_copies() {
    asm volatile("cp.async.wait_group %0;" ::"n"(Left) : "memory");
}
#endif
