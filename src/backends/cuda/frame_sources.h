// The texts of the kernels between frames in a clip's own format and tensors.
#pragma once

#include "tensor/element.h"
#include "vsmlrt/frame.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace vsmlrt::cuda {

[[nodiscard]] bool accepts_frames(std::span<const vsmlrt_frame_input> inputs, int output_channels,
                                  const vsmlrt_frame_format &output);

// The texts of the kernels between a format and tensors of a type.
[[nodiscard]] std::string decode_source(const vsmlrt_frame_input &input, Element tensor);
[[nodiscard]] std::string encode_source(const vsmlrt_frame_format &format, std::int64_t channels,
                                        Element tensor);
[[nodiscard]] std::string blend_source(Element tensor);

[[nodiscard]] std::size_t sample_bytes(const vsmlrt_frame_format &format);
// Whether chroma is, and read: of an input of a luma plane alone it is not.
[[nodiscard]] bool is_subsampled(const vsmlrt_frame_format &format);
[[nodiscard]] bool is_subsampled(const vsmlrt_frame_input &input);

} // namespace vsmlrt::cuda
