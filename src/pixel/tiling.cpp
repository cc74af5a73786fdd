#include "pixel/tiling.h"

#include "tensor/buffer.h"

#include <cstring>
#include <vector>

namespace vsmlrt::pixel {
namespace {

std::size_t element_bytes(vsmlrt_type type) {
    return type == VSMLRT_FLOAT16 ? 2 : 4;
}

ConstPlane read_only(const Plane &plane) {
    return {plane.type, plane.data, plane.stride, plane.width, plane.height};
}

Plane part(const Plane &plane, const vsmlrt_tile_span &column, const vsmlrt_tile_span &row) {
    auto *data =
        static_cast<std::byte *>(plane.data) + row.first * plane.stride +
        static_cast<std::ptrdiff_t>(column.first) * static_cast<std::ptrdiff_t>(element_bytes(plane.type));
    return {plane.type, data, plane.stride, column.count, row.count};
}

void clear(const Plane &plane) {
    const std::size_t bytes = static_cast<std::size_t>(plane.width) * element_bytes(plane.type);
    for (int y = 0; y < plane.height; ++y)
        std::memset(static_cast<std::byte *>(plane.data) + y * plane.stride, 0, bytes);
}

void read_tile(std::span<const vsmlrt_tensor> tensors, std::span<const ConstPlane> inputs, int x, int y,
               Border border) {
    auto plane = inputs.begin();
    for (const vsmlrt_tensor &tensor : tensors)
        for (std::int64_t channel = 0; channel < tensor.dims[1]; ++channel)
            read_rectangle(*plane++, x, y, border, channel_of(tensor, channel));
}

SampleFindings blend(const vsmlrt_tensor &result, const vsmlrt_tile_span &column, const vsmlrt_tile_span &row,
                     std::span<const Plane> sums) {
    SampleFindings found;
    for (std::size_t i = 0; i < sums.size(); ++i) {
        const ConstPlane from = read_only(channel_of(result, static_cast<std::int64_t>(i)));
        found.not_finite |= blend_rectangle(from, column.skip, row.skip, column.weights, row.weights,
                                            part(sums[i], column, row))
                                .not_finite;
    }
    return found;
}

// Float32 planes that add up what half outputs get when it is complete.
struct Sums {
    std::vector<HostBuffer> buffers;
    std::vector<Plane> planes;

    explicit Sums(std::span<const Plane> outputs) {
        for (const Plane &plane : outputs) {
            const auto row = static_cast<std::size_t>(plane.width) * sizeof(float);
            buffers.emplace_back(row * static_cast<std::size_t>(plane.height));
            planes.push_back({VSMLRT_FLOAT32, buffers.back().data(), static_cast<std::ptrdiff_t>(row),
                              plane.width, plane.height});
        }
    }
};

} // namespace

Plane channel_of(const vsmlrt_tensor &tensor, std::int64_t channel) {
    const std::int64_t height = tensor.dims[2];
    const std::int64_t width = tensor.dims[3];
    const std::size_t row = static_cast<std::size_t>(width) * element_bytes(tensor.type);
    auto *data = static_cast<std::byte *>(tensor.data) + static_cast<std::size_t>(channel * height) * row;
    return {tensor.type, data, static_cast<std::ptrdiff_t>(row), static_cast<int>(width),
            static_cast<int>(height)};
}

SampleFindings run_tiles(const Tiling &tiling, std::span<const ConstPlane> inputs,
                         std::span<const Plane> outputs, std::span<const vsmlrt_tensor> tensors,
                         const vsmlrt_tensor &result, const std::function<void()> &run) {
    SampleFindings found;
    if (tiling.single()) {
        read_tile(tensors, inputs, 0, 0, tiling.border);
        run();
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            const ConstPlane from = read_only(channel_of(result, static_cast<std::int64_t>(i)));
            found.not_finite |= write_rectangle(from, 0, 0, outputs[i]).not_finite;
        }
        return found;
    }
    if (outputs.front().type != VSMLRT_FLOAT32) {
        const Sums sums(outputs);
        found = run_tiles(tiling, inputs, sums.planes, tensors, result, run);
        for (std::size_t i = 0; i < outputs.size(); ++i)
            found.not_finite |= write_rectangle(read_only(sums.planes[i]), 0, 0, outputs[i]).not_finite;
        return found;
    }
    for (const Plane &plane : outputs)
        clear(plane);
    for (const vsmlrt_tile_span &row : tiling.rows) {
        for (const vsmlrt_tile_span &column : tiling.columns) {
            read_tile(tensors, inputs, column.origin, row.origin, tiling.border);
            run();
            found.not_finite |= blend(result, column, row, outputs).not_finite;
        }
    }
    return found;
}

} // namespace vsmlrt::pixel
