#include "backends/openvino/rewrite.h"

#include <openvino/pass/constant_folding.hpp>
#include <openvino/pass/manager.hpp>

namespace vsmlrt::openvino {

void rewrite_for_cpu(const std::shared_ptr<ov::Model> &model) {
    ov::pass::Manager manager;
    manager.register_pass<ov::pass::ConstantFolding>();
    manager.run_passes(model);
    compute_blocks_of_pixels(*model);
    add_before_shuffle(*model);
    drop_resizes_to_same_size(*model);
    model->validate_nodes_and_infer_types();
}

} // namespace vsmlrt::openvino
