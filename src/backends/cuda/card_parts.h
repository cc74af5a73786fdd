// How several streams share a card whose kernels take whole multiprocessors.
#pragma once

#include "backends/cuda/candidate.h"
#include "backends/cuda/plan.h"
#include "nvidia/handles.h"

#include <mutex>

namespace vsmlrt::cuda {

// In how many parts the streams of a program take the card for such steps, each the multiprocessors of one:
// as many as there are streams, up to 6, for interpolators, whose heads, bound by what L1 hands over, and
// short convolutions gain by running at the same time; else 1 (decision 0055), as on all cards but Hopper's,
// whose convolutions take whole multiprocessors. `apart`: the driver keeps the parts apart; where it does
// not, those of some sizes alone gain. By steps of a plan for the whole card.
[[nodiscard]] int parts_of_card(std::span<const Step> steps, const DeviceFacts &device, int streams,
                                bool apart);

// Of that many parts of the same size, one; `parts` from 1 on.
[[nodiscard]] DeviceFacts part_of(DeviceFacts device, int parts);

// Makes a plan for a part of a card one of a stream among others: what is the fastest is chosen apart from
// what is on a whole card. Where the driver does not keep the parts apart, no launch starts before the one in
// front of it has ended, since its blocks would take multiprocessors that another stream could use.
void share_card(Plan &plan, const DeviceFacts &part, bool apart);

// The parts of a card that the streams of a program take where it gains, made when they are first asked for.
// By the driver, from version 555 on; older ones make none, and launches keep to a part's size by themselves.
// Thread-safe. Outlives its streams.
class CardParts {
public:
    CardParts(nvidia::SharedContext context, const DeviceFacts &card, int streams)
        : context_(std::move(context)), card_(card), streams_(streams) {}

    // Of the device's memory, that the driver takes for a part and its stream; measured.
    static constexpr std::int64_t bytes_of_part = 6 << 20;

    [[nodiscard]] DeviceFacts part();
    // Whether nothing that runs in one of them can take multiprocessors of another.
    [[nodiscard]] bool are_apart();
    // For what runs in one of them; `number` counts the program's streams.
    [[nodiscard]] nvidia::Stream stream(std::size_t number);

private:
    const std::vector<nvidia::DevicePart> &made();

    nvidia::SharedContext context_;
    DeviceFacts card_;
    int streams_;
    std::once_flag once_;
    std::vector<nvidia::DevicePart> parts_;
};

} // namespace vsmlrt::cuda
