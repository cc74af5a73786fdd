// What a graph does at another size shows in its shapes, but for what passes in silence: a reshape whose open
// axis takes up what belongs to another one, a slice that used to take all, a number that was made of the
// size.
#include "graph/stated_sizes.h"

#include "base/error.h"
#include "graph/infer.h"
#include "graph/lower.h"
#include "graph/storage.h"
#include "model/edit.h"

#include <algorithm>
#include <cmath>

namespace vsmlrt::graph {
namespace {

constexpr std::size_t image_rank = 4;
constexpr std::int64_t usual_size = 64; // of an axis that the network leaves open

struct Stated {
    std::int64_t batch = 1;
    std::optional<std::int64_t> height;
    std::optional<std::int64_t> width;
};

// What all inputs state; nothing where they are not pictures of one size.
std::optional<Stated> stated_by(const model::Network &network) {
    std::optional<Stated> stated;
    for (const model::Value &input : network.inputs) {
        if (!input.has_shape || input.dims.size() != image_rank)
            return std::nullopt;
        const Stated here{input.dims[0].size.value_or(1), input.dims[2].size, input.dims[3].size};
        if (stated &&
            (here.batch != stated->batch || here.height != stated->height || here.width != stated->width))
            return std::nullopt;
        stated = here;
    }
    return stated;
}

// The network as one of any batch and size.
model::Network opened(model::Network network) {
    for (model::Value &input : network.inputs)
        for (const std::size_t axis : {0U, 2U, 3U})
            input.dims[axis] = {};
    return network;
}

std::size_t place(ValueId value) {
    return static_cast<std::size_t>(value);
}

// The same graph at two sizes.
class Comparison {
public:
    Comparison(const Graph &graph, const Shapes &stated, const Shapes &other)
        : graph_(graph), stated_(stated), other_(other) {}

    // Whether all operators do at the other size what they do at the stated one.
    [[nodiscard]] bool same_meaning() const {
        return std::all_of(graph_.nodes.begin(), graph_.nodes.end(), [&](const Node &node) {
            return is_folded(graph_, stated_, node) || keeps_meaning(node);
        });
    }

    // Whether what is made of the pictures differs in its first axis only, and in proportion.
    [[nodiscard]] bool only_batch_differs(std::int64_t batch) const {
        std::vector<bool> made_of_pictures(graph_.values.size());
        const auto in_proportion = [&](ValueId value) {
            const Shape &many = stated_.dims[place(value)];
            const Shape &one = other_.dims[place(value)];
            return !many.empty() && many.size() == one.size() && many[0] == batch * one[0] &&
                   std::equal(many.begin() + 1, many.end(), one.begin() + 1);
        };
        for (const Input &input : graph_.inputs)
            made_of_pictures[place(input.value)] = true;
        for (const Node &node : graph_.nodes) {
            if (is_folded(graph_, stated_, node))
                continue;
            if (std::none_of(node.inputs.begin(), node.inputs.end(), [&](ValueId value) {
                    return value != no_value && made_of_pictures[place(value)];
                }))
                continue;
            for (const ValueId output : node.outputs) {
                made_of_pictures[place(output)] = true;
                if (!in_proportion(output))
                    return false;
            }
        }
        return true;
    }

private:
    [[nodiscard]] bool differs(ValueId value, std::size_t axis) const {
        const Shape &here = stated_.dims[place(value)];
        const Shape &there = other_.dims[place(value)];
        return axis < here.size() && axis < there.size() && here[axis] != there[axis];
    }

    [[nodiscard]] bool keeps_meaning(const Node &node) const {
        const ValueId x = operand(node, 0);
        if (x == no_value || node.outputs.empty())
            return true;
        if (std::holds_alternative<Reshape>(node.op))
            return keeps_axes(x, node.outputs[0]);
        if (const auto *pool = std::get_if<Pool>(&node.op)) {
            const Shape &size = stated_.dims[place(x)];
            return size.size() != image_rank || pool->kernel != Pair{size[2], size[3]} ||
                   pool->kernel == Pair{1, 1};
        }
        if (std::holds_alternative<Slice>(node.op) || std::holds_alternative<Gather>(node.op) ||
            std::holds_alternative<GridSample>(node.op) || std::holds_alternative<Resize>(node.op))
            return follows(x, node.outputs[0]);
        return true;
    }

    // Whether every axis of the result differs where the operand's does: else it has been made for the one
    // size.
    [[nodiscard]] bool follows(ValueId x, ValueId y) const {
        for (std::size_t axis = 0; axis < stated_.dims[place(x)].size(); ++axis)
            if (differs(x, axis) && !differs(y, axis))
                return false;
        return true;
    }

