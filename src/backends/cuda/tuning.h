// Which kernel is the fastest for each step of a plan, found by timing them.
#pragma once

#include "backends/cuda/blob.h"
#include "backends/cuda/launches.h"

namespace vsmlrt::cuda {

// Whether a step can be served by several kernels of which `choices` does not know the fastest. Where the
// last alternative is the plain kernel, which is right everywhere and fast nowhere, it is not among them.
[[nodiscard]] bool is_undecided(const Step &step, const Choices &choices);

// What has to be compiled for `tune`, each text once.
[[nodiscard]] std::vector<std::string> sources_to_time(const Plan &plan, const Choices &choices);

// Times them on the stream and adds what is the fastest to `choices`.
void tune(const Launches &launches, Choices &choices, nvidia::StreamHandle *stream);

} // namespace vsmlrt::cuda
