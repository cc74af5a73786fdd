#include "engine/streams.h"

#include <algorithm>

namespace vsmlrt::engine {
namespace {

int dealt_evenly(int most, int threads) {
    int best = 1;
    for (int streams = 1; streams <= std::min(most, threads); ++streams)
        if (streams * (threads / streams) >= best * (threads / best))
            best = streams;
    return best;
}

int threads_of(const DeviceInfo &device, int num_threads) {
    return num_threads > 0 ? std::min(num_threads, device.best_streams) : device.best_streams;
}

} // namespace

int automatic_streams(const DeviceInfo &device, const StreamLimits &limits) {
    const int in_flight = limits.frames_in_flight > 0 ? limits.frames_in_flight : most_streams;
    return dealt_evenly(std::min(in_flight, most_streams), threads_of(device, limits.num_threads));
}

int streams_within_memory(const Program &program, const vsmlrt_program_info &info, int streams,
                          int num_threads, std::int64_t frame_bytes) {
    const DeviceInfo &device = program.device().info();
    const Memory memory = memory_of(device);
    const std::int64_t one = info.context_bytes + frame_bytes;
    if (memory.bytes <= 0 || one <= 0)
        return streams;
    const std::int64_t spare = info.spare_contexts * (info.spare_context_bytes + frame_bytes);
    const std::int64_t unclaimed = memory.bytes - claimed_bytes(memory);
    const std::int64_t free = std::min(unclaimed, program.device().free_memory().value_or(unclaimed)) - spare;
    const std::int64_t fitting = std::max<std::int64_t>(free / 2 / one, 1);
    if (fitting >= streams)
        return streams;
    return dealt_evenly(static_cast<int>(fitting), threads_of(device, num_threads));
}

} // namespace vsmlrt::engine
