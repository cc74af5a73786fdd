// How the blocks of a launch share out a picture's rows, in front of which EpilogueArgs stands.
#pragma once

// A block's share of all rows of all strips of so many columns, strip by strip.
struct RowShare {
    int height, begin, end;

    DEVICE RowShare(const EpilogueArgs &args, int columns) : height(args.height) {
        const long long rows = static_cast<long long>((args.width + columns - 1) / columns) * args.height;
        begin = static_cast<int>(rows * blockIdx.x / gridDim.x);
        end = static_cast<int>(rows * (blockIdx.x + 1) / gridDim.x);
    }
};
