// Which convolutions are computed together. More in a chain means fewer values that leave its layout, but a
// chain is one operator of the graph: none of its inputs may depend on one of its own outputs.
#include "backends/openvino/chain_grouping.h"

#include <algorithm>
#include <map>
#include <set>

namespace vsmlrt::openvino {
namespace {

using ChainNumbers = std::set<std::size_t>;

// Of the result, before it is shuffled; 0: of no fixed size.
std::int64_t pixels(const ConvolutionLayer &layer) {
    const ov::PartialShape &shape = layer.result.get_partial_shape();
    const std::int64_t factor = std::max<std::int64_t>(1, layer.shuffle);
    return shape.is_static() ? shape[2].get_length() * shape[3].get_length() / (factor * factor) : 0;
}

// Many filters for few pixels: such layers want many rows at a time, and those around them few
// (docs/decisions/0053-convolutions-by-amx-tiles.md).
bool has_many_filters(const ConvolutionLayer &layer) {
    return layer.inputs * layer.outputs > 128 * 256;
}

class Grouping {
public:
    Grouping(const ov::Model &model, const cpu::ConvolutionMethod &method) : by_tiles_(method.by_tiles()) {
        std::map<const ov::Node *, ConvolutionLayer> by_last_node;
        for (ConvolutionLayer &layer : find_convolution_layers(model, method)) {
            largest_ = std::max(largest_, pixels(layer));
            by_last_node.emplace(layer.result.get_node(), std::move(layer));
        }
        for (const NodePtr &node : model.get_ordered_ops()) {
            const auto layer = by_last_node.find(node.get());
            if (layer != by_last_node.end())
                add(std::move(layer->second));
            else
                for (const Output &source : node->input_values())
                    upstream_[node.get()].merge(chains_behind(source));
        }
    }

    [[nodiscard]] std::vector<ConvolutionChainLayers> take() && { return std::move(chains_); }

private:
    [[nodiscard]] bool is_deep(const ConvolutionLayer &layer) const {
        return by_tiles_ && has_many_filters(layer) && 16 * pixels(layer) <= largest_;
    }

    void add(ConvolutionLayer layer) {
        const std::size_t chain = chain_for(layer);
        // A picture is not what a chain goes on with.
        if (layer.shuffle > 0)
            upstream_[layer.result.get_node()] = {chain};
        else
            chain_of_[layer.result] = chain;
        chains_[chain].push_back(std::move(layer));
    }

    // The chains that a value is made from, as far as they are the last ones before it.
    [[nodiscard]] ChainNumbers chains_behind(const Output &value) const {
        if (const auto chain = chain_of_.find(value); chain != chain_of_.end())
            return {chain->second};
        const auto found = upstream_.find(value.get_node());
        return found == upstream_.end() ? ChainNumbers{} : found->second;
    }

    [[nodiscard]] bool depends(std::size_t chain, std::size_t on) const {
        std::vector<std::size_t> open = {chain};
        ChainNumbers visited;
        while (!open.empty()) {
            const std::size_t at = open.back();
            open.pop_back();
            if (at == on)
                return true;
            if (visited.insert(at).second)
                open.insert(open.end(), needs_[at].begin(), needs_[at].end());
        }
        return false;
    }

    // Whether a value that comes from outside of the chain is made from what the chain gives.
    [[nodiscard]] bool comes_around(const Output &value, std::size_t chain) const {
        const auto own = chain_of_.find(value);
        if (own != chain_of_.end() && own->second == chain)
            return false;
        const ChainNumbers behind = chains_behind(value);
        return std::any_of(behind.begin(), behind.end(),
                           [&](std::size_t other) { return depends(other, chain); });
    }

    // The number of the chain that the layer joins, a new one where it can join none.
    std::size_t chain_for(const ConvolutionLayer &layer) {
        const std::vector<Output> sources = layer.sources();
        const bool deep = is_deep(layer);
        std::size_t joined = chains_.size();
        for (const Output &source : sources) {
            const auto candidate = chain_of_.find(source);
            if (candidate != chain_of_.end() && is_deep_[candidate->second] == deep &&
                std::none_of(sources.begin(), sources.end(),
                             [&](const Output &other) { return comes_around(other, candidate->second); })) {
                joined = candidate->second;
                break;
            }
        }
        if (joined == chains_.size()) {
            chains_.emplace_back();
            is_deep_.push_back(deep);
            needs_.emplace_back();
        }
        for (const Output &source : sources)
            for (const std::size_t chain : chains_behind(source))
                if (chain != joined)
                    needs_[joined].insert(chain);
        return joined;
    }

    bool by_tiles_;
    std::int64_t largest_ = 0; // pixels of a layer's result
    std::vector<ConvolutionChainLayers> chains_;
    std::vector<bool> is_deep_;              // of each chain
    std::vector<ChainNumbers> needs_;        // of each chain, those it reads
    std::map<Output, std::size_t> chain_of_; // the results of the layers that a chain can go on with
    std::map<const ov::Node *, ChainNumbers> upstream_; // of the other nodes, the chains they are made from
};

} // namespace

std::vector<ConvolutionChainLayers> group_into_chains(const ov::Model &model,
                                                      const cpu::ConvolutionMethod &method) {
    return Grouping(model, method).take();
}

} // namespace vsmlrt::openvino
