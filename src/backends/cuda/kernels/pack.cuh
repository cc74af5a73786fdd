// Neighbours in memory that are read or written by one access.
#pragma once

template <typename T, int N>
struct alignas(sizeof(T) * N) Pack {
    T item[N];
};

// What the device reads them by.
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

// Neighbours as they lie in a word of memory, of which one is taken when it is needed.
template <typename T, int N>
struct Packed {
#ifdef __CUDACC__
    typedef typename Word<sizeof(T) * N>::type word_t;
#else
    typedef Pack<T, N> word_t;
#endif
    union Parts {
        word_t word;
        T item[N];
    };
    word_t word;

    DEVICE static Packed read(const T *from) { return {*(const word_t *)from}; }
    // From memory that the kernel does not write. Such loads are moved further ahead, for which the kernels of frames, who
    // read ahead themselves, would take up to 50 registers more.
    DEVICE static Packed read_constant(const T *from) {
#ifdef __CUDACC__
        return {__ldg((const word_t *)from)};
#else
        return read(from);
#endif
    }
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
};

// From element x of a row on by one access if `together`, else each from its place in the row.
template <bool together, typename T, int N>
DEVICE Packed<T, N> read_neighbours(const T *row, int x, const int *place) {
    if (together)
        return Packed<T, N>::read(row + x);
    T item[N];
#pragma unroll
    for (int i = 0; i < N; ++i)
        item[i] = row[place[i]];
    return Packed<T, N>::of(item);
}

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
