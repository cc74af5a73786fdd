// Tiles of frames whose chroma is subsampled to red, green and blue. A lane goes down four neighbouring columns of the frame:
// it brings each row of chroma to the width of luma once, and keeps those that the next rows of luma are made from in
// registers. What the tile has outside of the frame is made pixel by pixel, by further blocks. In front stand STEP_X and
// STEP_Y, the luma samples that one of chroma stands for, and MIXED (1: both differences add to blue, or to red).
#include "frame_samples.cuh"
#include "pack.cuh"

enum {
    threads = FRAME_STRIP_THREADS,
    COLUMNS = FRAME_STRIP_COLUMNS / 32, // of a lane; the first one is a multiple of four
    TAPS_X = STEP_X == 1 ? 1 : STEP_X == 2 ? 4 : FRAME_ENLARGING_TAPS,
    TAPS_Y = STEP_Y == 1 ? 1 : STEP_Y == 2 ? 4 : FRAME_ENLARGING_TAPS,
    BEFORE_X = STEP_X == 1 ? 0 : 2, // samples of chroma that a lane reads before those of its columns
    BEFORE_Y = STEP_Y == 1 ? 0 : 2, // rows of chroma before that of a step
    WINDOW = STEP_X == 1 ? COLUMNS : STEP_X == 2 ? 6 : FRAME_ENLARGING_TAPS, // samples that a lane reads
    JOINED = STEP_X == 1 ? COLUMNS : STEP_X == 2 ? 2 : 1, // of them by one access
    // On a multiprocessor: as many as have registers for what a lane keeps.
    BLOCKS = STEP_X * STEP_Y > 4 || STEP_Y == 4 ? 2 : STEP_Y == 1 || (sizeof(sample_t) == 1 && sizeof(tensor_t) == 2) ? 4 : 3,
};

typedef Packed<sample_t, JOINED> Joined;
typedef Packed<sample_t, COLUMNS> Luma;

// A row of the window, of both planes.
struct ChromaWindow {
    Joined blue[WINDOW / JOINED], red[WINDOW / JOINED];
};

// A row of chroma at the width of luma: what it adds to blue and to red.
struct WideRow {
    float blue[COLUMNS], red[COLUMNS];
};

// What a lane does not change on its way down. Of an inner one everything lies inside of the frame and the tile, and is read
// and written by as few accesses as there can be.
struct Lane {
    int x; // of the frame
    int first_row, rows;   // that the tile has
    int place, row_places; // in the tensor: row 0's, from a row to the next
    int chroma[WINDOW]; // places in a row
    int tile_x, end;
    bool stored_together;
};

template <bool inner>
DEVICE void read_window(Joined (&to)[WINDOW / JOINED], const sample_t *row, const Lane &lane) {
#pragma unroll
    for (int i = 0; i < WINDOW / JOINED; ++i)
        to[i] = read_neighbours<inner, sample_t, JOINED>(row, lane.x / STEP_X - BEFORE_X + i * JOINED, lane.chroma + i * JOINED);
}

// A row that there is not is reflected.
template <bool inner>
DEVICE ChromaWindow read_chroma(const FrameDecodeArgs &args, const DecodedFrame &frame, const Lane &lane, int row) {
    const int y = inner ? row : reflected(row, args.chroma_height);
    ChromaWindow window;
    read_window<inner>(window.blue, row_at<const sample_t>(frame.plane[1], y), lane);
    read_window<inner>(window.red, row_at<const sample_t>(frame.plane[2], y), lane);
    return window;
}

// Where both differences add to blue, or to red.
DEVICE void mix(const FrameDecodeArgs &args, float &blue, float &red) {
    if (!MIXED)
        return;
    const float of_blue = args.mix[0] * blue + args.mix[1] * red;
    red = args.mix[2] * blue + args.mix[3] * red;
    blue = of_blue;
}

DEVICE WideRow widened(const ChromaWindow &window, const FrameDecodeArgs &args) {
    float blue[WINDOW], red[WINDOW];
#pragma unroll
    for (int i = 0; i < WINDOW; ++i) {
        blue[i] = (float)get(window.blue[i / JOINED].item(i % JOINED));
        red[i] = (float)get(window.red[i / JOINED].item(i % JOINED));
    }
#pragma unroll
    for (int i = 0; i < WINDOW; ++i)
        mix(args, blue[i], red[i]);
    WideRow row;
#pragma unroll
    for (int j = 0; j < COLUMNS; ++j) {
        const int first = j / STEP_X + BEFORE_X + first_tap(STEP_X, j % STEP_X);
        row.blue[j] = args.least[0];
        row.red[j] = args.least[1];
#pragma unroll
        for (int k = 0; k < TAPS_X; ++k) {
            row.blue[j] += args.across[0].weight[j % STEP_X][k] * blue[first + k];
            row.red[j] += args.across[1].weight[j % STEP_X][k] * red[first + k];
        }
    }
    return row;
}

DEVICE int first_row_of(int step) {
    return STEP_Y * step - (STEP_Y == 2 ? 1 : 0);
}

