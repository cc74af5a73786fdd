#include "backends/cuda/frame_sources.h"

#include "backends/cuda/frame_strips.h"
#include "backends/cuda/kernel_text.h"
#include "base/text.h"
#include "pixel/frame_codec.h"

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

const char *sample_name(const vsmlrt_frame_format &format) {
    if (format.sample == VSMLRT_FLOAT)
        return format.bits == 32 ? "float" : "half_t";
    return format.bits == 8 ? "unsigned char" : "unsigned short";
}

std::string generated(const vsmlrt_frame_format &format, Element tensor, const std::string &choice) {
    return std::string("typedef ") + sample_name(format) + " sample_t;\ntypedef " + type_name(tensor) +
           " tensor_t;\n#define INTEGER " + (format.sample == VSMLRT_INTEGER ? "1" : "0") + "\n" + choice;
}

// The luma samples that one of chroma stands for.
std::string steps_of(const vsmlrt_frame_format &format) {
    return text("#define STEP_X ", 1 << format.subsampling_w, "\n#define STEP_Y ", 1 << format.subsampling_h,
                "\n");
}

// How frame_decode.cuh and frame_encode.cuh name the two sides.
int decoding_of(const vsmlrt_frame_input &input) {
    if (input.channels == 1)
        return 0;
    return input.format.family == VSMLRT_GRAY ? 1 : input.format.family == VSMLRT_RGB ? 2 : 3;
}

int encoding_of(const vsmlrt_frame_format &format, std::int64_t channels) {
    if (format.family == VSMLRT_GRAY)
        return channels == 1 ? 0 : 1;
    if (format.family == VSMLRT_RGB)
        return 2;
    return 3;
}

} // namespace

std::size_t sample_bytes(const vsmlrt_frame_format &format) {
    return format.bits > 16 ? 4 : format.bits > 8 ? 2 : 1;
}

bool is_subsampled(const vsmlrt_frame_format &format) {
    return format.family == VSMLRT_YUV && (format.subsampling_w > 0 || format.subsampling_h > 0);
}

bool is_subsampled(const vsmlrt_frame_input &input) {
    return input.channels == 3 && is_subsampled(input.format);
}

bool accepts_frames(std::span<const vsmlrt_frame_input> inputs, int output_channels,
                    const vsmlrt_frame_format &output) {
    return std::all_of(inputs.begin(), inputs.end(), pixel::can_decode) &&
           pixel::can_encode(output_channels, output);
}

std::string decode_source(const vsmlrt_frame_input &input, Element tensor) {
    if (is_subsampled(input))
        return kernel_source(
            generated(input.format, tensor,
                      text(steps_of(input.format), "#define MIXED ", is_mixed(input.format) ? 1 : 0, "\n")),
            "frame_decode_subsampled.cuh");
    const std::string choice = text("#define FROM ", decoding_of(input), "\n");
    return kernel_source(generated(input.format, tensor, choice), "frame_decode.cuh");
}

std::string encode_source(const vsmlrt_frame_format &format, std::int64_t channels, Element tensor) {
    if (is_subsampled(format))
        return kernel_source(generated(format, tensor, steps_of(format)), "frame_encode_subsampled.cuh");
    const std::string choice = text("#define TO ", encoding_of(format, channels), "\n");
    return kernel_source(generated(format, tensor, choice), "frame_encode.cuh");
}

std::string blend_source(Element tensor) {
    return kernel_source(text("typedef ", type_name(tensor), " tensor_t;\n"), "tile_blend.cuh");
}

} // namespace vsmlrt::cuda
