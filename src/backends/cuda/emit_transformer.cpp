// A transformer's block as one step: the picture of tokens as rows and columns with strides, the constants
// packed, and what is generated in front of transformer.cuh.
#include "backends/cuda/kernel_text.h"
#include "backends/cuda/launching.h"
#include "backends/cuda/planner.h"
#include "backends/cuda/product.h"
#include "backends/cuda/transformer_pack.h"
#include "base/hash.h"
#include "graph/storage.h"

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

constexpr std::int64_t most_steps_of_two = 18;

// Rows, columns and channels of a picture of tokens, whatever axes of size 1 stand in front.
struct TokenStrides {
    std::int64_t height = 1, width = 1, y = 0, x = 0;
};
TokenStrides strides_of(const Tensor &tensor, const std::optional<WindowAttention> &attention) {
    const std::size_t rank = tensor.dims.size();
    TokenStrides found;
    found.width = tensor.dims[rank - 2];
    found.x = tensor.strides[rank - 2];
    if (rank >= 3) {
        found.height = tensor.dims[rank - 3];
        found.y = tensor.strides[rank - 3];
    }
    if (attention && found.width != attention->windows.width) { // rows lie one after the other
        found.height = attention->windows.height;
        found.width = attention->windows.width;
        found.y = found.x * found.width;
    }
    return found;
}

// The text with operators that are exact to 2^-21 and take a fraction of the instructions
// (transformer_operators.cuh).
std::string with_fast_operators(std::string chain) {
    for (const auto &[exact, fast] : {std::pair{"op::Erf<float>(", "op::FastErf("},
                                      {"op::Gelu<float>(", "op::FastGelu("},
                                      {"op::Div<float>(", "op::FastDiv("}}) {
        const std::string_view wanted = exact;
        for (std::size_t at = chain.find(wanted); at != std::string::npos; at = chain.find(wanted, at))
            chain.replace(at, wanted.size(), fast);
    }
    return kernel_file("transformer_operators.cuh") + chain;
}

// Windows of a block, and blocks of a multiprocessor that registers are to suffice for: what was seen to
// compile without spills. The first one is taken where none is timed.
struct BlockShape {
    std::int64_t windows, blocks;
};
std::vector<BlockShape> shapes_of_blocks(std::int64_t channels, std::int64_t depth, bool masked,
                                         const DeviceFacts &facts) {
    constexpr std::int64_t wide = 24;
    constexpr std::int64_t thin = 12;
    const std::int64_t of_thread = 4 * steps_of(channels) + 2 * steps_of(depth);
    if (of_thread > wide)
        return {{1, 2}};
    std::vector<BlockShape> shapes{{1, 3}};
    const bool roomy = facts.is_hopper() && !masked;
    if (of_thread <= most_steps_of_two || roomy)
        shapes.push_back({1, 4});
    if (of_thread <= thin && roomy)
        shapes.push_back({1, 5});
    if (of_thread <= most_steps_of_two)
        shapes.push_back({2, 2});
    return shapes;
}

} // namespace

void Planner::find_transformers() {
    if (options_.plain)
        return;
    for (TransformerBlock &block : find_transformer_blocks(graph_, shapes_, groups_)) {
        for (const std::size_t group : block.groups)
            absorbed_[group] = true;
        transformers_.push_back(std::move(block));
    }
    find_pictures_of_tokens();
}

// What is made a picture by a transpose is written as one, and where a Concat wants it.
void Planner::find_pictures_of_tokens() {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
        const graph::Node &node = graph_.nodes[i];
        if (!std::holds_alternative<graph::Transpose>(shapes_.ops[i]) ||
            !pictures_[static_cast<std::size_t>(node.outputs[0])] || tokens_.contains(node.inputs[0]) ||
            std::find(graph_.outputs.begin(), graph_.outputs.end(), node.outputs[0]) != graph_.outputs.end())
            continue;
        for (const TransformerBlock &block : transformers_)
            if (block.result == node.inputs[0]) {
                tokens_[block.result] = i;
                write_in_place(node.outputs[0]);
            }
    }
}

