// From a graph and its shapes at one size to a plan.
#pragma once

#include "backends/cuda/attention.h"
#include "backends/cuda/chain.h"
#include "backends/cuda/constants.h"
#include "backends/cuda/epilogue.h"
#include "backends/cuda/excitation.h"
#include "backends/cuda/expression.h"
#include "backends/cuda/groups.h"
#include "backends/cuda/kernels/args.cuh"
#include "backends/cuda/plan.h"
#include "backends/cuda/transformer.h"
#include "base/error.h"
#include "base/text.h"

#include <map>
#include <optional>
#include <tuple>

namespace vsmlrt::cuda {

// Behind the name of a reduction, its first pass.
inline constexpr const char *chunks_label = " (chunks)";

class KernelArguments;
struct Normalized;

struct PlanOptions {
    bool plain = false;     // the plain kernels alone
    bool half_sums = false; // see ConvProblem
    bool tf32 = false;
};

// `weights` keeps what does not depend on the size; it outlives the plan.
[[nodiscard]] Plan make_plan(const graph::Graph &graph, const graph::Shapes &shapes, Constants &weights,
                             nvidia::SharedContext device, const DeviceFacts &facts,
                             const PlanOptions &options);

// The work of make_plan, as the files of emit_*.cpp share it.
class Planner {
public:
    Planner(const graph::Graph &graph, const graph::Shapes &shapes, Constants &weights,
            nvidia::SharedContext device, const DeviceFacts &facts, const PlanOptions &options);
    [[nodiscard]] Plan run() &&;

private:
    // Where values live (places.cpp).
    void find_pictures();
    void find_concat_targets();
    bool lies_in_another(const graph::Node &concat, std::size_t axis);
    [[nodiscard]] bool may_be_written_apart(graph::ValueId value, std::size_t axis, std::int64_t start,
                                            const Shape &whole) const;
    [[nodiscard]] Tensor read(graph::ValueId value);
    [[nodiscard]] Tensor result(graph::ValueId value);
    [[nodiscard]] Element stored_type(graph::ValueId value) const;
    [[nodiscard]] Tensor fresh(Element type, const Shape &dims, bool picture, bool vectors);
    [[nodiscard]] Tensor constant(graph::ValueId value);
    [[nodiscard]] Tensor upload(Constants &constants, const std::string &key, Element type, const Shape &dims,
                                const Constants::Make &make);
    int add_buffer(Buffer buffer);
    void bind(graph::ValueId value, Tensor tensor) { places_[value] = std::move(tensor); }

