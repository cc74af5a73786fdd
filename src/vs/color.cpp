#include "vs/color.h"

#include "base/error.h"
#include "vs/read_frame.h"

#include <algorithm>
#include <array>

namespace vsmlrt::vs {
namespace {

constexpr int unspecified = 2;

std::optional<int> property(const Host &host, const VSFrame *frame, const char *name) {
    int error = 0;
    const int value = host.api->mapGetIntSaturated(host.api->getFramePropertiesRO(frame), name, 0, &error);
    if (error)
        return {};
    return value;
}

std::optional<int> matrix_of(const Host &host, const VSFrame *frame) {
    const auto matrix = property(host, frame, "_Matrix");
    return matrix && *matrix != unspecified ? matrix : std::nullopt;
}

// Those that say how to get from YUV to RGB. The last four need the transfer and the primaries for it.
constexpr std::array matrices = {1, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14};
constexpr int first_of_the_last_four = 10;
constexpr const char *known_matrices =
    "a number as _Matrix has it that turns YUV into RGB: 1 (709), 4 (FCC), 5 (470bg), 6 (170m), 7 (240m), "
    "8 (YCgCo), 9 (2020 ncl), 10 (2020 cl), 12 (chroma-derived ncl), 13 (chroma-derived cl) or 14 (ICtCp)";

bool is_matrix(int number) {
    return std::ranges::find(matrices, number) != matrices.end();
}

bool is_range(std::optional<int> number) {
    const int value = number.value_or(-1);
    return value == 0 || value == 1;
}

bool states(const Host &host, const VSFrame *frame, const char *name) {
    return property(host, frame, name).value_or(unspecified) != unspecified;
}

[[noreturn]] void refuse_matrix(int said) {
    throw BadArgument("frame 0 says _Matrix=", said, ", and a YUV clip must say ", known_matrices,
                      "; give \"matrix\"");
}

void fix_chroma_location(const Host &host, const VSFrame *first, Color &color) {
    const VSVideoFormat &format = *host.api->getVideoFrameFormat(first);
    if (format.subSamplingW == 0 && format.subSamplingH == 0)
        return;
    const int said = property(host, first, "_ChromaLocation").value_or(0);
    const bool known = said >= 0 && said <= 5;
    if (!known && color.needs.chroma_location)
        throw BadArgument("frame 0 says _ChromaLocation=", said,
                          "; 0 to 5 are accepted: set it with std.SetFrameProps");
    color.chroma_location = known ? said : 0;
}

void fix_yuv(const Host &host, const VSFrame *first, std::optional<int> matrix, Color &color) {
    fix_chroma_location(host, first, color);
    const auto said = matrix_of(host, first);
    if (said && !is_matrix(*said) && !matrix) {
        if (color.needs.matrix)
            refuse_matrix(*said);
        color.odd_matrix = said;
        return;
    }
    color.replaces_matrix = matrix && said && *matrix != *said;
    if (!matrix && said)
        color.matrix = *said;
    if (color.needs.matrix && needs_transfer(color) &&
        !(states(host, first, "_Transfer") && states(host, first, "_Primaries")))
        throw BadArgument("a clip of matrix ", color.matrix,
                          " can be read where its frames state _Transfer and _Primaries, and frame 0 does "
                          "not; set them with std.SetFrameProps");
}

void require_same(const char *name, int n, std::optional<int> here, int fixed) {
    if (here && *here != fixed)
        throw BadArgument("frame ", n, " says ", name, "=", *here, ", and the clip was taken as ", name, "=",
                          fixed, "; split the clip where it changes, or make it one with resize");
}

} // namespace

bool has_color_choice(const VSVideoFormat &format) {
    return format.colorFamily == cfYUV || (format.colorFamily == cfGray && format.sampleType == stInteger);
}

bool needs_transfer(const Color &color) {
    return color.matrix >= first_of_the_last_four;
}

void require_matrix(Color &color) {
    if (color.odd_matrix)
        refuse_matrix(*color.odd_matrix);
    color.needs.matrix = true;
}

Color fix_color(const Host &host, const Node &clip, std::optional<int> matrix, std::optional<int> range,
                ColorNeeds needs) {
    const VSVideoInfo &info = host.info(clip);
    if (matrix && !is_matrix(*matrix))
        throw BadArgument("\"matrix\" must be ", known_matrices, "; got ", *matrix);
    if (range && *range != 0 && *range != 1)
        throw BadArgument("\"range\" must be 0 (limited) or 1 (full); got ", *range);
    Color color;
    color.needs = needs;
    color.matrix = matrix.value_or(info.height > 576 ? 1 : 6);
    color.range = range.value_or(0);
    if (!has_color_choice(info.format))
        return color;
    const Frame first = read_frame(host, clip, 0);
    auto said_range = property(host, first.get(), "_Range");
    if (info.format.sampleType == stFloat && !is_range(said_range))
        said_range.reset(); // which float samples do not depend on
    if (!range && said_range && *said_range != 0 && *said_range != 1)
        throw BadArgument("frame 0 says _Range=", *said_range,
                          "; 0 (limited) and 1 (full) are accepted: set it with std.SetFrameProps");
    color.replaces_range = range && said_range && *range != *said_range;
    if (!range)
        color.range = said_range.value_or(0);
    if (info.format.colorFamily == cfYUV)
        fix_yuv(host, first.get(), matrix, color);
    return color;
}

void check_color(const Host &host, const VSFrame *frame, int n, const Color &fixed) {
    const VSVideoFormat &format = *host.api->getVideoFrameFormat(frame);
    if (!has_color_choice(format))
        return;
    const auto range = property(host, frame, "_Range");
    if (format.sampleType == stInteger || is_range(range))
        require_same("_Range", n, range, fixed.range);
    if (format.colorFamily != cfYUV)
        return;
    if (fixed.needs.matrix)
        require_same("_Matrix", n, matrix_of(host, frame), fixed.matrix);
    if (fixed.needs.chroma_location && (format.subSamplingW > 0 || format.subSamplingH > 0))
        require_same("_ChromaLocation", n, property(host, frame, "_ChromaLocation"), fixed.chroma_location);
}

} // namespace vsmlrt::vs
