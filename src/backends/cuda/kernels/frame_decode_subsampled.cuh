// Tiles of frames whose chroma is subsampled to red, green and blue: a strip of 64 columns by args.strip_rows a warp, two
// neighbouring columns a lane. A lane brings the chroma that its columns need to the width of luma, row by row into shared
// memory, and then to its height for one row of the strip after the other.
#define BRAIN 0 // no products
#include "frame_samples.cuh"
#include "pack.cuh"
#include "warp_mma.cuh"

enum {
    threads = FRAME_STRIP_THREADS,
    warps = threads / 32,
    TAPS = FRAME_ENLARGING_TAPS,
    WINDOW = TAPS + 1, // samples of chroma that two neighbouring columns are made from
    at_once = 4,       // rows whose luma is on its way together
    CHROMA_AT_ONCE = 2, // the same of chroma
};

// Which rows of chroma a row of the strip is made from.
struct alignas(16) StripRow {
    int from[TAPS];
    float weight[TAPS];
    int y; // of the frame; negative: it is zero
    int least, most; // of `from`
};

// Both differences of colour in two columns.
struct alignas(16) Differences {
    float blue[2], red[2];
};

// What a lane makes its columns from, in each row of chroma.
struct Window {
    int first, last; // samples; behind the last there is none
    float weight[2][WINDOW];
};

DEVICE Window window_of(const ResamplingTable &across, int width, const int (&column)[2]) {
    int from[2][TAPS];
    float weight[2][TAPS];
    Window window;
    window.last = width - 1;
    window.first = window.last;
#pragma unroll
    for (int i = 0; i < 2; ++i)
#pragma unroll
        for (int k = 0; k < TAPS; ++k) {
            const bool is_there = column[i] >= 0 && k < across.taps;
            from[i][k] = is_there ? source_at(across, column[i], k) : window.last;
            weight[i][k] = is_there ? weight_at(across, column[i], k) : 0.0f;
            window.first = from[i][k] < window.first ? from[i][k] : window.first;
        }
    // All of it inside, where there are so many samples.
    const int latest = width - WINDOW;
    window.first = window.first < latest || latest < 0 ? window.first : latest;
#pragma unroll
    for (int i = 0; i < 2; ++i)
#pragma unroll
        for (int place = 0; place < WINDOW; ++place) {
            window.weight[i][place] = 0;
#pragma unroll
            for (int k = 0; k < TAPS; ++k)
                window.weight[i][place] += from[i][k] - window.first == place ? weight[i][k] : 0.0f;
        }
    return window;
}

// At once; `narrow`: the plane may have fewer samples than a window.
template <bool narrow>
DEVICE void read_window(sample_t (&to)[WINDOW], const sample_t *row, const Window &window) {
#pragma unroll
    for (int place = 0; place < WINDOW; ++place)
        to[place] = row[narrow && window.first + place > window.last ? window.last : window.first + place];
}

DEVICE Differences widened(const sample_t (&blue)[WINDOW], const sample_t (&red)[WINDOW], const Window &window) {
    Differences sum = {{0, 0}, {0, 0}};
#pragma unroll
    for (int place = 0; place < WINDOW; ++place)
#pragma unroll
        for (int i = 0; i < 2; ++i) {
            sum.blue[i] += window.weight[i][place] * (float)get(blue[place]);
            sum.red[i] += window.weight[i][place] * (float)get(red[place]);
        }
    return sum;
}

// Rows [begin, last] of chroma at the width of luma.
template <bool narrow>
DEVICE void widen(Differences *wide, const DecodedFrame &from, int begin, int last, const Window &window) {
#pragma unroll 1
    for (int first = begin; first <= last; first += CHROMA_AT_ONCE) {
        sample_t blue[CHROMA_AT_ONCE][WINDOW], red[CHROMA_AT_ONCE][WINDOW];
#pragma unroll
        for (int i = 0; i < CHROMA_AT_ONCE; ++i) {
            const int row = first + i < last ? first + i : last; // the last one more than once
            read_window<narrow>(blue[i], row_at<const sample_t>(from.plane[1], row), window);
            read_window<narrow>(red[i], row_at<const sample_t>(from.plane[2], row), window);
        }
#pragma unroll
        for (int i = 0; i < CHROMA_AT_ONCE; ++i)
            if (first + i <= last)
                wide[(first + i - begin) * 32] = widened(blue[i], red[i], window);
    }
}

DEVICE StripRow strip_row(const FrameDecodeArgs &args, int row) {
    StripRow strip = {{0, 0, 0, 0}, {0, 0, 0, 0}, -1, args.height, -1};
    if (row < args.tile_height)
        strip.y = inside(row + args.origin_y, args.height, args.border);
    for (int k = 0; k < TAPS && strip.y >= 0; ++k) {
        const bool is_there = k < args.down.taps;
        strip.from[k] = source_at(args.down, strip.y, is_there ? k : 0);
        strip.weight[k] = is_there ? weight_at(args.down, strip.y, k) : 0.0f;
        strip.least = strip.from[k] < strip.least ? strip.from[k] : strip.least;
        strip.most = strip.from[k] > strip.most ? strip.from[k] : strip.most;
    }
    return strip;
}

