// A picture to the planes of a frame whose chroma is subsampled: strips of COLUMNS by args.strip_rows samples of chroma, and the
// luma that they stand for, a warp each. A lane goes down four neighbouring columns: it reads each pixel once, writes luma, and
// adds the colour differences to the rows of chroma that they count for, which it keeps in registers; a row that is complete is
// brought to the width of chroma by the warp, through shared memory. Says where a sample is not finite. In front stand STEP_X
// and STEP_Y, the luma samples that one of chroma stands for.
#define BRAIN 0 // no products
#include "frame_samples.cuh"
#include "pack.cuh"
#include "warp_mma.cuh"

enum {
    threads = FRAME_STRIP_THREADS,
    warps = threads / 32,
    PIXELS = FRAME_STRIP_COLUMNS / 32, // of a row, a lane's
    COLUMNS = STEP_X == 1 ? FRAME_TILE_COLUMNS_OF_1 : STEP_X == 2 ? FRAME_TILE_COLUMNS_OF_2 : FRAME_TILE_COLUMNS_OF_4,
    TAPS_X = STEP_X == 1 ? 1 : 4 * STEP_X,
    TAPS_Y = STEP_Y == 1 ? 1 : 4 * STEP_Y,
    PENDING = TAPS_Y / STEP_Y,      // rows of chroma that a row of luma counts for
    HALF = FRAME_STRIP_COLUMNS / 2, // even columns, or odd ones, of a row
    // On a multiprocessor: as many as have registers for what a lane keeps.
    BLOCKS = STEP_Y == 4 ? 2 : STEP_Y == 2 && (sizeof(tensor_t) == 4 || sizeof(sample_t) == 4) ? 3 : 4,
};

typedef Packed<tensor_t, PIXELS> Pixels;

// Of each column of a lane, in both differences.
struct Differences {
    Two column[PIXELS];
};

// Of an inner warp all that it reads is inside of the picture, and it is read and written by as few accesses as there can be.
struct Lane {
    int number;
    int x, place[PIXELS];      // of the picture, reflected: of the columns
    int first_column, columns; // of chroma
    int first_row, rows;
};

template <bool inner>
DEVICE void read_pixels(Pixels (&to)[3], const FrameEncodeArgs &args, const Lane &lane, int y) {
    const tensor_t *const row = (const tensor_t *)args.input.data + (i64)(inner ? y : reflected(y, args.height)) * (int)args.input.row_stride;
#pragma unroll
    for (int channel = 0; channel < 3; ++channel)
        to[channel] = read_neighbours<inner, tensor_t, PIXELS>(row + channel * args.input.channel_stride, lane.x, lane.place);
}

// Luma's sample: args.of_luma gives it as a part of the largest one.
template <typename T>
struct LumaOf {
    DEVICE static T from(const FrameEncodeArgs &args, const float (&v)[3]) {
        const float part = args.of_luma[0] * v[0] + (args.of_luma[1] * v[1] + (args.of_luma[2] * v[2] + args.luma_zero));
        return (T)bits_of_float(saturated(part) * args.most + 12582912.0f);
    }
};
template <>
struct LumaOf<float> {
    DEVICE static float from(const FrameEncodeArgs &args, const float (&v)[3]) { return row_product(args.matrix, 0, v); }
};
template <>
struct LumaOf<half_t> {
    DEVICE static half_t from(const FrameEncodeArgs &args, const float (&v)[3]) { return Put<half_t>::from(row_product(args.matrix, 0, v)); }
};

template <bool inner>
DEVICE void write_luma(const FrameEncodeArgs &args, const Lane &lane, int y, const Pack<sample_t, PIXELS> &luma) {
    const u32 from_own = lane.x - lane.first_column * STEP_X, own = lane.columns * STEP_X;
    if ((u32)(y - lane.first_row * STEP_Y) >= (u32)(lane.rows * STEP_Y))
        return;
    sample_t *const to = row_at<sample_t>(args.plane[0], y) + lane.x;
    if (inner || (args.joined_luma && from_own < own && from_own + PIXELS <= own)) {
        if (from_own < own)
            *(Pack<sample_t, PIXELS> *)to = luma;
        return;
    }
#pragma unroll
    for (int i = 0; i < PIXELS; ++i)
        if (from_own + i < own)
            to[i] = luma.item[i];
}