template <bool inner>
DEVICE Luma read_luma(const FrameDecodeArgs &args, const DecodedFrame &frame, const Lane &lane, int row) {
    const sample_t *const from = row_at<const sample_t>(frame.plane[0], inner ? row : clamped(row, args.height));
    // Found anew for each row: a lane does not have the registers to keep them on the way down. x is not negative.
    int place[COLUMNS];
#pragma unroll
    for (int j = 0; j < COLUMNS; ++j)
        place[j] = lane.x + j < args.width ? lane.x + j : args.width - 1;
    return read_neighbours<inner, sample_t, COLUMNS>(from, lane.x, place);
}

// Red, green and blue.
DEVICE void make_pixel(float (&color)[3], const FrameDecodeArgs &args, float luma, float blue, float red) {
    color[0] = args.of_luma * luma + red;
    color[1] = args.of_luma * luma + (args.of_green[0] * blue + (args.of_green[1] * red + args.of_green[2]));
    color[2] = args.of_luma * luma + blue;
}

// Row `row` from the rows of chroma `wide`.
template <bool inner>
DEVICE void write_row(const FrameDecodeArgs &args, const DecodedFrame &frame, const Lane &lane, int row, const WideRow (&wide)[TAPS_Y],
                      const float (&weight)[FRAME_ENLARGING_TAPS], const Luma &luma) {
    if (!inner && (u32)(row - lane.first_row) >= (u32)lane.rows)
        return;
    float color[3][COLUMNS];
#pragma unroll
    for (int j = 0; j < COLUMNS; ++j) {
        float blue = 0, red = 0;
#pragma unroll
        for (int k = 0; k < TAPS_Y; ++k) {
            blue += (STEP_Y == 1 ? 1.0f : weight[k]) * wide[k].blue[j];
            red += (STEP_Y == 1 ? 1.0f : weight[k]) * wide[k].red[j];
        }
        float pixel[3];
        make_pixel(pixel, args, (float)get(luma.item(j)), blue, red);
        for (int channel = 0; channel < 3; ++channel)
            color[channel][j] = pixel[channel];
    }
    const int place = lane.place + row * lane.row_places;
#pragma unroll
    for (int channel = 0; channel < 3; ++channel) {
        tensor_t *const to = (tensor_t *)frame.output[channel] + place;
        if (inner || lane.stored_together) {
            *(Pack<tensor_t, COLUMNS> *)to = packed_four<tensor_t>(color[channel]);
            continue;
        }
#pragma unroll
        for (int j = 0; j < COLUMNS; ++j)
            if (lane.tile_x + j >= 0 && lane.x + j < lane.end)
                to[j] = Put<tensor_t>::from(color[channel][j]);
    }
}

template <bool inner>
DEVICE void decode_strip(const FrameDecodeArgs &args, const DecodedFrame &frame, Lane &lane, int begin, int steps) {
    if (!inner) {
        for (int i = 0; i < WINDOW; ++i)
            lane.chroma[i] = reflected(lane.x / STEP_X - BEFORE_X + i, args.chroma_width);
        lane.stored_together = args.joined_pixels && lane.tile_x >= 0 && lane.x + COLUMNS <= lane.end;
    }
    WideRow wide[TAPS_Y];
#pragma unroll
    for (int i = 0; i < TAPS_Y - 1; ++i)
        wide[i] = widened(read_chroma<inner>(args, frame, lane, begin - BEFORE_Y + i), args);
    // A step ahead.
    ChromaWindow chroma = read_chroma<inner>(args, frame, lane, begin - BEFORE_Y + TAPS_Y - 1);
    Luma luma[STEP_Y];
#pragma unroll
    for (int i = 0; i < STEP_Y; ++i)
        luma[i] = read_luma<inner>(args, frame, lane, first_row_of(begin) + i);
#pragma unroll 1
    for (int step = begin; step < begin + steps; ++step) {
        wide[TAPS_Y - 1] = widened(chroma, args);
        chroma = read_chroma<inner>(args, frame, lane, step + 1 - BEFORE_Y + TAPS_Y - 1);
        Luma now[STEP_Y];
#pragma unroll
        for (int i = 0; i < STEP_Y; ++i) {
            now[i] = luma[i];
            luma[i] = read_luma<inner>(args, frame, lane, first_row_of(step + 1) + i);
        }
#pragma unroll
        for (int i = 0; i < STEP_Y; ++i)
            write_row<inner>(args, frame, lane, first_row_of(step) + i, wide, args.down.weight[STEP_Y == 2 ? 1 - i : i], now[i]);
#pragma unroll
        for (int i = 0; i + 1 < TAPS_Y; ++i)
            wide[i] = wide[i + 1];
    }
}