KERNEL_OF_BLOCKS(FrameDecodeArgs, threads, 8, FRAME_TILE_BYTES) {
    static_assert(sizeof(StripRow) == FRAME_STRIP_ROW_BYTES, "frame_args.cuh");
    static_assert(sizeof(Differences) == FRAME_STRIP_PAIR_BYTES, "frame_args.cuh");
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    const int frame = blockIdx.x / (u32)args.blocks;
    i64 index = (i64)(blockIdx.x % (u32)args.blocks) * warps + warp;
    const int column = (divide_off(index, (args.tile_width + 63) / 64) * 32 + lane) * 2, first_row = (int)index * args.strip_rows;
    if (first_row >= args.tile_height)
        return;
    const DecodedFrame &from = args.frame[frame];
    StripRow *const rows = (StripRow *)shared + warp * args.strip_rows;
    Differences *const wide = (Differences *)((StripRow *)shared + warps * args.strip_rows) + warp * args.chroma_rows * 32 + lane; // [row][lane]
    if (lane < args.strip_rows)
        rows[lane] = strip_row(args, first_row + lane);
    wait_for_warp();
    int begin = args.height, last = -1;
    for (int i = 0; i < args.strip_rows; ++i) {
        begin = rows[i].least < begin ? rows[i].least : begin;
        last = rows[i].most > last ? rows[i].most : last;
    }

    int x[2];
#pragma unroll
    for (int i = 0; i < 2; ++i)
        x[i] = column + i < args.tile_width ? inside(column + i + args.origin_x, args.width, args.border) : -1;
    const Window window = window_of(args.across, args.chroma_width, x);
    if (args.chroma_width < WINDOW)
        widen<true>(wide, from, begin, last, window);
    else
        widen<false>(wide, from, begin, last, window);
    if (column >= args.tile_width)
        return;
    const bool joined = args.pairs_of_luma && x[0] >= 0 && x[1] == x[0] + 1 && (x[0] & 1) == 0;
    const bool stored_together = args.pairs_of_pixels && column + 1 < args.tile_width;
    tensor_t *to[3];
#pragma unroll
    for (int channel = 0; channel < 3; ++channel)
        to[channel] = (tensor_t *)from.output[channel] + (i64)first_row * args.tile_width + column;
#pragma unroll 1
    for (int first = 0; first < args.strip_rows; first += at_once) {
        Pack<sample_t, 2> luma[at_once];
#pragma unroll
        for (int i = 0; i < at_once; ++i) {
            const int y = rows[first + i].y;
            const sample_t *const row = row_at<const sample_t>(from.plane[0], y < 0 ? 0 : y);
            if (joined) {
                luma[i] = *(const Pack<sample_t, 2> *)(row + x[0]);
            } else {
                luma[i].item[0] = row[x[0] < 0 ? 0 : x[0]];
                luma[i].item[1] = row[x[1] < 0 ? 0 : x[1]];
            }
        }
#pragma unroll
        for (int i = 0; i < at_once; ++i) {
            const StripRow row = rows[first + i];
            if (first_row + first + i >= args.tile_height)
                return;
            Differences sum = {{0, 0}, {0, 0}}; // weights add up to 1: what a sum stands for is the sum of what samples stand for
#pragma unroll
            for (int k = 0; k < TAPS; ++k) {
                const Differences value = wide[(row.y >= 0 ? row.from[k] - begin : 0) * 32];
#pragma unroll
                for (int j = 0; j < 2; ++j) {
                    sum.blue[j] += row.weight[k] * value.blue[j];
                    sum.red[j] += row.weight[k] * value.red[j];
                }
            }
#pragma unroll
            for (int channel = 0; channel < 3; ++channel) {
                Pack<tensor_t, 2> pixels;
#pragma unroll
                for (int j = 0; j < 2; ++j) {
                    const float *const factor = args.of_samples + 3 * channel;
                    const float value = factor[0] * (float)get(luma[i].item[j]) + (factor[1] * sum.blue[j] + (factor[2] * sum.red[j] + args.summand[channel]));
                    pixels.item[j] = Put<tensor_t>::from(x[j] >= 0 && row.y >= 0 ? value : 0.0f);
                }
                if (stored_together) {
                    *(Pack<tensor_t, 2> *)to[channel] = pixels;
                } else {
                    to[channel][0] = pixels.item[0];
                    if (column + 1 < args.tile_width)
                        to[channel][1] = pixels.item[1];
                }
                to[channel] += args.tile_width;
            }
        }
    }
}
