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
// pixel: 16 or 32), FILTERS, BLOCKS (of 8 filters, an even number), BRAIN (bf16), and PIXELS, lines that
// compute ROWS pixels from (y, x) on and give each to put_pixel.
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
    // Rows of results that a warp has sums of: its share of the tile's, as far as registers go.
    share_of_warp = (TILE_H + warps - 1) / warps,
    most_together = BLOCKS <= 8 ? 2 : 1,
    together = share_of_warp < most_together ? share_of_warp : most_together,
};

struct Words {
    u32 word[LANES / 2];
};

DEVICE int pixel_number(int row, int column) {
    return (row * 2 + (column & 1)) * apart + (column >> 1);
}
// Turned so that 8 pixels of even columns, or of odd ones, are in 8 different banks, and 4 of each are as
// well.
DEVICE u32 place_of_piece(int pixel, int odd, int piece) {
    return pixel * LANES * 2 + ((piece ^ (LANES == 16 ? pixel >> 2 & 1 : pixel >> 1 & 3) ^ odd) << 4);
}

// A pixel of the tile, by its row and column there; others than the tile's are left out.
DEVICE void put_pixel(unsigned char *memory, int row, int column, bool inside, const Words &words) {
    if (row < 0 || row >= tile_lines(TILE_H))
        return;
    const int pixel = pixel_number(row, column);
#pragma unroll
    for (int piece = 0; piece < pieces; ++piece) {
        const u32 *const word = words.word + 4 * piece;
        *(uint4 *)(memory + place_of_piece(pixel, column & 1, piece)) =
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

// Whether all filters of the blocks exist.
constexpr bool whole_blocks = FILTERS % 16 == 0;

// The results of 2 * N neighbouring filters of a pixel, from `first` on.
template <int N>
DEVICE void store_results(const EpilogueArgs &epi, bool inside, output_t *to, int first,
                          const EpilogueChannel (&channels)[2 * N], const float (&sums)[2 * N]) {
    const float none[1] = {0};
    u32 words[N];
#pragma unroll
    for (int k = 0; k < N; ++k) {
        const bool low = whole_blocks || first + 2 * k < FILTERS,
                   high = whole_blocks || first + 2 * k + 1 < FILTERS;
        words[k] = pack2(low ? epilogue(channels[2 * k], sums[2 * k], none) : 0.0f,
                         high ? epilogue(channels[2 * k + 1], sums[2 * k + 1], none) : 0.0f);
    }
    if (whole_blocks || first + 2 * N <= FILTERS + epi.pad_lanes) {
        store_words(inside, to + first, words);
        return;
    }
#pragma unroll
    for (int k = 0; k < N; k += 2)
        store_words(inside && first + 2 * k + 4 <= FILTERS + epi.pad_lanes, to + first + 2 * k,
                    {words[k], words[k + 1]});
}
// The sums of 2 * N filters of the pixels of `together` rows, from row `row` of the tile on.
template <int N>
DEVICE void finish_blocks(const EpilogueArgs &epi, int block, int row, int tile_y, int tile_x,
                          const float (&sum)[together][BLOCKS][4]) {
    const int lane = threadIdx.x % 32, first = filter_of_fragment(block, lane % 4, 0, BLOCKS);
    if (!whole_blocks && first >= FILTERS + epi.pad_lanes)
        return;
    EpilogueChannel channels[2 * N];
#pragma unroll
    for (int k = 0; k < 2 * N; ++k)
        channels[k] = epilogue_channel(epi, whole_blocks || first + k < FILTERS ? first + k : 0);
#pragma unroll
    for (int i = 0; i < 2 * together; ++i) {
        const int in_tile = row + i / 2, y = tile_y + in_tile, x = tile_x + lane / 4 + i % 2 * 8;
        const bool inside = x < epi.width && y < epi.height && (TILE_H % together == 0 || in_tile < TILE_H);
        float sums[2 * N];
#pragma unroll
        for (int k = 0; k < 2 * N; ++k)
            sums[k] = sum[i / 2][block + k / 2][2 * (i % 2) + k % 2];
        store_results<N>(epi, inside, epi.output.data + y * epi.output.stride_y + x * epi.output.stride_x,
                         first, channels, sums);
    }
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
                for (int m = 0; m < together; ++m) {
                    const int last = TILE_H % together == 0 || row + m < TILE_H ? row + m : TILE_H - 1;
                    load_matrices(pixels[m],
                                  memory + place_of_piece(pixel_number(2 * last + dy, dx) + lane % 16, dx & 1,
                                                          2 * step + lane / 16));
                }
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
    for (int block = 0; block < BLOCKS; block += 4)
        if (block + 4 <= BLOCKS)
            finish_blocks<4>(epi, block, row, tile_y, tile_x, sum);
        else
            finish_blocks<2>(epi, block, row, tile_y, tile_x, sum);
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
