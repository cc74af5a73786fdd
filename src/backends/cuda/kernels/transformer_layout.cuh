// Which channel and which column of a product each thread of a warp holds in transformer.cuh. Plain C++: the host
// packs weights by the same functions. A warp's product is 16 rows (tokens) by 8 columns by 16 (mma.m16n8k16): lane
// 4 g + q holds rows g and g + 8. The order of channels is chosen so that a lane holds neighbouring ones.
#pragma once

#include "both_sides.cuh"

// Channel that stands in place k of the inner axis of a product over 16 * `steps` channels: lane q has 4 * steps
// neighbours, four in each step (places 2q, 2q + 1, 2q + 8, 2q + 9).
BOTH_SIDES int channel_of_inner(int k, int steps) {
    return k % 8 / 2 * 4 * steps + k / 16 * 4 + k % 16 / 8 * 2 + k % 2;
}
// Channel that stands in column n of a product with 16 * `steps` channels as its columns.
BOTH_SIDES int channel_of_column(int n, int steps) {
    return n % 8 / 2 * 4 * steps + n / 8 * 2 + n % 2;
}
// Where a weight lies: of a product's columns two eights (n / 16) at a time, all steps of the inner axis, a lane's
// eight elements (four of each eight) next to each other.
BOTH_SIDES int weight_place(int k, int n, int steps) {
    return ((n / 16 * steps + k / 16) * 32 + n % 8 * 4 + k % 8 / 2) * 8 + n % 16 / 8 * 4 + k % 16 / 8 * 2 + k % 2;
}
// Where the summand of the score of query `row` and key `column` (below 64) lies among the 16 rows of its warp.
BOTH_SIDES int score_place(int row, int column) {
    return (column / 16 * 32 + row % 8 * 4 + column % 8 / 2) * 8 + column % 16 / 8 * 4 + row % 16 / 8 * 2 + column % 2;
}
