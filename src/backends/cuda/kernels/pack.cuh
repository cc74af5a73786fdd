// Neighbours in memory that are read or written by one access.
#pragma once

template <typename T, int N>
struct alignas(sizeof(T) * N) Pack {
    T item[N];
};

#ifdef __CUDACC__
template <int Bytes>
struct Word;
template <>
struct Word<2> {
    typedef unsigned short type;
};
template <>
struct Word<4> {
    typedef unsigned type;
};
template <>
struct Word<8> {
    typedef uint2 type;
};
template <>
struct Word<16> {
    typedef uint4 type;
};
#endif

// From memory that the kernel does not write.
template <typename T, int N>
DEVICE Pack<T, N> read_pack(const void *from) {
#ifdef __CUDACC__
    union {
        typename Word<sizeof(T) * N>::type word;
        Pack<T, N> pack;
    } both;
    both.word = __ldg((const typename Word<sizeof(T) * N>::type *)from);
    return both.pack;
#else
    return *(const Pack<T, N> *)from;
#endif
}
