#include "backends/openvino/rewrite_convolutions.h"

#include "backends/openvino/chain_placement.h"

#include "backends/openvino/convolution_chain.h"

#include <algorithm>
#include <set>

namespace vsmlrt::openvino {
namespace {

// Pictures in either layout, and what else is small.
bool has_few_channels(const ov::Node &node) {
    return std::ranges::any_of(node.outputs(), [](const ov::Output<const ov::Node> &output) {
        const ov::PartialShape &shape = output.get_partial_shape();
        const auto few = [](const ov::Dimension &size) {
            return size.is_static() && ConvolutionChain::is_picture(size.get_length());
        };
        return shape.rank().is_static() && shape.size() == 4 && (few(shape[1]) || few(shape[3]));
    });
}

// OpenVINO keeps in fp32 what lies behind a network's last convolutions, and takes our chains for none: what
// comes before one would be fp32 up to the convolution before that. Pictures stay fp32.
void compute_in_bf16_before_chains(const ov::Model &model) {
    const auto nodes = model.get_ordered_ops();
    std::set<const ov::Node *> before; // chains and what they read
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
        const bool chain = ov::is_type<ConvolutionChain>(*node);
        if (!chain && !before.contains(node->get()))
            continue;
        if (!chain && !has_few_channels(**node))
            (*node)->get_rt_info()["enforceBF16evenForGraphTail"] = true;
        for (const Output &source : (*node)->input_values())
            before.insert(source.get_node());
    }
}

} // namespace

bool compute_convolutions(const ov::Model &model, const std::shared_ptr<const cpu::ConvolutionMethod> &method,
                          const std::shared_ptr<Workspaces> &workspaces) {
    bool any = false;
    NhwcValues known;
    for (const ConvolutionChainLayers &layers : group_into_chains(model, *method)) {
        const PlannedChain chain = plan_chain(layers, *method);
        if (chain.outputs.empty() || !is_worth_it(chain, layers, *method))
            continue;
        place_chain(chain, std::make_shared<const cpu::ConvolutionChain>(chain.desc, method), workspaces,
                    known);
        any = true;
    }
    if (any && method->storage() == cpu::Storage::bf16)
        compute_in_bf16_before_chains(model);
    return any;
}

} // namespace vsmlrt::openvino
