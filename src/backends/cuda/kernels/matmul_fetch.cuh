// A tile of an operand of a matrix product on its way from memory, in registers: TILE x TILE_K elements, `N` neighbours
// (one Piece) at a time along the axis whose elements are neighbours.
#pragma once
#include "args.cuh"

enum { TILE = 64, threads = 128 };

template <typename Piece, typename Element, int TILE_K, bool ALONG_K, int N>
struct Fetched {
    static const int pieces = TILE * TILE_K / N / threads;
    static const int across = (ALONG_K ? TILE_K : TILE) / N; // pieces of a row of neighbours
    Piece piece[pieces];

    // outer: along the result's rows (columns), strides in elements.
    DEVICE void load(u64 data, i64 at, i64 outer_stride, i64 k_stride, int outer, int outer_size, int k, int k_size) {
#pragma unroll
        for (int i = 0; i < pieces; ++i) {
            const int number = i * threads + threadIdx.x;
            const int slow = number / across, fast = number % across * N;
            const int o = outer + (ALONG_K ? slow : fast), own_k = k + (ALONG_K ? fast : slow);
            piece[i] = Piece();
            if (o < outer_size && own_k < k_size)
                piece[i] = *(const Piece *)((const Element *)data + at + o * outer_stride + own_k * k_stride);
        }
    }
};
