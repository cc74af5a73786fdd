// Upscalers add the enlarged picture to their result at the very end, where values are largest: the
// same sum before the shuffle, and resizes that change nothing left out, spare passes over memory.
#include "backends/openvino/graph_nodes.h"
#include "backends/openvino/rewrite.h"

#include <algorithm>
#include <openvino/core/graph_util.hpp>
#include <openvino/op/add.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/depth_to_space.hpp>
#include <openvino/op/interpolate.hpp>
#include <openvino/op/reshape.hpp>

namespace vsmlrt::openvino {
namespace {

using ov::op::util::InterpolateBase;
using Shuffle = ov::op::v0::DepthToSpace;
using Coordinates = InterpolateBase::CoordinateTransformMode;
using Nearest = InterpolateBase::NearestMode;

bool all_zero(const std::vector<std::size_t> &pads) {
    return std::all_of(pads.begin(), pads.end(), [](std::size_t pad) { return pad == 0; });
}

// Pixels are taken at positions by the stated factor, which need not be the ratio of the sizes.
bool scales_are_ratios(const InterpolateBase &resize) {
    if (resize.get_attrs().shape_calculation_mode == InterpolateBase::ShapeCalcMode::SIZES)
        return true;
    const bool both = ov::is_type<ov::op::v4::Interpolate>(&resize); // takes sizes and scales
    const auto scales = ov::as_type<ov::op::v0::Constant>(resize.get_input_node_ptr(both ? 2 : 1));
    const std::size_t axes_at = both ? 3 : 2;
    if (!scales)
        return false;
    std::vector<std::int64_t> axes(scales->get_shape().at(0));
    for (std::size_t i = 0; i < axes.size(); ++i)
        axes[i] = static_cast<std::int64_t>(i);
    if (resize.get_input_size() > axes_at) {
        const auto stated = ov::as_type<ov::op::v0::Constant>(resize.get_input_node_ptr(axes_at));
        if (!stated)
            return false;
        axes = stated->cast_vector<std::int64_t>();
    }
    const ov::Shape &in = resize.get_input_shape(0);
    const ov::Shape &out = resize.get_output_shape(0);
    const auto values = scales->cast_vector<float>();
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const auto axis = static_cast<std::size_t>(axes[i] < 0 ? axes[i] + std::int64_t(in.size()) : axes[i]);
        if (values[i] * static_cast<float>(in.at(axis)) != static_cast<float>(out.at(axis)))
            return false;
    }
    return true;
}

bool is_static(const ov::Node &node) {
    return node.get_input_partial_shape(0).is_static() && node.get_output_partial_shape(0).is_static();
}

bool is_by_ratio(const InterpolateBase &resize) {
    const auto &attrs = resize.get_attrs();
    return is_static(resize) && all_zero(attrs.pads_begin) && all_zero(attrs.pads_end) &&
           scales_are_ratios(resize);
}

// Whether pixel p of a picture `factor` times as large is pixel floor(p / factor) of the small one.
bool repeats_pixels(const InterpolateBase &resize, std::size_t factor) {
    const auto &attrs = resize.get_attrs();
    if (attrs.mode != InterpolateBase::InterpolateMode::NEAREST || !is_by_ratio(resize))
        return false;
    const ov::Shape &in = resize.get_input_shape(0);
    const ov::Shape grown = {in[0], in[1], in[2] * factor, in[3] * factor};
    const bool corner = attrs.coordinate_transformation_mode == Coordinates::ASYMMETRIC &&
                        attrs.nearest_mode == Nearest::FLOOR;
    const bool centre = attrs.coordinate_transformation_mode == Coordinates::HALF_PIXEL &&
                        (attrs.nearest_mode == Nearest::ROUND_PREFER_FLOOR ||
                         attrs.nearest_mode == Nearest::ROUND_PREFER_CEIL);
    return (corner || centre) && resize.get_output_shape(0) == grown;
}

NodePtr reshaped(const Output &value, const ov::Shape &shape) {
    return std::make_shared<ov::op::v1::Reshape>(
        value, ov::op::v0::Constant::create(ov::element::i64, {shape.size()}, shape), false);
}

void add_first(const std::shared_ptr<ov::op::v1::Add> &add, const Shuffle &shuffle,
               const InterpolateBase &resize) {
    const ov::Shape &small = resize.get_input_shape(0);
    const std::size_t factor = shuffle.get_block_size();
    const std::size_t pixels = small[2] * small[3];
    const NodePtr sum = std::make_shared<ov::op::v1::Add>(
        reshaped(shuffle.input_value(0), {small[0], small[1], factor * factor, pixels}),
        reshaped(resize.input_value(0), {small[0], small[1], 1, pixels}));
    const NodePtr result =
        std::make_shared<Shuffle>(reshaped(sum, shuffle.get_input_shape(0)), shuffle.get_mode(), factor);
    result->set_friendly_name(add->get_friendly_name());
    ov::replace_node(add, result);
}

} // namespace

void add_before_shuffle(ov::Model &model) {
    for (const NodePtr &node : model.get_ordered_ops()) {
        const auto add = ov::as_type_ptr<ov::op::v1::Add>(node);
        if (!add)
            continue;
        for (const std::size_t side : {0U, 1U}) {
            const auto shuffle = ov::as_type_ptr<Shuffle>(add->get_input_node_shared_ptr(side));
            const auto resize = ov::as_type_ptr<InterpolateBase>(add->get_input_node_shared_ptr(1 - side));
            if (!shuffle || !resize || !only_reader(shuffle->output(0)) || !only_reader(resize->output(0)) ||
                !is_static(*shuffle) || shuffle->get_mode() != Shuffle::DepthToSpaceMode::DEPTH_FIRST ||
                shuffle->get_output_shape(0) != resize->get_output_shape(0) ||
                !repeats_pixels(*resize, shuffle->get_block_size()))
                continue;
            add_first(add, *shuffle, *resize);
            break;
        }
    }
}

void drop_resizes_to_same_size(ov::Model &model) {
    for (const NodePtr &node : model.get_ordered_ops()) {
        const auto resize = ov::as_type_ptr<InterpolateBase>(node);
        if (resize && is_by_ratio(*resize) && resize->get_input_shape(0) == resize->get_output_shape(0))
            ov::replace_output_update_name(resize->output(0), resize->input_value(0));
    }
}

} // namespace vsmlrt::openvino
