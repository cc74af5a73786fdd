// GridSample: MODE 0 nearest, 1 linear, 2 cubic; PADDING 0 zeros, 1 border, 2 reflection; ALIGN_CORNERS.
#include "picture.cuh"
#include "sampling.cuh"

// Mirrors x at both ends of [low, high] as often as it takes.
DEVICE float reflected(float x, float low, float high) {
    if (high <= low)
        return low;
    const float range = high - low;
    const float phase = fmod(fabs(x - low), 2 * range);
    return low + (phase <= range ? phase : 2 * range - phase);
}

DEVICE float bounded(float x, int size) {
    const float last = (float)(size - 1);
    if (PADDING == 0 || x != x)
        return x;
    if (PADDING == 2)
        x = ALIGN_CORNERS ? reflected(x, 0, last) : reflected(x, -0.5f, last + 0.5f);
    return clamped(x, 0, last);
}

DEVICE Taps taps_of(float coordinate, int size) {
    float x = ALIGN_CORNERS ? (coordinate + 1) / 2 * (size - 1) : ((coordinate + 1) * size - 1) / 2;
    // Cubic taps are brought inside one by one, so that the kernel keeps its shape at the edge.
    if (MODE != 2)
        x = bounded(x, size);
    // Beyond this nothing of the picture is in reach, and integers would overflow; NaN goes the same way.
    if (!(fabs(x) < 1e9f))
        x = PADDING == 0 ? -1e9f : 0;
    const float base = MODE == 0 ? nearbyint(x) : floor(x);
    const float t = x - base;
    Taps taps;
    taps.number = MODE == 0 ? 1 : MODE == 1 ? 2 : 4;
    taps.weight[0] = MODE == 0 ? 1 : 1 - t;
    taps.weight[1] = t;
    if (MODE == 2)
        set_cubic(taps, t, -0.75f);
    for (int k = 0; k < taps.number; ++k) {
        const float tap = bounded(base + k - (MODE == 2 ? 1 : 0), size);
        taps.at[k] = tap >= 0 && tap < size ? (int)nearbyint(tap) : -1;
    }
    return taps;
}

KERNEL_WITH(GridSampleArgs, EpilogueArgs) {
    if (thread_index() >= args.threads)
        return;
    const Spot spot = spot_of(epi, thread_index());
    if (is_padding(epi, spot))
        return;
    const i64 point = spot.y * args.grid_stride_y + spot.x * args.grid_stride_x;
    const Taps columns = taps_of((float)load<grid_t>(args.grid, point), args.input.width);
    const Taps rows = taps_of((float)load<grid_t>(args.grid, point + args.grid_stride_c), args.input.height);
    float sum = 0;
    for (int r = 0; r < rows.number; ++r)
        for (int c = 0; c < columns.number; ++c)
            if (rows.at[r] >= 0 && columns.at[c] >= 0)
                sum += rows.weight[r] * columns.weight[c] *
                       (float)load<input_t>(args.input.data, place_of(args.input, rows.at[r], columns.at[c], spot.channel));
    finish(epi, spot, sum);
}
