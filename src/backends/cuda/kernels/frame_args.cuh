// The parameters of the kernels between frames in a clip's own format and tensors, as the host fills them.
#pragma once

struct FramePlane {
    unsigned long long data;
    long long stride; // bytes from a row to the next; 0 where all rows are the same
};

// pixel/resample.h: result i is the sum of weights[i * taps + k] times sample sources[i * taps + k].
struct ResamplingTable {
    unsigned long long sources; // int
    unsigned long long weights; // float
    int taps;
};

// value = (sample - zero) / one of integer samples, by plane; of_one is 1 / one.
struct SampleScale {
    float one[3], of_one[3], zero[3];
};

enum {
    FRAME_THREADS = 256, // of a block
    FRAME_ENLARGING_TAPS = 4, // at most
    FRAME_SHRINKING_TAPS = 16,
    FRAME_PIXELS = 4, // of a thread where nothing is subsampled
    FRAME_STRIP_THREADS = 128,
    FRAME_STRIP_ROW_BYTES = 48, // of shared memory, for each row of a strip
    FRAME_STRIP_PAIR_BYTES = 16, // the same for a row of chroma, for each lane
    // By the luma samples that one of chroma stands for: what is read for them fits into one or two times 64.
    FRAME_TILE_COLUMNS_OF_1 = 64,
    FRAME_TILE_COLUMNS_OF_2 = 60,
    FRAME_TILE_COLUMNS_OF_4 = 28,
    FRAME_TILE_BYTES = 48 << 10, // of shared memory, which a block has without asking
};

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
    // Subsampled chroma alone, in strips of 64 columns of the tile by strip_rows.
    ResamplingTable across, down;
    float of_samples[9], summand[3]; // red, green and blue of samples as they are
    int chroma_width;
    int strip_rows;
    int chroma_rows; // that a strip reads, at most
    int blocks; // of a frame
    int pairs_of_luma, pairs_of_pixels; // an even one and the next one are read, or written, by one access
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
    unsigned long long not_finite; // int, set to 1 where a sample is NaN or infinite
    // Subsampled chroma alone, in tiles of FRAME_TILE_COLUMNS_OF_* by tile_rows samples of it.
    float of_luma[3], luma_zero; // luma's sample of red, green and blue, as a part of `most`
    int first_tap;               // of column 0, reflected where it lies outside; each further column's is as much further
    float across_weights[FRAME_SHRINKING_TAPS];
    ResamplingTable down;
    unsigned long long row_spans; // FrameSpan, of each row of tiles
    int chroma_width, chroma_height;
    int tiles_x, tile_rows;
    int pairs_of_luma, pairs_of_pixels; // an even one and the next one are written, or read, by one access
};

// Rows of luma that a tile of chroma reads or that it stands for.
struct FrameSpan {
    int first, count;
};

struct TileBlendArgs {
    long long threads; // pixels of the span
    PlanarPicture tile; // its first pixel is the span's
    PlanarPicture sums; // likewise
    unsigned long long column_weights, row_weights; // float
    int width, channels;
};
