// How operands lie in shared memory and how the tensor cores' descriptors say so. Plain C++: the host packs
// weights by the same functions.
#pragma once

#include "../both_sides.cuh"

// A row of an operand (a pixel's channels, a filter's taps) is 32, 64 or 128 bytes and its 16-byte chunks are
// exchanged by the copy engine's swizzle, a function of the address in shared memory: bits 4.. ^= bits 7.. .
// As it sees absolute addresses, an operand that begins at a multiple of 1024 bytes may be read from any of
// its rows on, which is what a tap of a convolution is. Rows of 16 bytes are not swizzled.
//
//      128 bytes: row r        chunk c lies at c ^ (r % 8)
//       64 bytes: rows 2r,2r+1 chunk c lies at c ^ (r % 4)
//       32 bytes: rows 4r..+3  chunk c lies at c ^ (r % 2)
BOTH_SIDES int swizzled_chunk(int row, int chunk, int row_bytes) {
    return chunk ^ (((row * row_bytes) >> 7) & (row_bytes / 16 - 1));
}

// Byte of element `k` (2 bytes each) of row `row` in an operand of rows of row_bytes.
BOTH_SIDES int swizzled_byte(int row, int k, int row_bytes) {
    return row * row_bytes + swizzled_chunk(row, k / 8, row_bytes) * 16 + k % 8 * 2;
}

// Filter of row r of 16 accumulator rows, where a thread is to end up with four neighbouring channels of a
// pixel: the thread holds rows g and g + 8 (g = lane / 4), and transposing 8x8 blocks gives it columns 2(lane
// % 4), +1 of both blocks.
BOTH_SIDES int channel_of_row(int row) {
    return 4 * (row % 8 / 2) + row % 2 + 2 * (row / 8);
}

// The channel that place `place` of a block of filters holds where a pixel shuffle by `shuffle` makes pixels
// of `lanes` channels of them: the first pixel's, then its right neighbour's, and so on. `channels`, one too
// high, for places that only fill up.
BOTH_SIDES int shuffled_channel(int place, int lanes, int shuffle, int channels) {
    const int block = place / lanes, channel = place % lanes * shuffle * shuffle + block;
    return block < shuffle * shuffle && channel < channels ? channel : channels;
}

BOTH_SIDES int rounded_up(int value, int multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

constexpr int shared_limit = 232448; // bytes a block can have on architecture 90
// The same where a multiprocessor is to have room for so many blocks, each with 1024 bytes of the system's.
BOTH_SIDES int shared_of_block(int blocks) {
    return (shared_limit + 1024) / blocks / 128 * 128 - 1024;
}

// Descriptor field of a swizzle: 0 none, 1 128 bytes, 2 64, 3 32.
BOTH_SIDES int swizzle_code(int row_bytes) {
    return row_bytes == 128 ? 1 : row_bytes == 64 ? 2 : row_bytes == 32 ? 3 : 0;
}