    // Steps (emit_*.cpp).
    void emit(const Group &group);
    // By the operator of its anchor.
    void emit(const graph::Conv &, const Group &group) { emit_convolution(group); }
    void emit(const graph::ConvTranspose &, const Group &group) { emit_convolution(group); }
    void emit(const graph::Pool &op, const Group &group);
    void emit(const graph::GridSample &op, const Group &group);
    void emit(const graph::Resize &op, const Group &group);
    void emit(const graph::MatMul &op, const Group &group);
    void emit(const graph::Gemm &op, const Group &group);
    void emit(const graph::Reduce &op, const Group &group);
    void emit(const graph::Softmax &op, const Group &group);
    void emit(const graph::Normalize &op, const Group &group);
    void emit(const graph::Pad &op, const Group &group);
    void emit(const graph::Concat &op, const Group &group);
    void emit(const graph::Tile &op, const Group &group);
    void emit(const graph::Fill &op, const Group &group);
    void emit(const graph::Range &op, const Group &group);
    void emit(const graph::DepthToSpace &op, const Group &group) {
        emit_blocks(group, op.block, op.depth_first, true);
    }
    void emit(const graph::SpaceToDepth &op, const Group &group) {
        emit_blocks(group, op.block, true, false);
    }
    void emit(const graph::Slice &op, const Group &group);
    void emit(const graph::Split &op, const Group &group);
    void emit(const graph::Transpose &op, const Group &group);
    void emit(const graph::Reshape &op, const Group &group);
    void emit(const graph::Expand &op, const Group &group);
    void emit(const graph::Gather &op, const Group &group);
    void emit(const graph::GatherElements &, const Group &group) { emit_indexed(group); }
    void emit(const graph::GatherNd &, const Group &group) { emit_indexed(group); }
    void emit(const graph::ScatterElements &, const Group &group) { emit_indexed(group); }
    void emit(const graph::ScatterNd &, const Group &group) { emit_indexed(group); }
    void emit(const graph::ArgReduce &op, const Group &group);
    void emit(const graph::CumSum &op, const Group &group);
    void emit(const graph::TopK &op, const Group &group);
    template <typename Op> // pointwise ones are chains
    void emit(const Op &, const Group &group) {
        throw Unsupported(graph_.nodes[group.anchor].label,
                          ": the cuda backend has no kernel for this operator");
    }
    void emit_chain(const Group &group);
    [[nodiscard]] ExpressionRequest request_of(const Group &group);
    void emit_expression(const Group &group);
    [[nodiscard]] std::int64_t first_channel(const Group &group) const;
    [[nodiscard]] bool copies_planes(const Group &group, const Expression &expression) const;
    [[nodiscard]] bool is_copy_of_planes(const Group &group, const Expression &expression,
                                         const Tensor &output) const;
    // What a warp samples: where it is if a vector holds a pixel, else a copy of it.
    [[nodiscard]] Tensor sampled(graph::ValueId value, const std::string &label);
    [[nodiscard]] std::optional<TexturePlanes> texture_of(graph::ValueId value) const;
    // As ExpressionRequest::input_channel has it, of inputs of few channels.
    [[nodiscard]] std::optional<std::size_t> input_channel(graph::ValueId value, std::int64_t channel);
    // Planes of an input that expressions alone read: where they lie is where the group's result lies.
    [[nodiscard]] bool stay_where_they_are(const Group &group, const Expression &expression);
    [[nodiscard]] Tensor known_plane(graph::ValueId value, std::int64_t channel, ChannelAxis axis);
    [[nodiscard]] bool is_view_by_cast(const Group &group) const;
    void emit_pointwise(const std::string &label, const Chain &chain, const std::vector<Tensor> &inputs,
                        const Tensor &output);
    void emit_copy(const Tensor &from, const Tensor &to, const std::string &label);
    // A copy's second way, which moves tiles of its last two axes through shared memory. `value`: of x.
    void add_transpose(Step &step, const PointwiseArgs &args, std::size_t rank, const Tensor &from,
                       const Tensor &to, const std::string &value) const;
    // Zeros behind the last channel, for kernels that do not write them themselves.
    void clear_lanes(const Tensor &output, const std::string &label);
    void emit_convolution(const Group &group);
    void emit_general_resize(const graph::Resize &op, const Group &group);
    // Indices that are values (emit_indexed.cpp).
    void emit_indexed(const Group &group);
    void emit_line(const Group &group, std::size_t axis, bool reverse, const std::string &defines);
    void emit_blocks(const Group &group, std::int64_t block, bool depth_first, bool to_space);
    // alpha A B + beta C, and the chain behind it.
    struct Product {
        struct {
            Tensor a, b, c, to;
        } matrices;
        float alpha = 1;
        float beta = 0;
        Chain chain;
        std::vector<Tensor> extras; // that the chain reads, of the result's shape
    };
    void add_product(const Group &group, const Product &product);
    [[nodiscard]] Alternative tiled_product(const MatMulArgs &args, const Product &product,
                                            const std::string &generated,
                                            const KernelArguments &arguments) const;
    // Whether kernels may be more than threads for themselves.
    [[nodiscard]] bool warps_work() const;
    // Parts of a reduction: floats, of each chunk every result's.
    struct Chunks {
        Tensor partial;
        int number = 1;
    };
    Chunks add_chunks(const std::string &name, const Tensor &from, const std::vector<std::size_t> &axes,
                      const Tensor &to, int kind, int last);
    void add_reduction(const std::string &name, const Tensor &from, const std::vector<std::size_t> &axes,
                       const Tensor &to, int kind, int last);
    void add_normalized_rows(const std::string &name, const Normalized &what);
    void add_normalized(const std::string &name, const Normalized &what);
    void finish_outputs();