    // Whether runs of axes that hold the same elements before and after do so at the other size.
    [[nodiscard]] bool keeps_axes(ValueId x, ValueId y) const {
        const Shape &from = stated_.dims[place(x)];
        const Shape &to = stated_.dims[place(y)];
        const Shape &from_other = other_.dims[place(x)];
        const Shape &to_other = other_.dims[place(y)];
        std::size_t i = 0;
        std::size_t j = 0;
        while (i < from.size() || j < to.size()) {
            std::int64_t before = 1;
            std::int64_t after = 1;
            std::int64_t before_other = 1;
            std::int64_t after_other = 1;
            const auto take_from = [&] {
                before *= from[i];
                before_other *= from_other.at(i++);
            };
            const auto take_to = [&] {
                after *= to[j];
                after_other *= to_other.at(j++);
            };
            if (i < from.size())
                take_from();
            if (j < to.size())
                take_to();
            while (before != after && (i < from.size() || j < to.size())) {
                if ((before < after && i < from.size()) || j == to.size())
                    take_from();
                else
                    take_to();
            }
            if (before_other != after_other)
                return false;
        }
        return true;
    }

    const Graph &graph_;
    const Shapes &stated_;
    const Shapes &other_;
};

// Whether small constants are what exporters make of a size: normalisation of coordinates, the number of
// pixels. Only looked for where something is computed of coordinates or of sums over the picture.
bool holds_numbers_of(const Graph &graph, std::int64_t height, std::int64_t width) {
    const bool may = std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const Node &node) {
        const auto *reduce = std::get_if<Reduce>(&node.op);
        return std::holds_alternative<GridSample>(node.op) ||
               (reduce && (reduce->kind == ReduceKind::sum || reduce->kind == ReduceKind::sum_square ||
                           reduce->kind == ReduceKind::l1));
    });
    if (!may)
        return false;
    std::vector<double> suspects = {static_cast<double>(height * width)};
    for (const std::int64_t size : {height, width})
        for (const double base : {static_cast<double>(size), static_cast<double>(size - 1)})
            suspects.insert(suspects.end(), {base, base / 2});
    const auto is_suspect = [&](double number) {
        return std::any_of(suspects.begin(), suspects.end(), [&](double suspect) {
            return suspect > 4 &&
                   (std::abs(number / suspect - 1) < 1e-6 || std::abs(number * suspect - 1) < 1e-6);
        });
    };
    return std::any_of(graph.values.begin(), graph.values.end(), [&](const Value &value) {
        if (!value.constant || value.constant->count() > 4 || !is_real(value.type))
            return false;
        const std::vector<double> numbers = widen<double>(view_of(*value.constant));
        return std::any_of(numbers.begin(), numbers.end(), is_suspect);
    });
}

class Release {
public:
    Release(const model::Network &network, const Stated &stated)
        : stated_(stated), graph_(lower(opened(network))),
          height_(stated.height.value_or(stated.width.value_or(usual_size))),
          width_(stated.width.value_or(height_)),
          shapes_(infer(graph_, inputs(stated.batch, height_, width_))) {}

    [[nodiscard]] bool free_of_batch() const {
        try {
            const Shapes one = infer(graph_, inputs(1, height_, width_));
            const Comparison comparison(graph_, shapes_, one);
            return comparison.same_meaning() && comparison.only_batch_differs(stated_.batch);
        } catch (const Error &) {
            return false;
        }
    }

    [[nodiscard]] bool free_of_size() const {
        return free_at(2 * height_, 3 * width_) && free_at(3 * height_, 2 * width_) &&
               !holds_numbers_of(graph_, height_, width_);
    }

private:
    [[nodiscard]] std::vector<Shape> inputs(std::int64_t batch, std::int64_t height,
                                            std::int64_t width) const {
        std::vector<Shape> shapes;
        for (const Input &input : graph_.inputs)
            shapes.push_back({batch, input.dims.at(1).size.value_or(1), height, width});
        return shapes;
    }

    [[nodiscard]] bool free_at(std::int64_t height, std::int64_t width) const {
        try {
            const Shapes other = infer(graph_, inputs(stated_.batch, height, width));
            const auto place_of_output = static_cast<std::size_t>(graph_.outputs.at(0));
            const Shape &here = shapes_.dims[place_of_output];
            const Shape &there = other.dims[place_of_output];
            return here.size() == image_rank && there.size() == image_rank && here[1] == there[1] &&
                   here[2] * height == there[2] * height_ && here[3] * width == there[3] * width_ &&
                   Comparison(graph_, shapes_, other).same_meaning();
        } catch (const Error &) {
            return false;
        }
    }

    Stated stated_;
    Graph graph_;
    std::int64_t height_;
    std::int64_t width_;
    Shapes shapes_;
};

struct Freedom {
    bool size = false;
    bool batch = false;
};

Freedom freedom_of(const model::Network &network, const Stated &stated) {
    try {
        const Release release(network, stated);
        return {(!stated.height && !stated.width) || release.free_of_size(),
                stated.batch == 1 || release.free_of_batch()};
    } catch (const Error &) {
        return {!stated.height && !stated.width,
                stated.batch == 1}; // outside of the IR, or nothing that runs
    }
}

} // namespace

model::Network release_stated_sizes(const model::Network &network) {
    const std::optional<Stated> stated = stated_by(network);
    if (!stated || stated->batch < 1 || (stated->batch == 1 && !stated->height && !stated->width))
        return network;
    const Freedom free = freedom_of(network, *stated);
    model::Network result =
        free.batch ? model::free_batch(network) : model::repeat_batch(network, stated->batch);
    return free.size ? model::free_shape(result) : result;
}

} // namespace vsmlrt::graph