void Planner::write_in_place(graph::ValueId picture) {
    constexpr std::int64_t vector = 8;
    for (const Group &group : groups_) {
        if (group.chain_only || group.expression)
            continue;
        const auto *concat = std::get_if<graph::Concat>(&shapes_.ops[group.anchor]);
        const graph::Node &node = graph_.nodes[group.anchor];
        if (!concat || targets_.contains(picture) ||
            graph::axis_index(concat->axis, dims(picture).size()) != 1)
            continue;
        std::int64_t start = 0;
        for (const graph::ValueId value : node.inputs) {
            if (value == picture && start % vector == 0 && !targets_.contains(picture))
                targets_[picture] = {node.outputs[0], 1, start};
            start += dims(value)[1];
        }
    }
}

void Planner::emit_transformer(const TransformerBlock &block) {
    const auto is_usable = [](const Tensor &tensor) { return tensor.strides.back() == 1; };
    const std::string name = label(groups_[*block.groups.begin()]) + " to " + label(groups_[block.last]);
    Tensor from = read(block.input);
    if (!is_usable(from)) {
        const Tensor copy = fresh(from.type, from.dims, false, false);
        emit_copy(from, copy, "tokens of " + name);
        from = copy;
    }
    if (const auto transpose = tokens_.find(block.result); transpose != tokens_.end()) {
        const auto &order = std::get<graph::Transpose>(shapes_.ops[transpose->second]).order;
        const Tensor picture = result(graph_.nodes[transpose->second].outputs[0]);
        std::vector<std::int64_t> back(picture.dims.size());
        for (std::size_t axis = 0; axis < back.size(); ++axis)
            back[order.empty() ? back.size() - 1 - axis : static_cast<std::size_t>(order[axis])] =
                static_cast<std::int64_t>(axis);
        const Tensor tokens = transposed(picture, back);
        bind(block.result, tokens);
        if (is_usable(tokens)) {
            const bool lanes_too =
                picture.dims[1] + picture.lanes <= steps_of(picture.dims[1]) * channels_of_step;
            add_transformer(block, name, from, tokens, lanes_too ? picture.lanes : 0);
            if (!lanes_too)
                clear_lanes(picture, name);
            return;
        }
    }
    const Tensor whole = result(block.result);
    const Tensor to = is_usable(whole) ? whole : fresh(whole.type, whole.dims, false, false);
    add_transformer(block, name, from, to, 0);
    if (to.buffer != whole.buffer)
        emit_copy(to, whole, name);
    clear_lanes(whole, name);
}

