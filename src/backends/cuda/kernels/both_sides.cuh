// For functions that the kernels and the host share.
#pragma once

#ifdef __CUDACC__
#define BOTH_SIDES __host__ __device__ constexpr
#else
#define BOTH_SIDES constexpr
#endif
