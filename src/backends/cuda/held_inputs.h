// What the inputs of a network hold on the device: frames that were decoded there, so that one which comes
// again (a grid, a noise level, a moment) need not be.
#pragma once

#include "vsmlrt/frame.h"

#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace vsmlrt::cuda {

class HeldInputs {
public:
    // One frame's part of the inputs: which frame, and what of it.
    struct Part {
        std::uint64_t identity = 0; // vsmlrt_frame::identity
        std::int32_t interlaced = 0;
        std::int32_t origin_x = 0;
        std::int32_t origin_y = 0;
        bool operator==(const Part &) const = default;
    };

    // Nothing is known of what the inputs hold.
    void forget() { parts_.clear(); }

    // The parts, by the frame's number. Forgotten where frames of other formats, or others by number, were
    // decoded last.
    [[nodiscard]] std::span<Part> of(const vsmlrt_frame_plan &plan) {
        static_assert(std::has_unique_object_representations_v<vsmlrt_frame_input>);
        const std::span inputs(plan.inputs, static_cast<std::size_t>(plan.num_inputs));
        if (border_ != plan.border || inputs.size() != inputs_.size() ||
            std::memcmp(inputs.data(), inputs_.data(), inputs.size_bytes()) != 0)
            forget();
        inputs_.assign(inputs.begin(), inputs.end());
        border_ = plan.border;
        parts_.resize(inputs.size());
        return parts_;
    }

private:
    std::vector<vsmlrt_frame_input> inputs_;
    vsmlrt_border border_ = VSMLRT_BORDER_MIRROR;
    std::vector<Part> parts_;
};

} // namespace vsmlrt::cuda
