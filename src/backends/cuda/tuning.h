// Which kernel is the fastest for each step of a plan, found by timing them.
#pragma once

#include "backends/cuda/blob.h"
#include "backends/cuda/launches.h"
#include "vsmlrt/backend.h"

namespace vsmlrt::cuda {

// Makes the plan's problems those of this size of the network: how a picture is shared out among
// multiprocessors decides as much as channels do.
void add_size(Plan &plan, vsmlrt_extent size);

// What was chosen for such a problem, or where nothing was, at the nearest size that something was chosen
// for; null where there is none.
[[nodiscard]] const std::string *choice_for(const Choices &choices, const std::string &problem);

// Whether a step can be served by several kernels of which `choices` does not know the fastest. Where the
// last alternative is the plain kernel, which is right everywhere and fast nowhere, it is not among them.
[[nodiscard]] bool is_undecided(const Step &step, const Choices &choices);

// What has to be compiled for `tune`, each text once.
[[nodiscard]] std::vector<std::string> sources_to_time(const Plan &plan, const Choices &choices);

// Times them on the stream and adds what is the fastest to `choices`.
void tune(const Launches &launches, Choices &choices, nvidia::StreamHandle *stream);

} // namespace vsmlrt::cuda
