// Which moment of the source each output frame shows and how long: by a factor or at a constant rate.
#pragma once

#include "timeline/multiplied.h"
#include "timeline/resampled.h"

#include <variant>

namespace vsmlrt::timeline {

// Immutable and thread-safe.
class Schedule {
public:
    explicit Schedule(Multiplied plan) : plan_(plan) {}
    explicit Schedule(Resampled plan) : plan_(std::move(plan)) {}

    [[nodiscard]] int source_frames() const {
        return std::visit([](const auto &plan) { return plan.source_frames(); }, plan_);
    }
    [[nodiscard]] int frames() const {
        return std::visit([](const auto &plan) { return plan.frames(); }, plan_);
    }
    [[nodiscard]] Moment at(int k) const {
        return std::visit([&](const auto &plan) { return plan.at(k); }, plan_);
    }
    // The source frames whose durations duration() wants.
    [[nodiscard]] Intervals intervals(int k) const {
        return std::visit([&](const auto &plan) { return plan.intervals(k); }, plan_);
    }
    [[nodiscard]] Rational duration(int k, std::span<const Rational> durations) const {
        return std::visit([&](const auto &plan) { return plan.duration(k, durations); }, plan_);
    }
    // Seconds from the begin of the source frame at(k).frame to output frame k.
    [[nodiscard]] Rational offset(int k, std::span<const Rational> durations) const {
        return std::visit([&](const auto &plan) { return plan.offset(k, durations); }, plan_);
    }

private:
    std::variant<Multiplied, Resampled> plan_;
};

} // namespace vsmlrt::timeline
