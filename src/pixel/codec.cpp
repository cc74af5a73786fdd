// Rectangles are cut into rows, and rows go to the kernels; here is what rows do not
// know: where a rectangle leaves the picture, and what stands for the pixels outside.
#include "pixel/codec.h"

#include "pixel/border.h"
#include "pixel/select.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace vsmlrt::pixel {
namespace {

std::size_t sample_size(vsmlrt_type type) {
    return type == VSMLRT_FLOAT16 ? 2 : 4;
}

template <typename AnyPlane>
std::size_t row_bytes(const AnyPlane &plane) {
    return static_cast<std::size_t>(plane.width) * sample_size(plane.type);
}

const std::byte *sample(const ConstPlane &plane, int x, int y) {
    return static_cast<const std::byte *>(plane.data) + y * plane.stride +
           x * static_cast<std::ptrdiff_t>(sample_size(plane.type));
}

std::byte *sample(const Plane &plane, int x, int y) {
    return static_cast<std::byte *>(plane.data) + y * plane.stride +
           x * static_cast<std::ptrdiff_t>(sample_size(plane.type));
}

CopyRow copy_row(vsmlrt_type from, vsmlrt_type to) {
    const Kernels &table = kernels();
    if (from == VSMLRT_FLOAT16)
        return to == VSMLRT_FLOAT16 ? table.copy_half : table.half_to_float;
    return to == VSMLRT_FLOAT16 ? table.float_to_half : table.copy_float;
}

// Copies one row of the rectangle at x: what lies inside of `from` in one piece, the rest gathered.
class RowReader {
public:
    RowReader(const ConstPlane &from, int x, Border border, const Plane &to)
        : from_(from), to_(to), x_(x), border_(border), copy_(copy_row(from.type, to.type)),
          left_(static_cast<int>(std::clamp<std::int64_t>(-std::int64_t{x}, 0, to.width))),
          right_(static_cast<int>(std::clamp<std::int64_t>(std::int64_t{from.width} - x, left_, to.width))) {}

    void read(int from_y, int to_y) const {
        if (right_ > left_)
            read_inside(from_y, to_y);
        read_outside(0, left_, from_y, to_y);
        read_outside(right_, to_.width, from_y, to_y);
    }

private:
    void read_inside(int from_y, int to_y) const {
        const auto count = static_cast<std::size_t>(right_ - left_);
        const std::byte *const source = sample(from_, x_ + left_, from_y);
        std::byte *const target = sample(to_, left_, to_y);
        if (from_.type == to_.type)
            std::memcpy(target, source, count * sample_size(to_.type));
        else
            copy_(source, target, count);
    }

    // Columns [first, last) of `to`: their samples are laid side by side, then converted together.
    void read_outside(int first, int last, int from_y, int to_y) const {
        constexpr int most = 64;
        for (int i = first; i < last; i += most) {
            const int count = std::min(most, last - i);
            alignas(64) std::uint32_t gathered[most];
            if (from_.type == VSMLRT_FLOAT16)
                gather<std::uint16_t>(i, count, from_y, gathered);
            else
                gather<std::uint32_t>(i, count, from_y, gathered);
            copy_(gathered, sample(to_, i, to_y), static_cast<std::size_t>(count));
        }
    }

    template <typename Stored>
    void gather(int first, int count, int from_y, void *gathered) const {
        const std::byte *const row = sample(from_, 0, from_y);
        auto *target = static_cast<std::byte *>(gathered);
        for (int i = 0; i < count; ++i, target += sizeof(Stored)) {
            const int inside = inside_index(std::int64_t{x_} + first + i, from_.width, border_);
            if (inside < 0)
                std::memset(target, 0, sizeof(Stored)); // all bits zero: 0 in either type
            else
                std::memcpy(target, row + static_cast<std::size_t>(inside) * sizeof(Stored), sizeof(Stored));
        }
    }

    const ConstPlane &from_;
    const Plane &to_;
    int x_;
    Border border_;
    CopyRow copy_;
    int left_;  // columns of `to` before this one lie left of `from`,
    int right_; // those from this one on right of it
};

} // namespace

void read_rectangle(const ConstPlane &from, int x, int y, Border border, const Plane &to) {
    const RowReader reader(from, x, border, to);
    for (int j = 0; j < to.height; ++j) {
        const int inside = inside_index(std::int64_t{y} + j, from.height, border);
        if (inside < 0)
            std::memset(sample(to, 0, j), 0, row_bytes(to));
        else
            reader.read(inside, j);
    }
}

SampleFindings write_rectangle(const ConstPlane &from, int x, int y, const Plane &to) {
    const CopyRow copy = copy_row(from.type, to.type);
    SampleFindings found;
    for (int j = 0; j < to.height; ++j)
        found.not_finite |=
            copy(sample(from, x, y + j), sample(to, 0, j), static_cast<std::size_t>(to.width));
    return found;
}

SampleFindings blend_rectangle(const ConstPlane &from, int x, int y, const float *column_weights,
                               const float *row_weights, const Plane &to) {
    const BlendRow blend = from.type == VSMLRT_FLOAT16 ? kernels().blend_half : kernels().blend_float;
    SampleFindings found;
    for (int j = 0; j < to.height; ++j)
        found.not_finite |= blend(sample(from, x, y + j), column_weights, row_weights[j], sample(to, 0, j),
                                  static_cast<std::size_t>(to.width));
    return found;
}

bool has_not_finite(const ConstPlane &plane) {
    const CheckRow check = plane.type == VSMLRT_FLOAT16 ? kernels().check_half : kernels().check_float;
    for (int j = 0; j < plane.height; ++j)
        if (check(sample(plane, 0, j), static_cast<std::size_t>(plane.width)))
            return true;
    return false;
}

void clamp(const Plane &plane, float low, float high) {
    const ClampRow clamp_row = plane.type == VSMLRT_FLOAT16 ? kernels().clamp_half : kernels().clamp_float;
    for (int j = 0; j < plane.height; ++j)
        clamp_row(sample(plane, 0, j), static_cast<std::size_t>(plane.width), low, high);
}

} // namespace vsmlrt::pixel
