// Sizes of the kernel in up.cuh, for the kernel and for who launches it.
#pragma once

#include "layout.cuh"

constexpr int up_pixel = 128;                  // 64 channels
constexpr int up_tiles = 2;                    // rows of the input on their way or being read
constexpr int up_filter_bytes = 64 * up_pixel; // of 64 filters and 64 channels
constexpr int up_barrier_bytes = 512;

// Below, planes: of 64 channels of the input.

// Pixels of the input that are computed at once; twice as many of a row of results. They leave room for four such rows:
// tiles let one warpgroup be less than two pieces behind the other, so that the row that had a place before is then known
// to have arrived, which a wait for the parity of that place's barrier relies on.
BOTH_SIDES int up_columns(int planes) {
    return planes == 1 ? 120 : 104;
}
constexpr int up_fewest_rows = 4;
BOTH_SIDES int up_weight_bytes(int planes) { // of 64 filters in each of four phases
    return 4 * planes * up_filter_bytes;
}
BOTH_SIDES int up_plane_bytes(int planes) {
    return up_columns(planes) * up_pixel;
}
BOTH_SIDES int up_row_bytes(int planes) { // of results
    return 2 * up_columns(planes) * up_pixel;
}
// Shared memory: filters, rows of the input, rows of results, barriers.
BOTH_SIDES int up_rows_begin(int planes) {
    return up_weight_bytes(planes) + up_tiles * planes * up_plane_bytes(planes);
}
BOTH_SIDES int up_rows(int planes) { // of results on their way or in work
    return (shared_limit - up_barrier_bytes - up_rows_begin(planes)) / up_row_bytes(planes);
}
BOTH_SIDES int up_barriers_begin(int planes) {
    return up_rows_begin(planes) + up_rows(planes) * up_row_bytes(planes);
}
BOTH_SIDES int up_shared_bytes(int planes) {
    return up_barriers_begin(planes) + up_barrier_bytes;
}
