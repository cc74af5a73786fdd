// Format conversion by VapourSynth's own filters: hidden nodes before and after the network.
#pragma once

#include "vs/color.h"
#include "vs/handles.h"

#include <optional>
#include <vector>

namespace vsmlrt::vs {

// How a clip enters a network: as RGB, as GRAY, or as the planes of YUV 4:4:4 as they are.
enum class Picture { rgb, gray, yuv };

// fix_color, with the clip's own tags replaced on every frame where an argument contradicts those of frame 0.
[[nodiscard]] Color take_color(const Host &host, Node &clip, std::optional<int> matrix,
                               std::optional<int> range, ColorNeeds needs = {});

// The clip as planes of float samples: RGB, GRAY or YUV 4:4:4, half where it already was half and is not
// turned from YUV into RGB, float32 else. A GRAY clip asked for as RGB gets three equal planes; a YUV clip
// asked for as GRAY gives its luma, and asked for as YUV its luma in 0..1 and its chroma in -0.5..0.5. No
// node is added where the clip is that already.
[[nodiscard]] Node to_planes(const Host &host, const Node &clip, Picture picture, const Color &color);

// `luma` (GRAY of any sample type) with the chroma of `clip`, resized to luma's size, in clip's own format.
[[nodiscard]] Node with_chroma(const Host &host, const Node &luma, const Node &clip, const Color &color);

// `clip` in another format, read or, where that is YUV, written by `color`.
[[nodiscard]] Node reformat(const Host &host, const Node &clip, const VSVideoFormat &format,
                            const Color &color);

[[nodiscard]] VSVideoFormat make_format(const Host &host, int family, int sample_type, int bits);
[[nodiscard]] bool same_format(const VSVideoFormat &a, const VSVideoFormat &b);
// Whether resize converts it: 8 to 16 bit integer, half, float; chroma at a quarter of the size or more.
[[nodiscard]] bool is_accepted(const VSVideoFormat &format);
constexpr const char *accepted_formats = "GRAY, RGB or YUV of 8 to 16 bit integer, half or float, with "
                                         "chroma at a quarter of the width and height or "
                                         "more";
// A format by VapourSynth's number; BadArgument for numbers that are none or not accepted.
[[nodiscard]] VSVideoFormat format_by_id(const Host &host, int id);

} // namespace vsmlrt::vs