    // Squeeze and excitation (emit_excitation.cpp).
    void find_excited();
    // Blocks of transformers (emit_transformer.cpp).
    void find_transformers();
    void find_pictures_of_tokens();
    void write_in_place(graph::ValueId picture);
    void emit_transformer(const TransformerBlock &block);
    void add_transformer(const TransformerBlock &block, const std::string &name, const Tensor &from,
                         const Tensor &to, std::int64_t lanes);
    // Two convolutions in one kernel, or what comes before one (emit_pair.cpp).
    enum class PairKind {
        rows,       // both by rows of a strip (pair.cuh)
        tail,       // the second one's products are stored instead of the first one's result (tail.cuh)
        mma_tail,   // the same by mma.sync, its sums of each warp (mma_tail.cuh)
        row_tail,   // by rows of a strip, the second one to few channels (row_tail.cuh)
        mma_shrink, // the first one's result is stored as well, the second one's is half as large
                    // (mma_shrink.cuh)
        expression, // the first one is an expression of pictures (expression_convolution.cuh)
    };
    struct Pair {
        std::size_t first = 0; // group
        PairKind kind = PairKind::rows;
    };
    void find_pairs();
    void find_pairs(bool to_few);
    void find_read_expressions();
    void find_shrinks();
    [[nodiscard]] std::optional<std::size_t> only_reader(std::size_t group) const;
    [[nodiscard]] bool may_pair(const Group &group) const;
    // Its problem with an epilogue that is still to be made.
    [[nodiscard]] ConvProblem alone(const Group &group) const;
    [[nodiscard]] std::optional<PairKind> pair_kind(const Group &first, const Group &second) const;
    [[nodiscard]] bool emit_pair(const Pair &pair, const Group &second);
    [[nodiscard]] bool emit_rows(const Group &first, const Group &second, bool to_few);
    [[nodiscard]] bool emit_tail(const Group &first, const Group &second);
    [[nodiscard]] bool emit_mma_tail(const Group &first, const Group &second);
    [[nodiscard]] bool emit_mma_shrink(const Group &first, const Group &second);
    // Two convolutions with what happens to their sums.
    struct Convolutions;
    [[nodiscard]] Convolutions both_of(const Group &first, const Group &second);
    // Where the second one's weights lie as `pack` has them, `of`: a kernel that reads them so.
    using PackOfSecond = std::vector<std::byte> (*)(const PairProblem &, std::span<const float>);
    [[nodiscard]] std::function<std::uint64_t()> weights_behind(const Convolutions &both, const char *of,
                                                                PackOfSecond pack);
    // The ways of a step that computes the first of them and multiplies on; `launch`: one of them.
    using LaunchOfFirst =
        std::function<Launch(const ConvCandidate &, const ConvOperands &, const Addresses &)>;
    void add_ways(Step &step, const Convolutions &both, const std::vector<const ConvCandidate *> &candidates,
                  const char *behind, const LaunchOfFirst &launch);
    // Both steps of a tail, of which the first does all that is multiplied and the second writes the result.
    void add_tail(Step first, Step sums, const Group &one, const Group &two);
    // An expression and the convolution that reads it (emit_expression_convolution.cpp).
    [[nodiscard]] bool reads_expression(const Group &first, const Group &second) const;
    [[nodiscard]] bool emit_expression_convolution(const Group &first, const Group &second);
    // Attention (emit_attention.cpp).
    void find_attended();
    [[nodiscard]] bool emit_attention(const Attention &attention);
    void emit_excitation(const Excitation &excitation);
    // The factors that a value is still to be multiplied by, a float a channel; nothing where there are none.
    [[nodiscard]] std::optional<Tensor> factors_of(graph::ValueId value);
    [[nodiscard]] Tensor factor_vector(graph::ValueId factors);
    // A way to have a convolution's weights times the factors of their input channels.
    [[nodiscard]] Alternative scaling(const std::string &name, Element type, const std::string &key,
                                      const Constants::Make &weights, const Constants::Make &channels,
                                      const Tensor &factors, const Tensor &scaled);

