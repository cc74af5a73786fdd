#include "engine/shape_range.h"

#include "base/checked.h"
#include "base/error.h"

#include <algorithm>

namespace vsmlrt::engine {
namespace {

bool within(vsmlrt_extent inner, vsmlrt_extent outer) {
    return inner.width <= outer.width && inner.height <= outer.height;
}

bool equal(vsmlrt_extent a, vsmlrt_extent b) {
    return a.width == b.width && a.height == b.height;
}

vsmlrt_extent checked(const char *name, PictureSize size, int multiple) {
    if (size.width < 1 || size.height < 1)
        throw BadArgument("\"", name, "\" must be a width and height of at least 1; got ", size.width, "x",
                          size.height);
    if (size.width % multiple != 0 || size.height % multiple != 0)
        throw BadArgument("\"", name, "\" must be a multiple of ", multiple,
                          " in both directions, as the network wants it; got ", size.width, "x", size.height);
    return {size.width, size.height};
}

} // namespace

std::string extent_text(vsmlrt_extent extent) {
    return text(extent.width, "x", extent.height);
}

ShapeRange make_shape_range(const ShapeOptions &options, vsmlrt_extent tile, int minimum, int multiple) {
    const auto given = [&](const char *name, const std::optional<PictureSize> &size, vsmlrt_extent fallback) {
        return size ? checked(name, *size, multiple) : fallback;
    };
    if (options.is_static) {
        for (const auto &[name, size] :
             {std::pair("min_shapes", options.min), std::pair("opt_shapes", options.opt),
              std::pair("max_shapes", options.max)})
            if (!equal(given(name, size, tile), tile))
                throw BadArgument("\"", name, "\" is ", size->width, "x", size->height,
                                  ", and with static_shape it can only be the tile's size, ",
                                  extent_text(tile), "; leave it out or set static_shape=False");
        return {tile, tile, tile};
    }
    const int least = round_up(std::max(minimum, 1), multiple);
    const vsmlrt_extent max = given("max_shapes", options.max, given("opt_shapes", options.opt, tile));
    const vsmlrt_extent min =
        given("min_shapes", options.min, {std::min(least, max.width), std::min(least, max.height)});
    const vsmlrt_extent opt = given("opt_shapes", options.opt, tile);
    if (!within(min, max))
        throw BadArgument("\"min_shapes\" (", extent_text(min), ") must not be larger than \"max_shapes\" (",
                          extent_text(max), ")");
    if (!within(min, tile) || !within(tile, max))
        throw BadArgument("tiles of ", extent_text(tile), " are outside of the range from ", extent_text(min),
                          " to ", extent_text(max), "; widen min_shapes or max_shapes, or set tilesize");
    if (!within(min, opt) || !within(opt, max))
        throw BadArgument("\"opt_shapes\" (", extent_text(opt), ") must be from \"min_shapes\" (",
                          extent_text(min), ") to \"max_shapes\" (", extent_text(max), ")");
    return {min, opt, max};
}

} // namespace vsmlrt::engine
