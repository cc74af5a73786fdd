// What an interpolator reads in addition to the two frames: timestep, flow scale and grids.
#pragma once

#include "engine/session.h"
#include "model/interpolator.h"
#include "vs/device_frames.h"

#include <optional>
#include <span>
#include <vector>

namespace vsmlrt::vs {

// Immutable once made; of() may be called from any thread.
class PairInputs {
public:
    // `padded` is what the network reads of a frame of any size up to it. Grids are made here, once.
    PairInputs(std::vector<model::InterpolatorRole> roles, engine::PictureSize padded, float flow_scale);

    // One plane a channel of the network, of red, green and blue of the two frames and of `timestep`, whose
    // storage the caller keeps: a row as wide as the padded frame.
    [[nodiscard]] std::vector<pixel::ConstPlane> of(std::span<const pixel::ConstPlane> first,
                                                    std::span<const pixel::ConstPlane> second,
                                                    std::span<const float> timestep) const;
    [[nodiscard]] std::vector<float> timestep_row(float timestep) const;

    // The same for frames that the device converts: a picture of the clip's format gives its three channels,
    // and each other channel comes as a GRAY frame of float32. Nothing where the network reads the channels
    // of a picture apart.
    [[nodiscard]] std::optional<std::vector<vsmlrt_frame_input>>
    frame_inputs(const vsmlrt_frame_input &picture) const;
    [[nodiscard]] std::vector<vsmlrt_frame> frames_of(const vsmlrt_frame &first, const vsmlrt_frame &second,
                                                      std::span<const float> timestep) const;

private:
    [[nodiscard]] bool has(model::InterpolatorRole role) const;
    // The plane of a channel that is not of a picture.
    [[nodiscard]] pixel::ConstPlane plane_of(model::InterpolatorRole role,
                                             std::span<const float> timestep) const;
    // One row, repeated over the height.
    [[nodiscard]] pixel::ConstPlane rows_of(std::span<const float> row) const;

    std::vector<model::InterpolatorRole> roles_;
    Identities identities_; // one a channel: what they hold never changes, but for the timestep
    Identities moments_;    // one a timestep, by its bits
    engine::PictureSize size_;
    std::vector<float> flow_scale_;
    std::vector<float> columns_;
    std::vector<float> rows_; // a whole plane
    std::vector<float> column_steps_;
    std::vector<float> row_steps_;
};

} // namespace vsmlrt::vs
