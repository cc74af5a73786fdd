#include "backends/openvino/rewrite_convolutions.h"

#include "backends/openvino/chain_placement.h"

namespace vsmlrt::openvino {

bool compute_convolutions(const ov::Model &model, const std::shared_ptr<const cpu::ConvolutionMethod> &method,
                          const std::shared_ptr<Workspaces> &workspaces) {
    bool any = false;
    NhwcValues known;
    for (const ConvolutionChainLayers &layers : group_into_chains(model, *method)) {
        const PlannedChain chain = plan_chain(layers);
        if (chain.outputs.empty() || !is_worth_it(chain, layers, *method))
            continue;
        place_chain(chain, std::make_shared<const cpu::ConvolutionChain>(chain.desc, method), workspaces,
                    known);
        any = true;
    }
    return any;
}

} // namespace vsmlrt::openvino
