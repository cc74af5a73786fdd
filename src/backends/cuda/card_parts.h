// How networks that run side by side share a card whose kernels take whole multiprocessors.
#pragma once

#include "backends/cuda/candidate.h"
#include "backends/cuda/plan.h"
#include "nvidia/handles.h"

#include <map>
#include <mutex>

namespace vsmlrt::cuda {

// What a program is made for.
struct FramesAtOnce {
    int streams = 1;
    int in_flight = 0; // that the host asks for; 0: unknown
};

// In how many parts the streams of a program take the card for a network, each the multiprocessors of one;
// 1: all of them take all of it, as on all cards but Hopper's, whose convolutions take whole multiprocessors.
// `whole`: its plan for the whole card. `apart`: the driver keeps the parts apart.
//
// As many frames are computed side by side. There are more than streams where the launches for one frame
// leave multiprocessors idle (decision 0060): up to 8 of interpolators, whose heads, bound by what L1 hands
// over, and short convolutions also gain by running at the same time (decision 0055), up to 4 of others.
// Without parts that the driver keeps apart streams of interpolators of some sizes take one each, at most 6.
[[nodiscard]] int parts_of_card(const Plan &whole, const DeviceFacts &device, const FramesAtOnce &frames,
                                bool apart);

// Of that many parts of the same size, one; `parts` from 1 on.
[[nodiscard]] DeviceFacts part_of(DeviceFacts device, int parts);

// Makes a plan for a part of a card one of `parts` side by side: what is the fastest is chosen apart from
// what is on a whole card. Where the driver does not keep the parts apart, no launch starts before the one in
// front of it has ended, since its blocks would take multiprocessors that another stream could use.
void share_card(Plan &plan, int parts, const DeviceFacts &part, bool apart);

// The parts of a card that the streams of a program take where it gains, made when they are first asked for.
// By the driver, from version 555 on; older ones make none, and launches keep to a part's size by themselves.
// `count`: how many parts of the same size. Thread-safe. Outlives its streams.
class CardParts {
public:
    CardParts(nvidia::SharedContext context, const DeviceFacts &card)
        : context_(std::move(context)), card_(card) {}

    // Of the device's memory, that the driver takes for a part and its stream; measured.
    static constexpr std::int64_t bytes_of_part = 6 << 20;

    [[nodiscard]] DeviceFacts part(int count);
    // Whether nothing that runs in one of them can take multiprocessors of another.
    [[nodiscard]] bool are_apart(int count);
    // For what runs in one of them; `number` counts what runs side by side.
    [[nodiscard]] nvidia::Stream stream(int count, std::size_t number);

private:
    const std::vector<nvidia::DevicePart> &made(int count);

    nvidia::SharedContext context_;
    DeviceFacts card_;
    std::mutex mutex_;
    std::map<int, std::vector<nvidia::DevicePart>> made_; // by how many there are
};

} // namespace vsmlrt::cuda
