// Frames in a clip's own format through the reference backend, by the scalar codec: what the whole path of
// such frames is tested with where no device is.
#pragma once

#include "pixel/codec.h"
#include "tensor/buffer.h"
#include "vsmlrt/backend.h"

#include <functional>
#include <span>
#include <vector>

namespace vsmlrt::reference {

[[nodiscard]] bool accepts_frames(std::span<const vsmlrt_frame_input> inputs, int output_channels,
                                  const vsmlrt_frame_format &output);

// What a plan needs to be run: float planes of all inputs and of the result, in frame size. Used by one
// thread at a time.
class Frames {
public:
    // `channels`: of the network's result. The plan stays valid as long as this.
    Frames(const vsmlrt_frame_plan &plan, std::int64_t channels);

    // Runs one frame through `run`, which reads `tensors` and writes `result`. True if the result held a NaN
    // or an infinity.
    [[nodiscard]] bool run(const vsmlrt_frame *inputs, const vsmlrt_frame &output,
                           std::span<const vsmlrt_tensor> tensors, const vsmlrt_tensor &result,
                           const std::function<void()> &run);

private:
    [[nodiscard]] pixel::Plane make_plane(vsmlrt_extent extent);

    const vsmlrt_frame_plan &plan_;
    std::vector<HostBuffer> buffers_;
    std::vector<pixel::Plane> inputs_;  // one a channel of the network
    std::vector<pixel::Plane> results_; // one a channel of its result
};

} // namespace vsmlrt::reference
