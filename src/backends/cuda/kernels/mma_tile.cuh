// What mma.cuh and mma_stream.cuh have in common: the halo of a tile of pixels on its way to shared memory,
// and the places of a warp's pixels in it. In front stand TILE_W, TILE_H,
// CHUNK, BLOCKS, HALO_W, HALO_H, STEP_Y, STEP_X, SCALE (phases a side: output pixel = SCALE * pixel of the
// phase + phase), SPREAD (phases a side that are channels: filter (channel * SPREAD + phase y) * SPREAD +
// phase x), PIXEL_BLOCKS (of 16 pixels a warp; whole rows of the tile), BRAIN, PRODUCT, OUTPUT_FLOATS
// (vectors of 4 floats may be stored), TENSOR_VECTORS, WHOLE_EIGHTS (of channels).
#pragma once
#include "args.cuh"
#include "async_copy.cuh"
#include "mma_args.cuh"
#include "mma_products.cuh"

enum {
    warps = TILE_W * TILE_H / (16 * PIXEL_BLOCKS),
    halo_bytes = HALO_W * HALO_H * pixel_bytes,
    of_group = mma_group(BLOCKS),
    groups = BLOCKS / of_group,
    neighbours = 2 * of_group, // channels of a thread's in each group
};

// Where SHRINKS stands in front (mma_shrink.cuh), a halo's even columns lie before its odd ones, and so do
// the pixels of a product, as one and its right neighbour are to be one thread's. The tile is 16 pixels wide.
#if SHRINKS
enum { evens_first = 1 };
#else
enum { evens_first = 0 };
#endif
DEVICE int place_of_column(int column) {
    return evens_first ? (column >> 1) + (column & 1) * ((HALO_W + 1) / 2) : column;
}
DEVICE int column_of_lane(int lane) {
    const int row = pixel_of_lane(lane); // of the product
    return evens_first ? row % 8 * 2 + row / 8 : row;
}

// Pieces of a halo by the threads of a block: whole rows, and the rest of the threads are idle, or all of
// them one behind the other, whatever takes fewer turns.
enum {
    pieces_of_row = HALO_W * pieces,
    fits_row = pieces_of_row <= warps * 32,
    rows_at_once = fits_row ? warps * 32 / pieces_of_row : 1,
    turns_of_rows = (HALO_H + rows_at_once - 1) / rows_at_once,
    pixels_at_once = warps * 32 / pieces,
    turns_of_pixels = (HALO_W * HALO_H + pixels_at_once - 1) / pixels_at_once,
};

// A thread copies one piece of a pixel of every so many rows.
struct HaloByRows {
    const char *from;
    u32 inside; // a bit for each turn
    int lanes;  // left of the pixel, from this thread's piece on

    // `y`, `x`: of the halo's corner.
    DEVICE void begin(const MmaArgs &args, int y, int x) {
        const int row = threadIdx.x / pieces_of_row, rest = threadIdx.x % pieces_of_row;
        const int lane = rest % pieces * (16 / element_bytes);
        y += row;
        x += rest / pieces;
        from = (const char *)args.input + (y * args.stride_y + x * args.stride_x + lane) * element_bytes;
        lanes = args.lanes - lane;
        inside = 0;
#pragma unroll
        for (int turn = 0; turn < turns_of_rows; ++turn)
            inside |= (u32)((u32)(y + turn * rows_at_once) < (u32)args.height && (u32)x < (u32)args.width)
                      << turn;
    }
    DEVICE void become(const HaloByRows &other, bool wanted) {
        from = wanted ? other.from : from;
        inside = wanted ? other.inside : inside;
        lanes = wanted ? other.lanes : lanes;
    }
    // A chunk.
    DEVICE void load(const MmaArgs &args, SharedAddress to) {
        const bool crowded = PRODUCT != HALVES || BLOCKS == 4; // where registers are few
        const int thread = crowded ? computed_here(threadIdx.x) : threadIdx.x;
        const int row = thread / pieces_of_row, rest = thread % pieces_of_row;
        const int column = place_of_column(rest / pieces), piece = rest % pieces;
        const SharedAddress place = to + (row * HALO_W + column) * pixel_bytes + piece_place(column, piece);
        const i64 on = rows_at_once * args.stride_y * element_bytes;
        const char *source = from;
        const u32 read = lanes > 0 ? inside : 0;
#pragma unroll
        for (int turn = 0; turn < turns_of_rows; ++turn, source += on)
            copy_async_if(row < rows_at_once && (HALO_H % rows_at_once == 0 || turn + 1 < turns_of_rows ||
                                                 row < HALO_H % rows_at_once),
                          place + turn * rows_at_once * (HALO_W * pixel_bytes), source,
                          (read >> turn & 1) * 16);
        from += pixel_bytes;
        lanes -= CHUNK;
    }
};

