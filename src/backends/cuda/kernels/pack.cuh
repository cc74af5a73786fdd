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
struct Word<1> {
    typedef unsigned char type;
};
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

// Neighbours as they lie in a word of memory, of which one is taken when it is needed.
template <typename T, int N>
struct Packed {
#ifdef __CUDACC__
    typedef typename Word<sizeof(T) * N>::type word_t;
    word_t word;
    DEVICE static Packed read(const T *from) { return {*(const word_t *)from}; }
    DEVICE static Packed of(const T (&items)[N]) {
        Parts parts;
#pragma unroll
        for (int i = 0; i < N; ++i)
            parts.item[i] = items[i];
        return {parts.word};
    }
    DEVICE T item(int i) const {
        Parts parts;
        parts.word = word;
        return parts.item[i];
    }

    union Parts {
        word_t word;
        T item[N];
    };
#else
    Pack<T, N> pack;
    static Packed read(const T *from) { return {*(const Pack<T, N> *)from}; }
    static Packed of(const T (&items)[N]) {
        Packed both;
        for (int i = 0; i < N; ++i)
            both.pack.item[i] = items[i];
        return both;
    }
    T item(int i) const { return pack.item[i]; }
#endif
};

// Of a tensor.
template <typename T>
DEVICE Pack<T, 4> packed_four(const float (&value)[4]) {
    Pack<T, 4> pack;
    for (int i = 0; i < 4; ++i)
        pack.item[i] = Put<T>::from(value[i]);
    return pack;
}
#ifdef __CUDACC__
template <>
DEVICE Pack<half_t, 4> packed_four<half_t>(const float (&value)[4]) {
    union {
        uint2 words;
        Pack<half_t, 4> pack;
    } both;
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(both.words.x) : "f"(value[1]), "f"(value[0]));
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(both.words.y) : "f"(value[3]), "f"(value[2]));
    return both.pack;
}
#endif
