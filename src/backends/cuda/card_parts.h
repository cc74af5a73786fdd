// How networks that run side by side share a card.
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
    int in_flight = 0;             // that the host asks for; 0: unknown
    std::int64_t memory_bytes = 0; // of the device; 0: unknown
    int most_parts = 0;            // that the driver keeps apart; 0: as many as are wanted
};

// How frames that are computed at once share a card.
struct CardShare {
    int frames = 1; // side by side, each in an arena of its own
    int parts = 1;  // of the card, as many as frames: each has one for itself; 1: all take all of it
};

// Of a network, for a program's streams. `whole`: its plan for the whole card. `apart`: the driver keeps
// parts apart.
//
// There are more frames than streams where the launches for one leave multiprocessors idle (decisions 0060,
// 0063), above all of interpolators, whose heads, bound by what L1 hands over, and short convolutions also
// gain by running at the same time (decision 0055). On Hopper cards, whose convolutions take whole
// multiprocessors, each frame has a part of the card: up to 11 of interpolators and 4 of other networks.
// Without parts that the driver keeps apart streams of interpolators of some sizes take one each, at most 6.
// On other cards frames overlap on all of the card: up to 8 and 2 (decision 0062).
[[nodiscard]] CardShare share_of_card(const Plan &whole, const DeviceFacts &device,
                                      const FramesAtOnce &frames, bool apart);

// Of that many parts of the same size, one; `parts` from 1 on.
[[nodiscard]] DeviceFacts part_of(DeviceFacts device, int parts);

// Makes a plan for a part of a card one of `parts` side by side: what is the fastest is chosen apart from
// what is on a whole card. Where the driver does not keep the parts apart, no launch starts before the one in
// front of it has ended, since its blocks would take multiprocessors that another stream could use.
void share_card(Plan &plan, int parts, const DeviceFacts &part, bool apart);

// The parts of a card that the streams of a program take where it gains. By the driver, from version 555 on;
// older ones make none, and launches keep to a part's size by themselves. A part takes memory of the device
// when something is to run in it.
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
    // For what runs in one of them; `number` counts what runs side by side. Where the driver does not make
    // that part, for want of memory say, on all of the card: as right, and not apart from the others.
    [[nodiscard]] nvidia::Stream stream(int count, std::size_t number);

private:
    struct Part {
        nvidia::Multiprocessors share;
        nvidia::GreenContext context; // null until it is asked for
    };
    [[nodiscard]] std::vector<Part> &known(int count);
    [[nodiscard]] bool make(Part &part);

    nvidia::SharedContext context_;
    DeviceFacts card_;
    std::mutex mutex_;
    bool makes_parts_ = false;               // the driver has made one
    std::map<int, std::vector<Part>> parts_; // by how many there are
};

} // namespace vsmlrt::cuda