// A thread copies one piece of every so many pixels: the place in memory, and whether it is in the picture,
// follow from the pixel before.
DEVICE void load_halo_by_pixels(const MmaArgs &args, SharedAddress to, int y0, int x0, int chunk) {
    enum {
        rows = pixels_at_once / HALO_W,
        columns = pixels_at_once % HALO_W,
    };
    const int thread = computed_here(threadIdx.x), pixel = thread / pieces, piece = thread % pieces;
    const int lane = chunk * CHUNK + piece * (16 / element_bytes);
    int y = y0 + pixel / HALO_W, column = pixel % HALO_W;
    const char *from =
        (const char *)args.input + (y * args.stride_y + (x0 + column) * args.stride_x + lane) * element_bytes;
    const i64 on = (rows * args.stride_y + columns * args.stride_x) * element_bytes;
    const i64 to_next_row = (args.stride_y - HALO_W * args.stride_x) * element_bytes;
    const SharedAddress place = to + pixel * pixel_bytes;
    const u32 height = lane < args.lanes ? args.height : 0;
#pragma unroll
    for (int pass = 0; pass < turns_of_pixels; ++pass) {
        if ((pass + 1) * pixels_at_once <= HALO_W * HALO_H || pixel < HALO_W * HALO_H - pass * pixels_at_once)
            copy_async(place + pass * pixels_at_once * pixel_bytes + piece_place(column, piece), from,
                       (u32)y < height && (u32)(x0 + column) < (u32)args.width ? 16 : 0);
        y += rows;
        column += columns;
        from += on;
        if (column >= HALO_W) {
            column -= HALO_W;
            ++y;
            from += to_next_row;
        }
    }
}

struct HaloByPixels {
    int y, x, chunk;

    DEVICE void begin(const MmaArgs &, int halo_y, int halo_x) {
        y = halo_y;
        x = halo_x;
        chunk = 0;
    }
    DEVICE void become(const HaloByPixels &other, bool wanted) {
        y = wanted ? other.y : y;
        x = wanted ? other.x : x;
        chunk = wanted ? other.chunk : chunk;
    }
    DEVICE void load(const MmaArgs &args, SharedAddress to) { load_halo_by_pixels(args, to, y, x, chunk++); }
};

template <bool ByRows>
struct HaloChoice {
    typedef HaloByPixels Halo;
};
template <>
struct HaloChoice<true> {
    typedef HaloByRows Halo;
};
typedef HaloChoice<evens_first ||
                   (fits_row && turns_of_rows <= turns_of_pixels + 1 && turns_of_rows <= 32)>::Halo Halo;

// Where this lane's pixel of the warp's first block begins in the halo.
DEVICE LanePixel place_of_lane() {
    const int lane = threadIdx.x & 31, block = (threadIdx.x >> 5) * PIXEL_BLOCKS, across = TILE_W / 16;
    LanePixel own;
    own.column = (block % across * 16 + column_of_lane(lane)) * STEP_X;
    own.pixel = block / across * STEP_Y * HALO_W + own.column;
    return own;
}

DEVICE Tap tap_of(const MmaArgs &args, int index) {
    Tap tap;
    tap.shift = args.shift[index];
    tap.column = args.column[index];
    return tap;
}

// Where this lane's pixel of a tap begins, of the warp's first block.
DEVICE SharedAddress place_of_tap(const MmaArgs &args, const LanePixel &own, SharedAddress halo, int index) {
    const Tap tap = tap_of(args, index);
    const int column = own.column + tap.column, place = place_of_column(column);
    return halo + (own.pixel + tap.shift - column + place) * pixel_bytes +
           piece_place(place, threadIdx.x >> 4 & 1);
}

template <int N>
DEVICE void clear(float (&sum)[N][BLOCKS][4]) {
#pragma unroll
    for (int m = 0; m < N; ++m)
#pragma unroll
        for (int n = 0; n < BLOCKS; ++n)
#pragma unroll
            for (int e = 0; e < 4; ++e)
                sum[m][n][e] = 0;
}
