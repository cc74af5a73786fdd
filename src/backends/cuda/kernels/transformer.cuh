// A block of a transformer on a picture of tokens, in one kernel for sm_80 and newer (mma.sync, fp32 sums):
//     y = x + PROJECTION(softmax(SCALE Q K' + TABLE) V),  Q, K, V = QKV(normalised x)     where ATTENTION
//     z = y + SECOND(chain(FIRST(normalised y)))                                          where PERCEPTRON
// Attention is within windows of WINDOW_ROWS x WINDOW_COLUMNS tokens (64 at most) of the picture, which may be rolled:
// token (y, x) of the rolled one is (y + shift_y, x + shift_x) of the picture. Rolling, parting into windows and
// heads and the way back are addresses. A warp has 16 tokens from beginning to end: its rows stay in registers,
// products feed products there, and only keys and values pass through shared memory. A block of four warps has
// WINDOWS windows, warp w rows 16 w .. 16 w + 15 of each. Weights are read from memory in the order of the lanes
// (transformer_layout.cuh), once a warp; they stay in the first cache.
// In front stand: CHANNELS, HEADS, DEPTH (channels of a head), HIDDEN, READ_VECTOR and WRITE_VECTOR
// (elements a lane reads, writes at once), LANES (zeros that are written behind the last channel), BRAIN (bf16), MASKED, EXTRAS and chain(sum, x): what follows FIRST, x being EXTRAS numbers of the hidden channel.
#include "args.cuh"
#include "transformer_layout.cuh"
#include "warp_mma.cuh"

enum {
    threads = 128,
    steps = (CHANNELS + 15) / 16, // of an inner axis
    depth_steps = (DEPTH + 15) / 16,
    padded_depth = depth_steps * 16,
    own = 4 * steps, // channels of a lane
    tokens = 64,
    pitch = HEADS * padded_depth + 8, // of keys and values; chosen so that 8 rows are in 8 different banks
    hidden_steps = (HIDDEN + 15) / 16,
    weights_of_step = 256, // 16 x 16
    ones = DEPTH % 16 != 0, // the values' first column behind the last channel is 1: its mix is the sum of the weights
};

// The sum or the largest of four lanes, which have the same rows.
DEVICE float sum_of_quad(float value) {
    value += exchanged(value, 1);
    return value + exchanged(value, 2);
}
DEVICE float most_of_quad(float value) {
    value = largest(value, exchanged(value, 1));
    return largest(value, exchanged(value, 2));
}

// 16 rows: of[s][i] is channels 4 s + 2 (i / 2) and the next of the lane's, of row g + 8 (i % 2). As the left
// operand of a product it is as mma.sync wants it.
struct Rows {
    u32 of[steps][4];
};
// Sums of 16 rows and 8 COLUMNS columns.
template <int COLUMNS>
struct Sums {
    float of[COLUMNS][4];

    // Columns begin with these numbers, a lane's two at `bias`.
    DEVICE void begin(const float *bias, int from_column_to_column) {
#pragma unroll
        for (int n = 0; n < COLUMNS; ++n) {
            const Two two = *(const Two *)(bias + n * from_column_to_column);
            of[n][0] = of[n][2] = two.x;
            of[n][1] = of[n][3] = two.y;
        }
    }
    // Two eights of columns (n, n + 1) += left times a step of weights.
    DEVICE void add(int n, const u32 (&left)[4], const u32 (&right)[4]) {
        multiply(of[n], left, right[0], right[1]);
        multiply(of[n + 1], left, right[2], right[3]);
    }
};

// Where a lane's channels of a row begin, or nowhere.
struct Place {
    i64 row[2];
    bool there[2];
};

// Where token `index` of window (or run of 64 tokens) `number` is.
DEVICE void find_token(const TransformerArgs &args, int number, int index, int &y, int &x, bool &there) {
#if ATTENTION
    y = number / args.windows_across * WINDOW_ROWS + index / WINDOW_COLUMNS + args.shift_y;
    x = number % args.windows_across * WINDOW_COLUMNS + index % WINDOW_COLUMNS + args.shift_x;
    y -= y >= args.height ? args.height : 0;
    x -= x >= args.width ? args.width : 0;
    there = index < WINDOW_ROWS * WINDOW_COLUMNS && number < args.windows;
#else
    const i64 token = (i64)number * tokens + index;
    y = (int)(token / args.width);
    x = (int)(token - (i64)y * args.width);
    there = y < args.height;
#endif
}

