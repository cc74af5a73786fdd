// Which kernel is the fastest for each step of a plan, found by timing them.
#pragma once

#include "backends/cuda/choices.h"
#include "backends/cuda/launches.h"
#include "vsmlrt/backend.h"

namespace vsmlrt::cuda {

// What is the fastest for the plan's steps is chosen for this size of the network's picture.
void add_size(Plan &plan, vsmlrt_extent size);

// Whether a step can be served by several kernels of which `choices` does not know the fastest. Where the
// last alternative is the plain kernel, which is right everywhere and fast nowhere, it is not among them.
[[nodiscard]] bool is_undecided(const Step &step, const Choices &choices);

// What has to be compiled for `tune`, each text once.
[[nodiscard]] std::vector<std::string> sources_to_time(const Plan &plan, const Choices &choices);

// Times them on the stream and adds what is the fastest to `choices`.
void tune(const Launches &launches, Choices &choices, nvidia::StreamHandle *stream);

} // namespace vsmlrt::cuda
