// Where Resize looks for an output's element i along an axis. COORDINATES and NEAREST as numbered in graph/ops.h; those
// of a region (6) are resize_general.cuh's.
#pragma once

// In single precision, as the operator's runtimes reckon: which neighbour is the nearest depends on it.
DEVICE float source_position(int from, int to, float scale, int i) {
    const float half_pixel = (i + 0.5f) / scale - 0.5f;
    switch (COORDINATES) {
    case 0:
        return half_pixel;
    case 1:
        return (float)from / 2 * (1 - (float)to / (scale * (float)from)) + half_pixel;
    case 2:
        return to > 1 ? half_pixel : 0.0f;
    case 3:
        return to > 1 ? (float)i * (float)(from - 1) / (float)(to - 1) : 0.0f;
    case 4:
        return (float)i / scale;
    default:
        return (i + 0.5f) / scale;
    }
}

DEVICE int nearest(float position, float scale) {
    switch (NEAREST) {
    case 0:
        return (int)ceil(position - 0.5f);
    case 1:
        return (int)floor(position + 0.5f);
    case 2:
        return (int)floor(position);
    case 3:
        return (int)ceil(position);
    default:
        return (int)(scale < 1 ? ceil(position) : floor(position));
    }
}