// Where the lane's rows of the block's window `w` are.
DEVICE Place place_of(const TransformerArgs &args, int w, int warp, int lane, i64 stride_y, i64 stride_x) {
    Place place;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        int y, x;
        find_token(args, blockIdx.x * WINDOWS + w, warp * 16 + 8 * half + (lane >> 2), y, x, place.there[half]);
        place.row[half] = y * stride_y + x * stride_x;
    }
    return place;
}

DEVICE void read_rows(Rows &rows, u64 data, const Place &place, int q) {
    unsigned short item[2][own];
#pragma unroll
    for (int half = 0; half < 2; ++half)
#pragma unroll
        for (int at = 0; at < own; at += READ_VECTOR) {
            Elements<READ_VECTOR> piece = Elements<READ_VECTOR>();
            if (place.there[half] && q * own + at < CHANNELS)
                piece = *(const Elements<READ_VECTOR> *)((const unsigned short *)data + place.row[half] + q * own + at);
#pragma unroll
            for (int i = 0; i < READ_VECTOR; ++i)
                item[half][at + i] = piece.item[i];
        }
#pragma unroll
    for (int s = 0; s < steps; ++s)
#pragma unroll
        for (int i = 0; i < 4; ++i)
            rows.of[s][i] = (u32)item[i & 1][4 * s + (i & 2)] | (u32)item[i & 1][4 * s + (i & 2) + 1] << 16;
}
DEVICE void write_rows(const Rows &rows, u64 data, const Place &place, int q) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        if (!place.there[half])
            continue;
#pragma unroll
        for (int at = 0; at < own; at += WRITE_VECTOR) {
            if (q * own + at >= CHANNELS + LANES)
                continue;
            Elements<WRITE_VECTOR> piece;
#pragma unroll
            for (int i = 0; i < WRITE_VECTOR; ++i)
                piece.item[i] = (unsigned short)(rows.of[(at + i) / 4][half + ((at + i) & 2)] >> 16 * ((at + i) & 1));
            *(Elements<WRITE_VECTOR> *)((unsigned short *)data + place.row[half] + q * own + at) = piece;
        }
    }
}

// Rows with mean 0 and variance 1, times a scale and plus a bias for each channel, which are 0 behind the last.
DEVICE void normalise(Rows &to, const Rows &from, u64 scale_and_bias, float epsilon, int q) {
    float mean[2], factor[2];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        float sum = 0;
#pragma unroll
        for (int s = 0; s < steps; ++s)
#pragma unroll
            for (int i = half; i < 4; i += 2)
                sum += unpacked(from.of[s][i]).x + unpacked(from.of[s][i]).y; // 0 behind the last channel
        mean[half] = sum_of_quad(sum) * (1.0f / CHANNELS);
        float squares = 0;
#pragma unroll
        for (int s = 0; s < steps; ++s)
#pragma unroll
            for (int i = half; i < 4; i += 2) {
                const Two value = unpacked(from.of[s][i]);
                const float low = value.x - mean[half], high = value.y - mean[half];
                const int channel = q * own + 4 * s + (i & 2);
                squares += channel < CHANNELS ? low * low : 0;
                squares += channel + 1 < CHANNELS ? high * high : 0;
            }
        factor[half] = reciprocal_root(sum_of_quad(squares) * (1.0f / CHANNELS) + epsilon);
    }
    const float *scales = (const float *)scale_and_bias + q * own, *biases = scales + 16 * steps;
#pragma unroll
    for (int s = 0; s < steps; ++s)
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const Two scale = *(const Two *)(scales + 4 * s + (i & 2)), bias = *(const Two *)(biases + 4 * s + (i & 2));
            const Two value = unpacked(from.of[s][i]);
            const float low = (value.x - mean[i & 1]) * factor[i & 1], high = (value.y - mean[i & 1]) * factor[i & 1];
            to.of[s][i] = packed(low * scale.x + bias.x, high * scale.y + bias.y);
        }
}

