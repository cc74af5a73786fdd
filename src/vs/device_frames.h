// Frames handed to a session in the clip's own format, for backends that convert on their device.
#pragma once

#include "engine/session.h"
#include "vs/color.h"
#include "vs/handles.h"

#include <cstdint>

namespace vsmlrt::vs {

[[nodiscard]] vsmlrt_frame_format frame_format(const VSVideoFormat &format, const Color &color);
[[nodiscard]] vsmlrt_frame_input frame_input(const VSVideoInfo &info, const Color &color, int channels);

// Whether what stands in the frames can be said in a vsmlrt_frame_format: an RGB clip whose first frame has
// limited range cannot, and is converted on the host.
[[nodiscard]] bool is_plain(const Host &host, const Node &clip);

// Numbers for the frames of a clip that no other clip of this process has: see vsmlrt_frame::identity.
class Identities {
public:
    explicit Identities(int frames);
    [[nodiscard]] std::uint64_t of(int n) const { return first_ + static_cast<std::uint64_t>(n); }

private:
    std::uint64_t first_;
};

// The planes of a frame; interlaced where its properties say that it is of two fields and it has whole ones,
// at no more than halved chroma rows: where resize converts the fields apart. A result's properties are set
// before. BadArgument for an integer RGB frame of limited range.
[[nodiscard]] vsmlrt_frame source_planes(const Host &host, const Frame &frame, int n, std::uint64_t identity);
[[nodiscard]] vsmlrt_frame result_planes(const Host &host, const NewFrame &frame);

// Makes `properties` of a source frame say what a frame converted to `format` now is: matrix, range and
// chroma location, as resize says it.
void set_meaning(const Host &host, const VSVideoFormat &format, const Color &color, VSMap *properties);

} // namespace vsmlrt::vs
