// The parameters of the kernels between frames in a clip's own format and tensors, as the host fills them.
#pragma once

#include "both_sides.cuh"

struct FramePlane {
    unsigned long long data;
    long long stride; // bytes from a row to the next; 0 where all rows are the same
};

// value = (sample - zero) / one of integer samples, by plane; of_one is 1 / one.
struct SampleScale {
    float one[3], of_one[3], zero[3];
};

enum {
    FRAME_THREADS = 256, // of a block
    FRAME_ENLARGING_TAPS = 5, // at most
    FRAME_SHRINKING_TAPS = 16,
    FRAME_PIXELS = 4, // of a thread where nothing is subsampled
    FRAME_STRIP_THREADS = 128,
    FRAME_STRIP_COLUMNS = 128, // of a warp
    FRAME_STRIP_BYTES = 4096, // of shared memory, where there are two numbers for each column
    // By the luma samples that one of chroma stands for: what is read for them fits into one or two times 64.
    FRAME_TILE_COLUMNS_OF_1 = 64,
    FRAME_TILE_COLUMNS_OF_2 = 60,
    FRAME_TILE_COLUMNS_OF_4 = 28,
};

// Chroma to luma's size along one direction, where a sample of chroma stands for 1, 2 or 4 of luma: sample
// step * i + phase of luma is the sum of weight[phase][k] times sample i + first_tap(step, phase) + k of chroma.
struct EnlargingWeights {
    float weight[4][FRAME_ENLARGING_TAPS];
};
BOTH_SIDES int first_tap(int step, int phase) {
    return step == 1 ? 0 : step == 2 ? phase - 2 : -2;
}

struct DecodedFrame {
    FramePlane plane[3];
    unsigned long long output[3]; // of the channels
};

enum {
    FRAMES_AT_ONCE = 2, // of equal format and size that a launch decodes, where chroma is subsampled
};

struct FrameDecodeArgs {
    long long threads;
    DecodedFrame frame[FRAMES_AT_ONCE];
    SampleScale scale;
    float matrix[9];   // to RGB
    int width, height; // of the frame
    int tile_width, tile_height, origin_x, origin_y;
    int border; // vsmlrt_border
    // Subsampled chroma alone, of one field where a frame has two: planes and `height` are the field's. A step makes the
    // rows of luma that stand next to a row of chroma; strips are FRAME_STRIP_COLUMNS columns from first_column on
    // by strip_steps steps from first_step on.
    EnlargingWeights across[2], down; // across: of what the differences add to blue, and to red
    // Blue and red are of_luma * luma plus what the differences add to them, which is least[0] and least[1] where samples are 0;
    // green is of_luma * luma + of_green[0] * blue's + of_green[1] * red's + of_green[2].
    float of_luma, least[2], of_green[3];
    float mix[4]; // where both differences add to blue, or to red: what each adds to blue, and to red
    int fields, field;
    int chroma_width, chroma_height;
    int first_column, first_step, steps;
    int strips_x, strip_steps;
    int strip_blocks, blocks; // of a frame; those behind the strips' make what lies outside of it
    int joined, joined_pixels; // neighbours are read and written by one access; they are written so
};

// A picture of one or three channels, planar: the network's result, or the sums of its tiles.
struct PlanarPicture {
    unsigned long long data;
    long long channel_stride, row_stride; // elements
};

struct FrameEncodeArgs {
    long long threads;
    PlanarPicture input; // its first pixel is the frame's
    int width, height;   // of the frame
    int limit;           // 1: samples are limited to [0, 1] first
    FramePlane plane[3];
    SampleScale scale;
    float most;      // the largest integer sample
    float matrix[9]; // from RGB
    unsigned long long not_finite; // unsigned, set to `frame` where a sample is NaN or infinite
    unsigned frame;
    // Subsampled chroma alone, of one field where a frame has two, as for decoding; in strips of FRAME_TILE_COLUMNS_OF_*
    // by strip_rows samples of it. A sample is the sum of weights times samples of luma in both directions, reflected where they lie
    // outside; those of sample i begin at i times the step plus first_tap, or first_row_tap.
    float of_luma[3], luma_zero; // luma's sample of red, green and blue, as a part of `most`
    int first_tap, first_row_tap;
    float across_weights[FRAME_SHRINKING_TAPS], down_weights[FRAME_SHRINKING_TAPS];
    int chroma_width, chroma_height;
    int strips_x, strip_rows;
    int joined_luma, joined_pixels; // four neighbours are written, or read, by one access
};

struct TileBlendArgs {
    long long threads; // pixels of the span
    PlanarPicture tile; // its first pixel is the span's
    PlanarPicture sums; // likewise
    unsigned long long column_weights, row_weights; // float
    int width, channels;
};