// rows += sums, whose columns are channels.
DEVICE void add_sums(Rows &rows, const Sums<2 * steps> &sums) {
#pragma unroll
    for (int n = 0; n < 2 * steps; ++n)
#pragma unroll
        for (int half = 0; half < 2; ++half) {
            u32 &pair = rows.of[n / 2][n % 2 * 2 + half];
            const Two kept = unpacked(pair);
            pair = packed(kept.x + sums.of[n][2 * half], kept.y + sums.of[n][2 * half + 1]);
        }
}

// Two eights of columns as a left operand.
DEVICE void as_left(u32 (&left)[4], const float (&low)[4], const float (&high)[4]) {
    left[0] = packed(low[0], low[1]);
    left[1] = packed(low[2], low[3]);
    left[2] = packed(high[0], high[1]);
    left[3] = packed(high[2], high[3]);
}

#if ATTENTION
// Queries, keys or values (part 0, 1, 2) of a head.
DEVICE void project(Sums<2 * depth_steps> (&sums)[WINDOWS], const Rows (&rows)[WINDOWS], const TransformerArgs &args, int head, int part, int lane) {
    const int index = head * 3 + part;
#pragma unroll
    for (int w = 0; w < WINDOWS; ++w)
        sums[w].begin((const float *)args.qkv_bias + index * padded_depth + 2 * (lane & 3), 8);
    const unsigned short *weights =
        (const unsigned short *)args.qkv + (i64)index * depth_steps * steps * weights_of_step + lane * 8;
#pragma unroll
    for (int n = 0; n < depth_steps; ++n)
#pragma unroll
        for (int s = 0; s < steps; ++s) {
            u32 right[4];
            read_constants(right, weights + (n * steps + s) * weights_of_step);
#pragma unroll
            for (int w = 0; w < WINDOWS; ++w)
                sums[w].add(2 * n, rows[w].of[s], right);
        }
}

// A warp's 16 x 64 of a table of summands to scores, laid out as sums are. ADD: to the scores that there are.
template <bool ADD>
DEVICE void read_scores(float (&score)[8][4], const unsigned short *table) {
#pragma unroll
    for (int n = 0; n < 8; n += 2) {
        u32 summand[4];
        read_constants(summand, table + n / 2 * weights_of_step);
#pragma unroll
        for (int i = 0; i < 4; ++i) {
            const Two both = unpacked(summand[i]);
            float *const pair = &score[n + i / 2][i % 2 * 2];
            pair[0] = ADD ? pair[0] + both.x : both.x;
            pair[1] = ADD ? pair[1] + both.y : both.y;
        }
    }
}

// sums += the projection of a head's mix of values; `queries` are those of the head.
DEVICE void attend(Sums<2 * steps> &sums, const Sums<2 * depth_steps> &queries, const unsigned short *keys,
                   const unsigned short *values, const TransformerArgs &args, int head, int mask, int warp, int lane) {
    const int matrix = lane >> 3, row = lane & 7;
    float score[8][4];
    const unsigned short *table = (const unsigned short *)args.table + (head * 4 + warp) * 4 * weights_of_step + lane * 8;
    read_scores<false>(score, table);
#if MASKED
    if (mask > 0)
        read_scores<true>(score, (const unsigned short *)args.masks + ((i64)(mask - 1) * 4 + warp) * 4 * weights_of_step + lane * 8);
#endif
#pragma unroll
    for (int s = 0; s < depth_steps; ++s) {
        u32 left[4];
        as_left(left, queries.of[2 * s], queries.of[2 * s + 1]);
#pragma unroll
        for (int n = 0; n < 8; n += 2) {
            u32 right[4];
            load_matrices(right, shared_address(keys + (n * 8 + (matrix >> 1) * 8 + row) * pitch + head * padded_depth + s * 16 + (matrix & 1) * 8));
            multiply(score[n], left, right[0], right[1]);
            multiply(score[n + 1], left, right[2], right[3]);
        }
    }
    const float to_binary = 1.4426950408889634f; // e^x = 2^(x log2 e)
    float sum[2];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
        float most = -infinity();
#pragma unroll
        for (int n = 0; n < 8; ++n)
            most = largest(most, largest(score[n][2 * half], score[n][2 * half + 1]));
        const float from = most_of_quad(most) * to_binary;
        sum[half] = 0;
#pragma unroll
        for (int n = 0; n < 8; ++n)
#pragma unroll
            for (int e = 2 * half; e < 2 * half + 2; ++e) {
                score[n][e] = power_of_two(score[n][e] * to_binary - from);
                sum[half] += ones ? 0 : score[n][e];
            }
    }
    Sums<2 * depth_steps> mixed = {};
