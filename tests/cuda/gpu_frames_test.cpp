// The device's conversions for every format against src/pixel/frame_codec: through a network that changes
// nothing, as a whole and in tiles.
#include "cuda/frame_conversions.h"
#include "cuda/gpu.h"

namespace vsmlrt::test {
namespace {

using GpuFrames = Gpu;

TEST_F(GpuFrames, EveryFormatIsConvertedAsTheReferenceConvertsIt) {
    const GpuNetwork network(that_changes_nothing(), VSMLRT_PRECISION_FP32);
    cuda::Program program(cuda::list_devices().front(), network.desc({16, 16}, conversion_extent));
    cuda::Context context(program);
    const std::vector<vsmlrt_frame_format> formats = all_frame_formats();
    const vsmlrt_frame_format yuv = {VSMLRT_YUV, VSMLRT_INTEGER, 8, 1, 1, 1, 0, 0};
    const vsmlrt_frame_format rgb = {VSMLRT_RGB, VSMLRT_FLOAT, 32, 0, 0, 0, 1, 0};
    for (const vsmlrt_frame_format &format : formats)
        for (const vsmlrt_frame_format &other : {yuv, rgb}) {
            check_conversion(context, format, other, 1, 0, seed_of_this_run());
            check_conversion(context, other, format, 1, 0, seed_of_this_run());
        }
}

TEST_F(GpuFrames, TilesAndFieldsAreConvertedAsTheReferenceConvertsThem) {
    const GpuNetwork network(that_changes_nothing(), VSMLRT_PRECISION_FP32);
    cuda::Program program(cuda::list_devices().front(), network.desc({16, 16}, conversion_extent));
    cuda::Context context(program);
    const vsmlrt_frame_format yuv = {VSMLRT_YUV, VSMLRT_INTEGER, 10, 1, 1, 1, 0, 0};
    const vsmlrt_frame_format floats = {VSMLRT_YUV, VSMLRT_FLOAT, 32, 1, 1, 6, 1, 0};
    for (const vsmlrt_frame_format &format : {yuv, floats}) {
        check_conversion(context, format, format, 2, 0, seed_of_this_run());
        check_conversion(context, format, format, 1, 1, seed_of_this_run());
        check_conversion(context, format, format, 3, 1, seed_of_this_run());
    }
}

TEST_F(GpuFrames, ThoseOfAPartAreThoseOfTheCard) {
    for (const vsmlrt_frame_format &format : all_frame_formats())
        if (format.subsampling_w > 0)
            for (const int interlaced : {0, 1})
                check_part(cuda::list_devices().front(), format, interlaced);
}

TEST_F(GpuFrames, ThoseOfAPairAreDecodedTogether) {
    const GpuNetwork network(that_subtracts(), VSMLRT_PRECISION_FP32);
    cuda::Program program(cuda::list_devices().front(), network.desc({16, 16}, conversion_extent));
    cuda::Context context(program);
    for (const vsmlrt_frame_format &format : all_frame_formats())
        if (format.family == VSMLRT_YUV)
            for (const int tiles : {1, 2})
                check_two_frames(context, format, tiles, seed_of_this_run());
}

} // namespace
} // namespace vsmlrt::test
