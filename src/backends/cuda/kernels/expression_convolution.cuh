// A convolution of 3x3, stride 2, whose operand is an expression of pictures (expression.cuh), computed where
// it is read: a block computes the pixels of a tile and its border into shared memory, in the storage type,
// and multiplies them by mma.sync. What is not written to memory is four times as many pixels as the result
// has.
//
//      a tile's pixels, from (2y - 1, 2x - 1) on: even columns, then odd ones, so that the 16 results of a
//      row read neighbours whatever the tap
//      row 0   0 2 4 ... 32 | 1 3 5 ... 31 .
//      row 1   0 2 4 ...
//
// In front stand: offset_t (of elements in a source), the epilogue, THREADS_OF_BLOCK,
// BLOCKS_OF_MULTIPROCESSOR (at least), ROWS (that a thread computes below each other), TILE_H, LANES (of a
// pixel: 16 or 32), BLOCKS (of 8 filters, an even number), BRAIN (bf16), and PIXELS, lines that compute ROWS
// pixels from (y, x) on and give each to put_pixel.
#include "expression_convolution_shape.cuh"
#include "expression_places.cuh"
#include "warp_mma.cuh"

struct ExpressionConvolutionArgs : ExpressionArgs {
    u64 weights;
};

enum {
    tile_width = 16, // results: the rows of a product
    apart = tile_width + 1,
    pieces = LANES / 8, // of 16 bytes
    steps = LANES / 16,
    warps = THREADS_OF_BLOCK / 32,
    units = tile_columns(tile_width) * line_groups(TILE_H, ROWS),
    together = BLOCKS <= 4 ? 2 : 1, // rows of results that a warp has sums of
};

struct Words {
    u32 word[LANES / 2];
};

DEVICE int pixel_number(int row, int column) {
    return (row * 2 + (column & 1)) * apart + (column >> 1);
}
// Turned so that 8 neighbours are in 8 different banks.
DEVICE u32 place_of_piece(int pixel, int piece) {
    return pixel * LANES * 2 + ((piece ^ (LANES == 16 ? pixel >> 2 & 1 : pixel >> 1 & 3)) << 4);
}

// A pixel of the tile, by its row and column there; others than the tile's are left out.
DEVICE void put_pixel(unsigned char *memory, int row, int column, bool inside, const Words &words) {
    if (row < 0 || row >= tile_lines(TILE_H))
        return;
    const int pixel = pixel_number(row, column);
#pragma unroll
    for (int piece = 0; piece < pieces; ++piece) {
        const u32 *const word = words.word + 4 * piece;
        *(uint4 *)(memory + place_of_piece(pixel, piece)) =
            inside ? make_uint4(word[0], word[1], word[2], word[3]) : make_uint4(0, 0, 0, 0);
    }
}

DEVICE void compute_pixels(const ExpressionConvolutionArgs &args, unsigned char *memory, int tile_y,
                           int tile_x) {
#pragma unroll 1
    for (int unit = threadIdx.x; unit < units; unit += THREADS_OF_BLOCK) {
        const int column = unit % tile_columns(tile_width);
        const int first = unit / tile_columns(tile_width) * ROWS - lines_in_front(ROWS);
        const int y = 2 * tile_y - 1 + first, x = 2 * tile_x - 1 + column;
        if (x < 0 || x >= args.width || y + ROWS <= 0 || y >= args.height) {
            const Words none = {};
#pragma unroll
            for (int row = 0; row < ROWS; ++row)
                put_pixel(memory, first + row, column, false, none);
            continue;
        }
        PIXELS
    }
}

// Four neighbouring filters' results of a pixel.
DEVICE void store_four(const EpilogueArgs &epi, int y, int x, int first, const EpilogueChannel (&channels)[4],
                       const float (&sums)[4]) {
    const float none[1] = {0};
    float result[4];
#pragma unroll
    for (int k = 0; k < 4; ++k)
        result[k] = first + k < epi.channels ? epilogue(channels[k], sums[k], none) : 0.0f;
    if (x < epi.width && y < epi.height && first + 4 <= epi.channels + epi.pad_lanes)
        *(Pack<u32, 2> *)(epi.output.data + y * epi.output.stride_y + x * epi.output.stride_x + first) =
            Pack<u32, 2>{{pack2(result[0], result[1]), pack2(result[2], result[3])}};
}

// `together` rows of results from row `row` of the tile on.
DEVICE void multiply_rows(const ExpressionConvolutionArgs &args, const EpilogueArgs &epi,
                          SharedAddress memory, int row, int tile_y, int tile_x) {
    const int lane = threadIdx.x % 32;
    const unsigned short *filters = (const unsigned short *)args.weights + lane * 8;
    float sum[together][BLOCKS][4] = {};
#pragma unroll 1
    for (int dy = 0; dy < 3; ++dy)
#pragma unroll
        for (int dx = 0; dx < 3; ++dx)
#pragma unroll
            for (int step = 0; step < steps; ++step, filters += BLOCKS / 2 * 256) {
                u32 pixels[together][4];
#pragma unroll
                for (int m = 0; m < together; ++m)
                    load_matrices(pixels[m],
                                  memory + place_of_piece(pixel_number(2 * (row + m) + dy, dx) + lane % 16,
                                                          2 * step + lane / 16));
#pragma unroll
                for (int pair = 0; pair < BLOCKS / 2; ++pair) {
                    u32 two[4];
                    read_constants(two, filters + pair * 256);
#pragma unroll
                    for (int m = 0; m < together; ++m) {
                        multiply(sum[m][2 * pair], pixels[m], two[0], two[1]);
                        multiply(sum[m][2 * pair + 1], pixels[m], two[2], two[3]);
                    }
                }
            }
#pragma unroll
    for (int pair = 0; pair < BLOCKS / 2; ++pair) {
        const int first = filter_of_fragment(2 * pair, lane % 4, 0);
        if (first >= epi.channels + epi.pad_lanes)
            continue;
        EpilogueChannel channels[4];
#pragma unroll
        for (int k = 0; k < 4; ++k)
            channels[k] = epilogue_channel(epi, first + k);
#pragma unroll
        for (int m = 0; m < together; ++m)
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                const float four[4] = {sum[m][2 * pair][2 * half], sum[m][2 * pair][2 * half + 1],
                                       sum[m][2 * pair + 1][2 * half], sum[m][2 * pair + 1][2 * half + 1]};
                store_four(epi, tile_y + row + m, tile_x + lane / 4 + 8 * half, first, channels, four);
            }
    }
}

#define BOUNDS __launch_bounds__(THREADS_OF_BLOCK, BLOCKS_OF_MULTIPROCESSOR)

KERNEL_OF_TILES(ExpressionConvolutionArgs, EpilogueArgs, BOUNDS) {
    SHARED_MEMORY(memory);
    const int tile_y = blockIdx.x / args.tiles_x * TILE_H, tile_x = blockIdx.x % args.tiles_x * tile_width;
    compute_pixels(args, memory, tile_y, tile_x);
    wait_for_block();
#pragma unroll 1
    for (int row = threadIdx.x / 32 * together; row < TILE_H; row += warps * together)
        multiply_rows(args, epi, shared_address(memory), row, tile_y, tile_x);
}