// Strip `index`, a warp's.
DEVICE void decode_strip(const FrameDecodeArgs &args, const DecodedFrame &frame, i64 index, int number) {
    const int first_x = args.first_column + FRAME_STRIP_COLUMNS * divide_off(index, args.strips_x), end_x = first_x + FRAME_STRIP_COLUMNS;
    const int of_strip = (int)index * args.strip_steps, begin = args.first_step + of_strip;
    const int steps = args.steps - of_strip < args.strip_steps ? args.steps - of_strip : args.strip_steps;
    Lane lane;
    lane.x = first_x + COLUMNS * number;
    lane.tile_x = lane.x - args.origin_x;
    lane.end = args.origin_x + args.tile_width < args.width ? args.origin_x + args.tile_width : args.width;
    if (lane.x >= lane.end)
        return;
    const int before = args.field - args.origin_y; // of row 0 in the tile
    lane.first_row = before >= 0 ? 0 : (args.fields - 1 - before) / args.fields;
    const int end_row = (args.tile_height - before + args.fields - 1) / args.fields;
    lane.rows = (end_row < args.height ? end_row : args.height) - lane.first_row;
    lane.place = before * args.tile_width + lane.tile_x;
    lane.row_places = args.fields * args.tile_width;
    // With the step that is read ahead.
    const bool is_inner = first_x >= args.origin_x && end_x <= lane.end && first_x / STEP_X >= BEFORE_X &&
                          (end_x - COLUMNS) / STEP_X - BEFORE_X + WINDOW <= args.chroma_width && begin >= BEFORE_Y &&
                          begin + args.strip_steps - BEFORE_Y + TAPS_Y <= args.chroma_height && first_row_of(begin) >= lane.first_row &&
                          first_row_of(begin + args.strip_steps + 1) <= lane.first_row + lane.rows;
    if (args.joined && is_inner)
        decode_strip<true>(args, frame, lane, begin, steps);
    else
        decode_strip<false>(args, frame, lane, begin, steps);
}

// Pixel `index` of those that the tile has outside of the frame: rows above it and below it, then what is left of it and right
// of it.
DEVICE void decode_border(const FrameDecodeArgs &args, const DecodedFrame &frame, i64 index) {
    const int above = clamped(-args.origin_y, args.tile_height + 1), below = clamped(args.origin_y + args.tile_height - args.height * args.fields, args.tile_height + 1);
    const int left = clamped(-args.origin_x, args.tile_width + 1), right = clamped(args.origin_x + args.tile_width - args.width, args.tile_width + 1);
    int tile_x, tile_y;
    if (index < (i64)(above + below) * args.tile_width) {
        tile_x = divide_off(index, args.tile_width);
        tile_y = (int)index < above ? (int)index : (int)index + args.tile_height - above - below;
    } else {
        index -= (i64)(above + below) * args.tile_width;
        if (left + right == 0)
            return;
        tile_x = divide_off(index, left + right);
        tile_x = tile_x < left ? tile_x : tile_x + args.tile_width - left - right;
        tile_y = above + (int)index;
        if (tile_y >= args.tile_height - below)
            return;
    }
    const int x = inside(tile_x + args.origin_x, args.width, args.border), y = inside(tile_y + args.origin_y, args.height * args.fields, args.border);
    if (y % args.fields != args.field && y >= 0)
        return;
    float color[3] = {0, 0, 0};
    if (x >= 0 && y >= 0) {
        const int row = y / args.fields;
        float difference[2] = {args.least[0], args.least[1]};
        // All that it is made from is read at once: blocks of pixels outside come last, and few wait for memory together.
#pragma unroll
        for (int i = 0; i < TAPS_Y; ++i) {
            const int from_y = reflected(row / STEP_Y + first_tap(STEP_Y, row % STEP_Y) + i, args.chroma_height);
            const float of_row = STEP_Y == 1 ? 1.0f : args.down.weight[row % STEP_Y][i];
#pragma unroll
            for (int k = 0; k < TAPS_X; ++k) {
                const int from_x = reflected(x / STEP_X + first_tap(STEP_X, x % STEP_X) + k, args.chroma_width);
                float blue = read_sample(frame.plane[1], from_x, from_y), red = read_sample(frame.plane[2], from_x, from_y);
                mix(args, blue, red);
                difference[0] += of_row * args.across[0].weight[x % STEP_X][k] * blue;
                difference[1] += of_row * args.across[1].weight[x % STEP_X][k] * red;
            }
        }
        make_pixel(color, args, read_sample(frame.plane[0], x, row), difference[0], difference[1]);
    }
    for (int channel = 0; channel < 3; ++channel)
        store<tensor_t>(frame.output[channel], (i64)tile_y * args.tile_width + tile_x, color[channel]);
}

KERNEL_OF(FrameDecodeArgs, threads, BLOCKS) {
    i64 index = thread_index();
    const i64 of_frame = (i64)args.blocks * threads;
    const int number = index >= of_frame ? 1 : 0;
    index -= number * of_frame;
    const DecodedFrame frame = args.frame[number];
    if (index < (i64)args.strip_blocks * threads)
        decode_strip(args, frame, index / 32, (int)index % 32);
    else
        decode_border(args, frame, index - (i64)args.strip_blocks * threads);
}
