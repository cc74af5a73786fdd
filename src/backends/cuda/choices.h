// Which kernel was the fastest for a step, kept for the steps that are like it.
#pragma once

#include <map>
#include <string>
#include <tuple>

namespace vsmlrt::cuda {

// What decides which of a step's kernels is the fastest.
struct StepKey {
    std::string work;        // what it computes, in words; empty: its first kernel is taken
    int multiprocessors = 0; // of the part of a card that it shares with others; 0: it has the whole card
    // Of the network's picture, since how it is shared out among multiprocessors decides as much as channels
    // do; 0 where that is not known yet.
    int width = 0;
    int height = 0;

    bool operator==(const StepKey &) const = default;
    bool operator<(const StepKey &other) const {
        return std::tie(work, multiprocessors, width, height) <
               std::tie(other.work, other.multiprocessors, other.width, other.height);
    }
    [[nodiscard]] StepKey on_whole_card() const { return {work, 0, width, height}; }
};

using Choices = std::map<StepKey, std::string>; // the kernel's name

// What was chosen for such a step, or where nothing was, at the nearest size that something was chosen for;
// null where there is none.
[[nodiscard]] const std::string *choice_for(const Choices &choices, const StepKey &key);

} // namespace vsmlrt::cuda
