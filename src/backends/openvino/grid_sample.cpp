#include "backends/openvino/grid_sample.h"

#include "backends/openvino/graph_nodes.h"
#include "cpu/grid_sample.h"

#include <openvino/op/grid_sample.hpp>

namespace vsmlrt::openvino {
namespace {

using Theirs = ov::op::v9::GridSample;

bool is_ours(const Theirs &node) {
    const auto &attributes = node.get_attributes();
    return attributes.mode == Theirs::InterpolationMode::BILINEAR &&
           attributes.padding_mode == Theirs::PaddingMode::BORDER && is_one_picture(node.input_value(0)) &&
           is_one_picture(node.input_value(1));
}

} // namespace

GridSample::GridSample(const ov::OutputVector &inputs, bool align_corners,
                       std::shared_ptr<Workspaces> workspaces)
    : OwnOperator(inputs, std::move(workspaces)), align_corners_(align_corners) {
    constructor_validate_and_infer_types();
}

void GridSample::validate_and_infer_types() {
    const ov::PartialShape &grid = get_input_partial_shape(1);
    set_output_type(0, ov::element::f32,
                    ov::PartialShape{1, get_input_partial_shape(0)[1], grid[1], grid[2]});
}

std::shared_ptr<ov::Node> GridSample::clone_with_new_inputs(const ov::OutputVector &inputs) const {
    return std::make_shared<GridSample>(inputs, align_corners_, workspaces());
}

bool GridSample::evaluate(ov::TensorVector &outputs, const ov::TensorVector &inputs) const {
    const ov::Shape &picture = inputs[0].get_shape();
    const ov::Shape &grid = inputs[1].get_shape();
    outputs[0].set_shape({1, picture[1], grid[1], grid[2]});
    const auto size = [](std::size_t dim) { return static_cast<std::int64_t>(dim); };
    const Workspaces::Lease workspace(*workspaces());
    run({inputs[0].data<const float>(),
         size(picture[1]),
         {size(picture[2]), size(picture[3])},
         inputs[1].data<const float>(),
         {size(grid[1]), size(grid[2])},
         outputs[0].data<float>(),
         align_corners_},
        *workspace);
    return true;
}

std::int64_t GridSample::workspace_bytes(int /*threads*/) const {
    const ov::PartialShape &picture = get_input_partial_shape(0);
    return cpu::GridSample::workspace_bytes({picture[2].get_max_length(), picture[3].get_max_length()});
}

bool sample_grids(const ov::Model &model, const std::shared_ptr<Workspaces> &workspaces) {
    bool any = false;
    for (const auto &node : model.get_ordered_ops()) {
        const auto theirs = ov::as_type_ptr<Theirs>(node);
        if (!theirs || !is_ours(*theirs))
            continue;
        const auto ours = std::make_shared<GridSample>(theirs->input_values(),
                                                       theirs->get_attributes().align_corners, workspaces);
        ours->set_friendly_name(theirs->get_friendly_name());
        theirs->output(0).replace(ours->output(0));
        any = true;
    }
    return any;
}

} // namespace vsmlrt::openvino
