#include "model/ncnn/restore.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

namespace vsmlrt::model::ncnn {

namespace {

// Trials start where every multiple that is looked for agrees, and far beyond any network's border.
constexpr std::int64_t period = 192;
constexpr std::int64_t start = period * 160;
constexpr std::array<std::int64_t, 14> multiples{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 192};

// What the output has too much at a picture of `size` with `pad`; nothing if the network does not work there.
std::optional<std::int64_t> excess(const Sizes &sizes, SymbolicSize output, Sizes::Axis axis,
                                   const Restoration &r, std::int64_t size) {
    const auto trial = sizes.at(size + r.pad, size + r.pad);
    if (!trial[output] || !trial.works(axis))
        return std::nullopt;
    return *trial[output] - r.scale * size;
}

bool holds(const Sizes &sizes, SymbolicSize output, Sizes::Axis axis, Restoration &r) {
    const auto first = excess(sizes, output, axis, r, start);
    if (!first || *first < 0)
        return false;
    r.crop = *first;
    for (const std::int64_t step : {1, 2, 3, 7})
        if (excess(sizes, output, axis, r, start + step * r.multiple) != first)
            return false;
    return true;
}

} // namespace

std::optional<Restoration> find_restoration(const Sizes &sizes, SymbolicSize output, Sizes::Axis axis) {
    const auto low = sizes.at(start, start)[output];
    const auto high = sizes.at(start + period, start + period)[output];
    if (!low || !high || *high - *low < period || (*high - *low) % period != 0)
        return std::nullopt;
    Restoration r;
    r.scale = (*high - *low) / period;
    const auto lost = (r.scale * start - *low) / r.scale;
    for (const auto multiple : multiples) {
        r.multiple = multiple;
        const auto about = multiple + 8; // rounding inside the network moves the figure by this much at most
        for (r.pad = std::max<std::int64_t>(0, lost - about);
             r.pad <= std::max<std::int64_t>(0, lost + about); ++r.pad)
            if (holds(sizes, output, axis, r))
                return r;
    }
    return std::nullopt;
}

namespace {

// Total amounts, before and after each end of rows and columns: the odd pixel goes behind.
void pad_input(Graph &graph, const std::string &input, std::int64_t rows, std::int64_t columns) {
    const std::array<std::int64_t, 8> pads{0, 0, rows / 2,        columns / 2,
                                           0, 0, rows - rows / 2, columns - columns / 2};
    const auto amounts = graph.constant("restore_size/pads", pads);
    const auto padded =
        graph.emit("restore_size", "Pad", {input, amounts}, {{"mode", std::string("reflect")}});
    auto &nodes = graph.network.nodes;
    auto pad = std::move(nodes.back());
    nodes.pop_back();
    for (auto &node : nodes)
        std::ranges::replace(node.inputs, input, padded);
    nodes.insert(nodes.begin(), std::move(pad));
}

std::string crop_output(Graph &graph, const std::string &output, std::int64_t rows, std::int64_t columns) {
    const auto end = [](std::int64_t crop) {
        return crop > 0 ? -(crop - crop / 2) : std::numeric_limits<std::int64_t>::max();
    };
    const std::array<std::int64_t, 2> begins{rows / 2, columns / 2};
    const std::array<std::int64_t, 2> ends{end(rows), end(columns)};
    const std::array<std::int64_t, 2> axes{2, 3};
    return graph.emit("restore_size", "Slice",
                      {output, graph.constant("restore_size/begins", begins),
                       graph.constant("restore_size/ends", ends), graph.constant("restore_size/axes", axes)});
}

} // namespace

std::optional<Restored> restore_size(Graph &graph, const std::string &input, const Blob &output) {
    if (output.shape.rank() != 3)
        return std::nullopt;
    const auto rows = find_restoration(graph.sizes, output.shape.height(), Sizes::Axis::height);
    const auto columns = find_restoration(graph.sizes, output.shape.width(), Sizes::Axis::width);
    if (!rows || !columns)
        return std::nullopt;
    Restored restored{output, rows->scale, std::lcm(rows->multiple, columns->multiple)};
    if (rows->pad != 0 || columns->pad != 0) {
        pad_input(graph, input, rows->pad, columns->pad);
        const auto most = std::max(rows->pad, columns->pad);
        restored.minimum = most - most / 2 + 1; // a reflection has no more than what is there
    }
    if (rows->crop != 0 || columns->crop != 0)
        restored.output.value = crop_output(graph, output.value, rows->crop, columns->crop);
    const auto grown = [&](const Restoration &r, SymbolicSize picture) {
        return graph.sizes.multiply(picture, r.scale);
    };
    restored.output.shape.axes[1] = grown(*rows, graph.sizes.height());
    restored.output.shape.axes[2] = grown(*columns, graph.sizes.width());
    return restored;
}

} // namespace vsmlrt::model::ncnn
