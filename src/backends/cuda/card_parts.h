// How several streams share a card whose kernels take whole multiprocessors.
#pragma once

#include "backends/cuda/candidate.h"
#include "backends/cuda/plan.h"

namespace vsmlrt::cuda {

// Whether they could at all: on a card of Hopper's, whose convolutions take whole multiprocessors.
[[nodiscard]] bool may_share_card(const DeviceFacts &device, int streams);

// In how many parts the streams of a program take the card, each the multiprocessors of one: as many as there
// are streams, up to 6, for interpolators of large pictures, whose heads, bound by what L1 hands over, and
// short convolutions gain by running at the same time; else 1 (decision 0055). By steps of a plan for one.
[[nodiscard]] int parts_of_card(std::span<const Step> steps, const DeviceFacts &device, int streams);

// Of that many parts, one; `parts` from 1 on.
[[nodiscard]] DeviceFacts part_of(DeviceFacts device, int parts);

// Makes a plan for part_of(device, parts) one of a stream among others: no launch starts before the one in
// front of it has ended, since its blocks would take multiprocessors that another stream could use, and what
// is the fastest is chosen apart from what is on a whole card.
void share_card(Plan &plan, const DeviceFacts &part, int parts);

} // namespace vsmlrt::cuda