#pragma unroll
    for (int s = 0; s < tokens / 16; ++s) {
        u32 left[4];
        as_left(left, score[2 * s], score[2 * s + 1]);
#pragma unroll
        for (int n = 0; n < depth_steps; ++n) {
            u32 right[4];
            load_transposed(right, shared_address(values + (s * 16 + (matrix & 1) * 8 + row) * pitch + head * padded_depth + n * 16 + (matrix >> 1) * 8));
            mixed.add(2 * n, left, right);
        }
    }
    float share[2];
#pragma unroll
    for (int half = 0; half < 2; ++half)
        share[half] = reciprocal(ones ? of_lane(mixed.of[DEPTH / 8 % (2 * depth_steps)][2 * half + DEPTH % 2],
                                                (lane & ~3) + DEPTH % 8 / 2)
                                      : sum_of_quad(sum[half]));
#pragma unroll
    for (int n = 0; n < 2 * depth_steps; ++n)
#pragma unroll
        for (int e = 0; e < 4; ++e)
            mixed.of[n][e] *= share[e >> 1];
    const unsigned short *weights =
        (const unsigned short *)args.projection + (i64)head * depth_steps * steps * weights_of_step + lane * 8;
#pragma unroll
    for (int s = 0; s < depth_steps; ++s) {
        u32 left[4];
        as_left(left, mixed.of[2 * s], mixed.of[2 * s + 1]);
#pragma unroll
        for (int n = 0; n < steps; ++n) {
            u32 right[4];
            read_constants(right, weights + (n * depth_steps + s) * weights_of_step);
            sums.add(2 * n, left, right);
        }
    }
}

DEVICE void add_attention(Rows (&rows)[WINDOWS], const TransformerArgs &args, unsigned short *shared, int warp, int lane) {
    // Rows that do not fit into registers while scores are there are read once more behind them.
    const bool again = WINDOWS > 1 || BLOCKS > 3 || 4 * steps + 2 * depth_steps > 18;
    Rows normal[WINDOWS];
#pragma unroll
    for (int w = 0; w < WINDOWS; ++w)
        normalise(normal[w], rows[w], args.first_norm, args.first_epsilon, lane & 3);
    // Keys, then values of a window: tokens by heads.
    unsigned short *const mine = shared + (warp * 16 + (lane >> 2)) * pitch + 2 * (lane & 3);
    Sums<2 * depth_steps> part[WINDOWS];
#pragma unroll 1
    for (int head = 0; head < HEADS; ++head)
#pragma unroll
        for (int which = 0; which < 2; ++which) {
            project(part, normal, args, head, 1 + which, lane);
#pragma unroll
            for (int w = 0; w < WINDOWS; ++w)
#pragma unroll
                for (int n = 0; n < 2 * depth_steps; ++n)
#pragma unroll
                    for (int half = 0; half < 2; ++half)
                        *(u32 *)(mine + ((2 * w + which) * tokens + 8 * half) * pitch + head * padded_depth + 8 * n) =
                            packed(part[w].of[n][2 * half], part[w].of[n][2 * half + 1]);
        }
    wait_for_block();
    Sums<2 * steps> sums[WINDOWS];
#pragma unroll
    for (int w = 0; w < WINDOWS; ++w)
        sums[w].begin((const float *)args.projection_bias + (lane & 3) * own, 2);
    int mask[WINDOWS] = {};
#if MASKED
#pragma unroll
    for (int w = 0; w < WINDOWS; ++w)
        if (blockIdx.x * WINDOWS + w < args.windows)
            mask[w] = ((const unsigned short *)args.mask_of_window)[blockIdx.x * WINDOWS + w];
#endif
#pragma unroll 1
    for (int head = 0; head < HEADS; ++head) {
        project(part, normal, args, head, 0, lane);
#pragma unroll
        for (int w = 0; w < WINDOWS; ++w) {
#pragma unroll
            for (int n = 0; n < 2 * depth_steps; ++n)
#pragma unroll
                for (int e = 0; e < 4; ++e)
                    part[w].of[n][e] *= args.scale;
            attend(sums[w], part[w], shared + 2 * w * tokens * pitch, shared + (2 * w + 1) * tokens * pitch, args, head, mask[w], warp, lane);
        }
    }
#pragma unroll
    for (int w = 0; w < WINDOWS; ++w) {
        if (again)
            read_rows(rows[w], args.input, place_of(args, w, warp, lane, args.input_y, args.input_x), lane & 3);
        add_sums(rows[w], sums[w]);
    }
}
#endif

