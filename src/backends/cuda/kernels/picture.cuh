// What the plain kernels of pictures share: a thread computes one sum and hands it to the generated epilogue.
#pragma once
#include "args.cuh"

struct Spot {
    int y, x, channel;
};

// The place of thread `index`: channels fastest, padding lanes included.
DEVICE Spot spot_of(const EpilogueArgs &epi, i64 index) {
    Spot spot;
    spot.channel = divide_off(index, epi.channels + epi.pad_lanes);
    spot.x = divide_off(index, epi.width);
    spot.y = (int)index;
    return spot;
}

DEVICE void finish(const EpilogueArgs &epi, const Spot &spot, float sum) {
    float tensors[EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1];
    for (int i = 0; i < EPILOGUE_TENSORS; ++i)
        tensors[i] = epilogue_tensor(epi, i, spot.y, spot.x, spot.channel);
    store_output(epi, spot.y, spot.x, spot.channel,
                 epilogue(epilogue_channel(epi, spot.channel), sum, tensors));
}

// True if the thread is a padding lane, which then holds 0.
DEVICE bool is_padding(const EpilogueArgs &epi, const Spot &spot) {
    if (spot.channel < epi.channels)
        return false;
    store_padding(epi, spot.y, spot.x, spot.channel - epi.channels);
    return true;
}

DEVICE i64 place_of(const Picture &picture, int y, int x, int channel) {
    return y * picture.stride_y + x * picture.stride_x + channel * picture.stride_c;
}
