// Sizes of the kernel in expression_convolution.cuh and the order of its weights, for the kernel and for who
// packs them.
#pragma once

#include "both_sides.cuh"

// The filter whose sum is element `element` of fragment column `column` (lane & 3) of block `block` of 8, of
// `blocks`: so that those of four blocks are eight neighbours, or those of the last two, where there are no
// four, four.
BOTH_SIDES int filter_of_fragment(int block, int column, int element, int blocks) {
    return block / 4 * 4 + 4 <= blocks ? 32 * (block / 4) + 8 * column + 2 * (block % 4) + element
                                       : 16 * (block / 2) + 4 * column + 2 * (block % 2) + element;
}

// Columns of pixels that a tile of `width` results reads.
BOTH_SIDES int tile_columns(int width) {
    return 2 * width + 1;
}
// Rows of pixels, and those in front of them that threads of several rows compute as well, whose rows begin
// at a multiple.
BOTH_SIDES int tile_lines(int height) {
    return 2 * height + 1;
}
BOTH_SIDES int lines_in_front(int rows) {
    return rows - 1;
}
BOTH_SIDES int line_groups(int height, int rows) {
    return (tile_lines(height) + lines_in_front(rows) + rows - 1) / rows;
}
// In shared memory: even columns and odd ones have equally much room.
BOTH_SIDES int tile_pixels(int width, int height) {
    return tile_lines(height) * 2 * (width + 1);
}
