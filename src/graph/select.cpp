#include "graph/select.h"

#include "base/error.h"

#include <algorithm>

namespace vsmlrt::graph {
namespace {

// T has the size of an element; what it means does not matter here.
template <typename T>
void select_as(const T *source, T *target, const Shape &dims, const std::vector<AxisTable> &tables, T fill) {
    const std::size_t outer = dims.empty() ? 0 : dims.size() - 1;
    const AxisTable none{0};
    const AxisTable &row = dims.empty() ? none : tables.back();
    const std::int64_t rows = count(Shape(dims.begin(), dims.begin() + static_cast<std::ptrdiff_t>(outer)));
    std::vector<std::size_t> index(outer, 0);
    for (std::int64_t r = 0; r < rows; ++r) {
        std::int64_t base = 0;
        for (std::size_t axis = 0; axis < outer && base != outside; ++axis) {
            const std::int64_t offset = tables[axis][index[axis]];
            base = offset == outside ? outside : base + offset;
        }
        for (const std::int64_t offset : row)
            *target++ = base == outside || offset == outside ? fill : source[base + offset];
        for (std::size_t axis = outer; axis-- > 0;) {
            if (++index[axis] < tables[axis].size())
                break;
            index[axis] = 0;
        }
    }
}

template <typename T>
void select_sized(const ConstView &source, const View &target, const std::vector<AxisTable> &tables,
                  const std::byte *fill) {
    T value{};
    if (fill)
        std::memcpy(&value, fill, sizeof(T));
    select_as(source.as<T>(), target.as<T>(), target.dims, tables, value);
}

} // namespace

AxisTable steps(std::int64_t size, std::int64_t start, std::int64_t step) {
    AxisTable table(static_cast<std::size_t>(size));
    for (std::size_t i = 0; i < table.size(); ++i)
        table[i] = start + static_cast<std::int64_t>(i) * step;
    return table;
}

void select(const ConstView &source, const View &target, const std::vector<AxisTable> &tables,
            const std::byte *fill) {
    if (count(target.dims) == 0)
        return;
    switch (element_size(target.type)) {
    case 1:
        return select_sized<std::uint8_t>(source, target, tables, fill);
    case 2:
        return select_sized<std::uint16_t>(source, target, tables, fill);
    case 4:
        return select_sized<std::uint32_t>(source, target, tables, fill);
    case 8:
        return select_sized<std::uint64_t>(source, target, tables, fill);
    default:
        throw InternalError("elements of unknown size");
    }
}

} // namespace vsmlrt::graph