// Finds a sample that is not finite: not a number then.
template <typename T>
struct Spoilt {
    float sum = 0;
    DEVICE void add(const Pixels &pixels) {
#pragma unroll
        for (int i = 0; i < PIXELS; ++i)
            sum += 0 * (float)get(pixels.item(i));
    }
    DEVICE bool is_any() const { return sum != 0; }
};
#ifdef __CUDACC__
template <>
struct Spoilt<half_t> {
    u32 sum = 0;
    DEVICE void add(const Pixels &pixels) { sum = multiply_add_halves(pixels.word.x, 0, multiply_add_halves(pixels.word.y, 0, sum)); }
    DEVICE bool is_any() const { return (sum & 0x7fff7fffu) != 0; }
};
#endif

// Row `tap` of STEP_Y: to luma, and to the rows of chroma sum[newest], sum[newest - 1], ... of the ring.
template <bool inner>
DEVICE void take_row(const FrameEncodeArgs &args, const Lane &lane, int y, const Pixels (&pixels)[3], Differences (&sum)[PENDING], int newest,
                     int tap, Spoilt<tensor_t> &spoilt) {
    float value[3][PIXELS];
#pragma unroll
    for (int channel = 0; channel < 3; ++channel) {
#pragma unroll
        for (int i = 0; i < PIXELS; ++i)
            value[channel][i] = (float)get(pixels[channel].item(i));
        spoilt.add(pixels[channel]);
    }
    if (args.limit)
#pragma unroll
        for (int channel = 0; channel < 3; ++channel)
#pragma unroll
            for (int i = 0; i < PIXELS; ++i)
                value[channel][i] = saturated(value[channel][i]);
    Pack<sample_t, PIXELS> luma;
#pragma unroll
    for (int i = 0; i < PIXELS; ++i) {
        const float pixel[3] = {value[0][i], value[1][i], value[2][i]};
        luma.item[i] = LumaOf<sample_t>::from(args, pixel);
        const float blue = row_product(args.matrix, 1, pixel), red = row_product(args.matrix, 2, pixel);
#pragma unroll
        for (int age = 0; age < PENDING; ++age) {
            Two &of_row = sum[(newest + PENDING - age) % PENDING].column[i];
            const bool begins = age == 0 && tap == 0;
            of_row.x = (begins ? 0.0f : of_row.x) + args.down_weights[age * STEP_Y + tap] * blue;
            of_row.y = (begins ? 0.0f : of_row.y) + args.down_weights[age * STEP_Y + tap] * red;
        }
    }
    write_luma<inner>(args, lane, y, luma);
}

// A row of chroma at the width of luma; `line`: the warp's, even columns, then odd ones.
DEVICE void write_chroma(const FrameEncodeArgs &args, const Lane &lane, int row, const Differences &wide, Two *line) {
#pragma unroll
    for (int i = 0; i < PIXELS; ++i)
        line[i % 2 * HALF + lane.number * (PIXELS / 2) + i / 2] = wide.column[i];
    wait_for_warp();
    const int skipped = args.first_tap & 3; // columns, so that lanes begin at a multiple of four
#pragma unroll
    for (int part = 0; part < (COLUMNS + 31) / 32; ++part) {
        const int column = 32 * part + lane.number;
        if (column >= lane.columns)
            break;
        // Taps 0, 2, 4, ... of the column, and 1, 3, 5, ...
        const int at = skipped + column * STEP_X;
        const Two *const even = line + (at & 1) * HALF + at / 2, *const odd = line + (1 - (at & 1)) * HALF + (at + 1) / 2;
        Two sum = {0, 0};
#pragma unroll
        for (int k = 0; k < TAPS_X; ++k) {
            const Two value = k % 2 == 0 ? even[k / 2] : odd[k / 2];
            sum.x += args.across_weights[k] * value.x;
            sum.y += args.across_weights[k] * value.y;
        }
        write_sample(args.plane[1], args.scale, args.most, 1, lane.first_column + column, row, sum.x);
        write_sample(args.plane[2], args.scale, args.most, 2, lane.first_column + column, row, sum.y);
    }
    wait_for_warp();
}