    // The same elements in a tensor of these sizes: a view, or a copy where none will do.
    [[nodiscard]] Tensor view_or_copy(const Tensor &tensor, const Shape &dims, const std::string &label);
    // With vectors of 8 channels and of this type: the tensor itself or a copy.
    [[nodiscard]] Tensor with_vectors(graph::ValueId value, Element type, const std::string &label);
    // The operand of a chain, of the result's shape.
    [[nodiscard]] Tensor chain_operand(const ChainInput &input, const Shape &dims);

    // Of one picture of a batch: the text, and what its arguments are made of.
    struct PictureEpilogue {
        EpilogueBuilder builder;
        Epilogue text;
        Tensor output;
        Shape result; // before the shuffle

        [[nodiscard]] std::vector<std::byte> arguments(const Addresses &addresses) const {
            return builder.arguments(addresses, output, result, text.shuffle);
        }
        [[nodiscard]] std::int64_t threads() const {
            return result[2] * result[3] * (result[1] + output.lanes);
        }
        void add_channel_buffers(Step &step) const {
            for (const ChannelOperand &channel : builder.channels)
                if (channel.computed.buffer >= 0)
                    step.reads.push_back(channel.computed.buffer);
        }
        void add_buffers(Step &step) const {
            for (const Tensor &tensor : builder.tensors)
                step.reads.push_back(tensor.buffer);
            add_channel_buffers(step);
            step.writes.push_back(output.buffer);
            if (builder.sums.buffer >= 0)
                step.writes.push_back(builder.sums.buffer);
        }
    };
    // But for weights and output.
    [[nodiscard]] static ConvOperands operands_of(const Tensor &input, const PictureEpilogue &epilogue,
                                                  const Addresses &addresses);
    [[nodiscard]] PictureEpilogue make_epilogue(const Group &group, std::int64_t batch,
                                                graph::ValueId bias = graph::no_value, bool sums = false);
    void add_epilogue_input(PictureEpilogue &epilogue, const Group &group, const ChainInput &input,
                            const std::string &name, std::int64_t batch, bool behind_shuffle);
    // A thread for each result, whose second argument is the epilogue's; and a step of one kernel like that.
    [[nodiscard]] static Alternative with_epilogue(const char *name, std::string source,
                                                   KernelArguments arguments,
                                                   const PictureEpilogue &epilogue);
    void add_kernel(const std::string &label, const char *name, std::string source,
                    const KernelArguments &arguments, const PictureEpilogue &epilogue);
    [[nodiscard]] Tensor plain_weights(graph::ValueId value);
    // Weights that are multiplied by factors before a step reads them.
    struct Scaled {
        Tensor factors;
        Tensor weights; // an arena buffer, as large as any kernel's
        Step step;

