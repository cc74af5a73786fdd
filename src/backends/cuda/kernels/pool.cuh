// Maximum or average over windows, one thread an element of the result.
#include "picture.cuh"

KERNEL_WITH(PoolArgs, EpilogueArgs) {
    if (thread_index() >= args.threads)
        return;
    const Spot spot = spot_of(epi, thread_index());
    if (is_padding(epi, spot))
        return;
    float most = -infinity();
    float sum = 0;
    int number = 0, padded = 0;
    for (int i = 0; i < args.kernel_y; ++i) {
        const int y = spot.y * args.stride_y + i * args.dilation_y - args.pad_top;
        for (int j = 0; j < args.kernel_x; ++j) {
            const int x = spot.x * args.stride_x + j * args.dilation_x - args.pad_left;
            // What ceil_mode reaches beyond picture and padding does not count.
            padded += y < args.input.height + args.pad_bottom && x < args.input.width + args.pad_right;
            if (y < 0 || y >= args.input.height || x < 0 || x >= args.input.width)
                continue;
            const float value = (float)load<input_t>(args.input.data, place_of(args.input, y, x, spot.channel));
            most = value > most || value != value ? value : most;
            sum += value;
            ++number;
        }
    }
    const int divisor = args.count_padding ? padded : number;
    finish(epi, spot, args.average ? (divisor == 0 ? 0.0f : sum / divisor) : most);
}