template <bool inner>
DEVICE void encode_strip(const FrameEncodeArgs &args, Lane &lane, Two *line) {
    const int ROUND = inner ? PENDING : 1; // groups after which rows lie where they lay; else they move
    if (!inner)
#pragma unroll
        for (int i = 0; i < PIXELS; ++i)
            lane.place[i] = reflected(lane.x + i, args.width);
    Spoilt<tensor_t> spoilt;
    Differences sum[PENDING];
#pragma unroll
    for (int i = 0; i < PENDING; ++i)
#pragma unroll
        for (int j = 0; j < PIXELS; ++j)
            sum[i].column[j] = {0, 0};
    int y = lane.first_row * STEP_Y + args.first_row_tap;
    Pixels next[3];
    read_pixels<inner>(next, args, lane, y);
    const int groups = lane.rows + PENDING - 1; // of STEP_Y rows
#pragma unroll 1
    for (int first = 0; first < groups; first += ROUND) {
#pragma unroll
        for (int i = 0; i < ROUND; ++i) {
            if (first + i >= groups)
                break;
#pragma unroll
            for (int tap = 0; tap < STEP_Y; ++tap, ++y) {
                const Pixels now[3] = {next[0], next[1], next[2]};
                read_pixels<inner>(next, args, lane, y + 1);
                take_row<inner>(args, lane, y, now, sum, i, tap, spoilt);
            }
            const int row = first + i - (PENDING - 1);
            if (row >= 0)
                write_chroma(args, lane, lane.first_row + row, sum[(i + 1) % PENDING], line);
        }
        if (!inner)
#pragma unroll
            for (int age = PENDING - 1; age > 0; --age) // the newest is sum[0], the next one the last
                sum[PENDING - age] = sum[(PENDING - age + 1) % PENDING];
    }
    if (spoilt.is_any())
        *(unsigned *)args.not_finite = args.frame;
}

KERNEL_OF_BLOCKS(FrameEncodeArgs, threads, BLOCKS, FRAME_STRIP_BYTES) {
    static_assert(warps * FRAME_STRIP_COLUMNS * sizeof(Two) == FRAME_STRIP_BYTES, "frame_args.cuh");
    const int warp = threadIdx.x >> 5;
    i64 index = (i64)blockIdx.x * warps + warp;
    Lane lane;
    lane.number = threadIdx.x & 31;
    lane.first_column = divide_off(index, args.strips_x) * COLUMNS;
    lane.first_row = (int)index * args.strip_rows;
    if (lane.first_row >= args.chroma_height)
        return;
    lane.columns = args.chroma_width - lane.first_column < COLUMNS ? args.chroma_width - lane.first_column : COLUMNS;
    lane.rows = args.chroma_height - lane.first_row < args.strip_rows ? args.chroma_height - lane.first_row : args.strip_rows;
    const int begin = lane.first_column * STEP_X + args.first_tap - (args.first_tap & 3);
    lane.x = begin + PIXELS * lane.number;
    const int y = lane.first_row * STEP_Y + args.first_row_tap, end = y + (lane.rows - 1) * STEP_Y + TAPS_Y + 1; // with the row that is read ahead
    const bool is_inner = lane.columns == COLUMNS && COLUMNS * STEP_X % PIXELS == 0 && begin % PIXELS == 0 && begin >= 0 &&
                          begin + FRAME_STRIP_COLUMNS <= args.width && y >= 0 && end <= args.height;
    Two *const line = (Two *)shared + warp * FRAME_STRIP_COLUMNS;
    if (args.joined_pixels && args.joined_luma && is_inner)
        encode_strip<true>(args, lane, line);
    else
        encode_strip<false>(args, lane, line);
}