        Scaled(Tensor by, Tensor room) : factors(std::move(by)), weights(std::move(room)) {}
    };
    // The faster kernels that serve a convolution. `scaled`: its weights, null where they are as they are.
    // How many rows of sums each kernel writes, where the epilogue asks for them.
    std::map<std::string, int> add_candidates(Step &step, const Group &group, const PictureEpilogue &epilogue,
                                              Scaled *scaled);
    void add_plain(Step &step, const Group &group, const PictureEpilogue &epilogue, ConvArgs args,
                   const Tensor &input, const Tensor &weights, Scaled *scaled);
    void add_scaled(Scaled scaled, Step &step);
    void note_sums(const Group &group, const PictureEpilogue &epilogue, Step &step,
                   std::map<std::string, int> rows);
    [[nodiscard]] bool adds_input(const Group &group, const ConvProblem &problem) const;
    [[nodiscard]] ConvProblem problem_of(const Group &group, const PictureEpilogue &epilogue) const;

    // Emits what computes these groups together, and notes the work that its steps do.
    template <typename Emit>
    auto counted(const std::vector<std::size_t> &groups, Emit &&emit) {
        const std::size_t first = plan_.steps.size();
        if constexpr (std::is_void_v<std::invoke_result_t<Emit>>) {
            std::forward<Emit>(emit)();
            note_work(first, groups);
        } else {
            const bool emitted = std::forward<Emit>(emit)();
            if (emitted)
                note_work(first, groups);
            return emitted;
        }
    }
    void note_work(std::size_t first_step, const std::vector<std::size_t> &groups);

    void add_step(Step step) { plan_.steps.push_back(std::move(step)); }
    // A step by one kernel, a thread for each of `threads`; none where there are none.
    void add_kernel(const std::string &label, const char *name, std::string source, std::int64_t threads,
                    const KernelArguments &arguments);
    [[nodiscard]] const Shape &dims(graph::ValueId value) const {
        return shapes_.dims[static_cast<std::size_t>(value)];
    }
    [[nodiscard]] Element type(graph::ValueId value) const {
        return graph_.values[static_cast<std::size_t>(value)].type;
    }
    [[nodiscard]] const model::Tensor *known(graph::ValueId value) const {
        return value == graph::no_value ? nullptr : graph::known(graph_, shapes_, value);
    }
    [[nodiscard]] std::string label(const Group &group) const;

    struct Target {
        graph::ValueId whole = graph::no_value;
        std::size_t axis = 0;
        std::int64_t start = 0;
    };

    const graph::Graph &graph_;
    const graph::Shapes &shapes_;
    Constants &weights_;
    std::shared_ptr<Constants> own_; // constants of this size
    const DeviceFacts &facts_;
    PlanOptions options_;
    std::vector<Group> groups_;
    WorkCount count_;
    std::vector<bool> pictures_;  // by value: channels innermost
    std::vector<bool> convolved_; // by value: read or written by a convolution
    std::map<graph::ValueId, Target> targets_;
    std::map<graph::ValueId, Tensor> places_;
    std::map<std::string, int> constant_buffers_;
    std::map<graph::ValueId, Tensor> packed_; // copies with vectors
    std::map<std::tuple<graph::ValueId, std::int64_t, ChannelAxis>, Tensor> planes_;
    std::map<graph::ValueId, Tensor> sampled_; // copies with channels innermost
    // Rows of sums that a convolution leaves behind.
    struct Sums {
        Tensor rows;
        std::map<std::string, int> number; // by the name of the kernel
        std::size_t step = 0;              // the convolution's
    };
    std::vector<TransformerBlock> transformers_;
    std::map<graph::ValueId, std::size_t>
        tokens_; // results that lie as the picture that a transpose makes of them
    std::vector<Attention> attentions_;
    std::vector<Excitation> excitations_;
    std::vector<DeferredProduct> products_;
    std::map<std::size_t, Pair> pairs_; // by the second one
    std::vector<bool> absorbed_;        // by group: it runs as part of an excitation, or of those who read it
    Gates gates_;
    std::map<graph::ValueId, Sums>
        sums_; // of those that are wanted; without a step where no kernel gives them
    std::map<graph::ValueId, Tensor> factor_vectors_;
    Plan plan_;
};

} // namespace vsmlrt::cuda
