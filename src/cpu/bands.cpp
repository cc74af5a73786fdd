#include "cpu/bands.h"

#include <algorithm>
#include <limits>

namespace vsmlrt::cpu {
namespace {

class Planner {
public:
    explicit Planner(const BandsDesc &desc)
        : desc_(desc), inputs_(desc.heights.size() - desc.steps.size()), done_(desc.steps.size()),
          first_(desc.steps.size()) {
        plan_.capacities.resize(desc.steps.size());
        for (const BandsDesc::Step &step : desc.steps)
            wanted_.push_back(step.is_output);
        for (std::size_t i = 0; i < wanted_.size(); ++i)
            wanted_[i] = wanted_[i] || !is_read(static_cast<std::int64_t>(inputs_ + i));
    }

    Bands plan() {
        for (std::int64_t target = first_target(); !complete(); target += desc_.rows) {
            const auto wanted = demand(target);
            for (std::size_t step = 0; step < done_.size(); ++step)
                if (wanted[step] > done_[step])
                    advance(step, wanted[step]);
        }
        return std::move(plan_);
    }

private:
    [[nodiscard]] std::int64_t height(std::size_t step) const { return desc_.heights[inputs_ + step]; }

    // Rows may be negative: of what is not wanted yet.
    [[nodiscard]] std::int64_t whole_units(std::int64_t rows) const {
        return -floor_divided(-rows, desc_.unit) * desc_.unit;
    }

    // Before it no step is wanted. Begun with the results' first rows, the first steps would come far ahead
    // of the last at once, and their windows be as large as that.
    [[nodiscard]] std::int64_t first_target() const {
        std::int64_t target = desc_.rows;
        for (;;) {
            const auto wanted = demand(target - desc_.rows);
            if (std::none_of(wanted.begin(), wanted.end(), [](std::int64_t rows) { return rows > 0; }))
                return target;
            target -= desc_.rows;
        }
    }

    [[nodiscard]] bool is_read(std::int64_t value) const {
        return std::any_of(desc_.steps.begin(), desc_.steps.end(), [&](const BandsDesc::Step &step) {
            return step.input == value || step.added_before == value || step.added_after == value;
        });
    }

    [[nodiscard]] bool complete() const {
        for (std::size_t step = 0; step < done_.size(); ++step)
            if (wanted_[step] && done_[step] < height(step))
                return false;
        return true;
    }

    // Up to which row each step must have come for `target` rows of those that are wanted.
    [[nodiscard]] std::vector<std::int64_t> demand(std::int64_t target) const {
        std::vector<std::int64_t> wanted(done_.size(), std::numeric_limits<std::int64_t>::min());
        const auto want = [&](std::int64_t value, std::int64_t rows) {
            if (value < static_cast<std::int64_t>(inputs_))
                return;
            const std::size_t step = static_cast<std::size_t>(value) - inputs_;
            wanted[step] = std::max(wanted[step], std::min(height(step), whole_units(rows)));
        };
        for (std::size_t i = done_.size(); i-- > 0;) {
            const BandsDesc::Step &step = desc_.steps[i];
            if (wanted_[i])
                wanted[i] = std::max(wanted[i], std::min(height(i), whole_units(target)));
            want(step.input, step.rows.end(whole_units(wanted[i])));
            for (const std::int64_t added : {step.added_before, step.added_after})
                if (added >= 0)
                    want(added, wanted[i]);
        }
        return wanted;
    }

    // The first row of a step's result that others have not read for the last time.
    [[nodiscard]] std::int64_t needed_from(std::size_t of) const {
        const auto value = static_cast<std::int64_t>(inputs_ + of);
        std::int64_t first = done_[of];
        for (std::size_t i = 0; i < done_.size(); ++i) {
            const BandsDesc::Step &step = desc_.steps[i];
            if (done_[i] >= height(i))
                continue;
            if (step.input == value)
                first = std::min(first, step.rows.first(done_[i]));
            if (step.added_before == value || step.added_after == value)
                first = std::min(first, done_[i]);
        }
        return first;
    }

    void advance(std::size_t step, std::int64_t to) {
        Band band = {static_cast<std::int64_t>(step), done_[step], to};
        if (!desc_.steps[step].is_output) {
            band.first = needed_from(step);
            band.moved_from = band.first - first_[step];
            band.moved = band.moved_from > 0 ? done_[step] - band.first : 0;
            first_[step] = band.first;
            std::int64_t &capacity = plan_.capacities[step];
            capacity = std::max(capacity, to - band.first);
        }
        done_[step] = to;
        plan_.bands.push_back(band);
    }

    const BandsDesc &desc_;
    std::size_t inputs_;
    std::vector<bool> wanted_;        // outputs, and what no step reads: all rows of them
    std::vector<std::int64_t> done_;  // rows of the steps' results
    std::vector<std::int64_t> first_; // rows of their windows
    Bands plan_;
};

} // namespace

Bands plan_bands(const BandsDesc &desc) {
    return Planner(desc).plan();
}

} // namespace vsmlrt::cpu