#if PERCEPTRON
DEVICE void add_perceptron(Rows (&rows)[WINDOWS], const TransformerArgs &args, int lane) {
    Rows normal[WINDOWS];
    Sums<2 * steps> sums[WINDOWS];
#pragma unroll
    for (int w = 0; w < WINDOWS; ++w) {
        normalise(normal[w], rows[w], args.second_norm, args.second_epsilon, lane & 3);
        sums[w].begin((const float *)args.second_bias + (lane & 3) * own, 2);
    }
    const unsigned short *first = (const unsigned short *)args.first + lane * 8;
    const unsigned short *second = (const unsigned short *)args.second + lane * 8;
#pragma unroll 1
    for (int step = 0; step < hidden_steps; ++step) {
        Sums<2> hidden[WINDOWS] = {};
#pragma unroll
        for (int s = 0; s < steps; ++s) {
            u32 right[4];
            read_constants(right, first + (step * steps + s) * weights_of_step);
#pragma unroll
            for (int w = 0; w < WINDOWS; ++w)
                hidden[w].add(0, normal[w].of[s], right);
        }
        Two extra[2][EXTRAS > 0 ? EXTRAS : 1];
#pragma unroll
        for (int n = 0; n < 2; ++n)
#pragma unroll
            for (int i = 0; i < EXTRAS; ++i)
                extra[n][i] = *(const Two *)((const float *)args.extra[i] + step * 16 + n * 8 + 2 * (lane & 3));
        u32 left[WINDOWS][4];
#pragma unroll
        for (int w = 0; w < WINDOWS; ++w) {
#pragma unroll
            for (int n = 0; n < 2; ++n)
#pragma unroll
                for (int e = 0; e < 4; ++e) {
                    float x[EXTRAS > 0 ? EXTRAS : 1];
#pragma unroll
                    for (int i = 0; i < EXTRAS; ++i)
                        x[i] = e % 2 == 0 ? extra[n][i].x : extra[n][i].y;
                    const float value = chain(hidden[w].of[n][e], x);
                    hidden[w].of[n][e] = step * 16 + n * 8 + 2 * (lane & 3) + e % 2 < HIDDEN ? value : 0;
                }
            as_left(left[w], hidden[w].of[0], hidden[w].of[1]);
        }
#pragma unroll
        for (int n = 0; n < steps; ++n) {
            u32 right[4];
            read_constants(right, second + (step * steps + n) * weights_of_step);
#pragma unroll
            for (int w = 0; w < WINDOWS; ++w)
                sums[w].add(2 * n, left[w], right);
        }
    }
#pragma unroll
    for (int w = 0; w < WINDOWS; ++w)
        add_sums(rows[w], sums[w]);
}
#endif

KERNEL_OF_BLOCKS(TransformerArgs, threads, BLOCKS, WINDOWS * 2 * tokens * pitch * 2) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
    Rows rows[WINDOWS];
#pragma unroll
    for (int w = 0; w < WINDOWS; ++w)
        read_rows(rows[w], args.input, place_of(args, w, warp, lane, args.input_y, args.input_x), lane & 3);
#if ATTENTION
    add_attention(rows, args, (unsigned short *)shared, warp, lane);
#endif
#if PERCEPTRON
    add_perceptron(rows, args, lane);
#endif
#pragma unroll
    for (int w = 0; w < WINDOWS; ++w)
        write_rows(rows[w], args.output, place_of(args, w, warp, lane, args.output_y, args.output_x), lane & 3);
}