void Planner::add_transformer(const TransformerBlock &block, const std::string &name, const Tensor &from,
                              const Tensor &to, std::int64_t lanes) {
    const std::int64_t channels = from.dims.back();
    const TransformerConstants constants{
        [this](graph::ValueId value) { return graph::widen<float>(graph::view_of(*known(value))); },
        from.type, channels};
    TransformerArgs args = {};
    std::vector<KernelArguments::Field> reads{{args.input, from}};
    // By their contents: blocks of other sizes have the same ones.
    const auto upload_bytes = [&](const std::vector<std::byte> &bytes) {
        return upload(weights_, "transformer " + content_hash(bytes), Element::u8,
                      {static_cast<std::int64_t>(bytes.size())}, [bytes] { return bytes; });
    };
    const auto upload_as = [&](const unsigned long long &address, const std::vector<std::byte> &bytes) {
        reads.emplace_back(address, upload_bytes(bytes));
    };
    std::int64_t heads = 1;
    std::int64_t depth = channels_of_step;
    std::int64_t hidden = 0;
    if (const auto &attention = block.attention) {
        heads = attention->heads;
        depth = attention->depth;
        upload_as(args.first_norm, constants.normalization(attention->normalization));
        upload_as(args.qkv, constants.qkv(*attention));
        upload_as(args.qkv_bias, constants.qkv_bias(*attention));
        upload_as(args.table, constants.table(*attention));
        upload_as(args.projection, constants.projection(*attention));
        upload_as(args.projection_bias, constants.bias(attention->projection.bias));
        if (attention->mask != graph::no_value) {
            const TransformerConstants::Masks masks = constants.masks(*attention);
            upload_as(args.masks, masks.tables);
            upload_as(args.mask_of_window, masks.of_window);
        }
        const Windows &windows = attention->windows;
        args.windows_across = size_argument(windows.width / windows.columns);
        args.windows = size_argument(windows.height / windows.rows * args.windows_across);
        args.shift_y = size_argument(windows.shift_y);
        args.shift_x = size_argument(windows.shift_x);
        args.scale = attention->scale;
        args.first_epsilon = attention->normalization.epsilon;
    }
    Chain chain;
    std::vector<Tensor> extras; // floats, as the text reads them
    if (const auto &perceptron = block.perceptron) {
        hidden = dims(perceptron->first.weights)[1];
        upload_as(args.second_norm, constants.normalization(perceptron->normalization));
        upload_as(args.first, constants.first(*perceptron));
        upload_as(args.second, constants.second(*perceptron));
        upload_as(args.second_bias, constants.bias(perceptron->second.bias));
        args.second_epsilon = perceptron->normalization.epsilon;
        const Group &activation = groups_[perceptron->activation];
        chain = make_chain(graph_, shapes_, activation.members, graph_.nodes[activation.anchor].outputs[0],
                           {}, gates_);
        for (const ChainInput &input : chain.inputs)
            extras.push_back(upload_bytes(constants.hidden(input.value, hidden)));
    }
    const TokenStrides in = strides_of(from, block.attention), out = strides_of(to, block.attention);
    args.height = size_argument(in.height);
    args.width = size_argument(in.width);
    args.input_y = in.y;
    args.input_x = in.x;
    args.output_y = out.y;
    args.output_x = out.x;
    const std::int64_t runs =
        block.attention ? args.windows : (in.height * in.width + tokens_of_window - 1) / tokens_of_window;
    // Neighbours that a lane's channels have, and memory lets it read or write at once.
    const std::int64_t most = steps_of(channels) % 2 == 0 ? 8 : 4;
    Tensor written = to;
    written.dims.back() += lanes;
    const std::int64_t read_vector = std::min(most, vector_along(from, from.dims.size() - 1));
    const std::int64_t write_vector = std::min(most, vector_along(written, to.dims.size() - 1));
    const std::int64_t shared = 2 * tokens_of_window * (heads * steps_of(depth) * channels_of_step + 8) * 2;
    for (std::size_t i = 0; i < extras.size(); ++i)
        reads.emplace_back(args.extra[i], extras[i]);
    const KernelArguments arguments(args, reads, {{args.output, to}});
    Step found = step_of(name, arguments);
    const std::string windows_text =
        block.attention ? text("#define WINDOW_ROWS ", block.attention->windows.rows,
                               "\n#define WINDOW_COLUMNS ", block.attention->windows.columns, "\n")
                        : std::string();
    const bool masked = block.attention && block.attention->mask != graph::no_value;
    const std::string generated =
        text("typedef ", type_name(from.type), " element_t;\n#define BRAIN ",
             from.type == Element::bf16 ? 1 : 0, "\n#define MASKED ", masked ? 1 : 0, "\n#define ATTENTION ",
             block.attention ? 1 : 0, "\n#define PERCEPTRON ", block.perceptron ? 1 : 0,
             "\n#define CHANNELS ", channels, "\n#define HEADS ", heads, "\n#define DEPTH ", depth,
             "\n#define HIDDEN ", hidden, "\n#define READ_VECTOR ", read_vector, "\n#define WRITE_VECTOR ",
             write_vector, "\n#define LANES ", lanes, "\n#define EXTRAS ", extras.size(), "\n", windows_text,
             block.perceptron ? with_fast_operators(chain_text(chain, extras)) : std::string());
    for (const BlockShape &shape : shapes_of_blocks(channels, depth, masked, facts_)) {
        const std::int64_t windows = shape.windows;
        const std::string source = kernel_source(
            text(generated, "#define WINDOWS ", windows, "\n#define BLOCKS ", shape.blocks, "\n"),
            "transformer.cuh");
        const std::int64_t shared_bytes = block.attention ? windows * shared : 0;
        if (shared_bytes > facts_.shared_bytes_per_block && windows > 1)
            continue;
        found.alternatives.push_back(by_blocks(text("transformer of ", windows, ", ", shape.blocks), source,
                                               {(runs + windows - 1) / windows, 128, shared_bytes},
                                               arguments));
    }
    found.ends_plain = false;
    if (found.alternatives.size() > 1)
        found.key.work =
            text("transformer ", element_name(from.type), " ",
                 masked            ? "masked attention "
                 : block.attention ? "attention "
                                   : "",
                 block.perceptron ? "perceptron " : "", channels, ", ", heads, " heads of ", depth,
                 ", hidden ", hidden, ", vectors of ", read_vector, " and ", write_vector);
    add_step(std::move(found));
}

} // namespace vsmlrt::cuda
