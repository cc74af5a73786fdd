// How many contexts of a program run side by side where nobody says.
#pragma once

#include "engine/backend.h"

namespace vsmlrt::engine {

constexpr int most_streams = 64;

struct StreamLimits {
    int frames_in_flight = 0; // that the host asks for at once; 0: unknown
    int num_threads = 0;      // that may compute; 0: as many as the device has streams for
};

// As many as the device computes best, and no more than there are frames in flight or threads to compute
// them. Where there are fewer streams than threads, threads are dealt out evenly: of the numbers that keep
// most threads busy, the largest.
[[nodiscard]] int automatic_streams(const DeviceInfo &device, const StreamLimits &limits);

// As many of `streams`, each with a context as `info` says, as leave half of what the device's memory has in
// addition to what is claimed to others; at least 1. `frame_bytes` is host memory that each frame in flight
// takes in addition to its context.
[[nodiscard]] int streams_within_memory(const Program &program, const vsmlrt_program_info &info, int streams,
                                        int num_threads, std::int64_t frame_bytes);

} // namespace vsmlrt::engine
