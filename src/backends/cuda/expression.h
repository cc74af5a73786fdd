// One picture as an expression of others, as text: pointwise operators, Resize, GridSample, Concat, Slice and
// Split of sources, computed pixel by pixel from where the sources are read. Nothing in between is stored.
#pragma once

#include "backends/cuda/kernels/args.cuh"
#include "backends/cuda/tensor.h"
#include "graph/infer.h"

#include <functional>
#include <optional>
#include <string>

namespace vsmlrt::cuda {

// Which axes are a picture's: channels are axis 1 (N C H W), or the last one as grids have them (N H W C).
enum class ChannelAxis { second, last };

// A picture as planes of 16-bit floats that the texture unit reads: row y of channel c is row
// first + c * apart + y of `rows`, a tensor of such rows.
struct TexturePlanes {
    Tensor rows;
    std::int64_t first = 0;
    std::int64_t apart = 0;
};

// A source that is one channel of the network's inputs, as floats: read by strides of the arguments.
struct InputChannel {
    std::size_t source = 0;  // of Expression::sources
    std::size_t channel = 0; // as EvenChannels number them
};

struct ExpressionRequest {
    const graph::Graph &graph;
    const graph::Shapes &shapes;
    std::vector<bool> inside; // by node: computed here; all other values are read
    graph::ValueId result = graph::no_value;
    // Where a value lies that is read.
    std::function<Tensor(graph::ValueId)> stored;
    // The same for what a warp samples: through the texture unit if it lies so, else as pixels.
    std::function<std::optional<TexturePlanes>(graph::ValueId)> texture;
    std::function<Tensor(graph::ValueId)> sampled;
    // Which channel of the network's inputs a channel of a value is, where it lies there as a plane of
    // floats.
    std::function<std::optional<std::size_t>(graph::ValueId, std::int64_t channel)> input_channel;
    // Where one channel of a value lies whose contents are known; sizes of 1 where it does not change along
    // an axis.
    std::function<Tensor(graph::ValueId, std::int64_t channel, ChannelAxis)> known_plane;
    // Pixels below each other that a thread computes, from row y on, a multiple: 1, 2, 4 or 8.
    int rows = 1;
};

// What the text names: args.source[i], args.axis[i], args.number[i], args.texture[i].
struct Expression {
    std::string lines;                 // of C++; they declare what `channels` names
    std::vector<std::string> channels; // the result's, float; of several rows, those of each row
    std::vector<Tensor> sources; // of rank 4, channels second; their offsets are where whole vectors begin
    std::vector<ExpressionAxis> axes;
    std::vector<int> numbers;
    std::vector<Tensor> textures; // of rows
    std::vector<InputChannel> input_channels;
    bool wide = false;        // offsets of elements need 64 bits
    bool shares_rows = false; // several rows read fewer pixels of an enlarged picture than one by one
};

[[nodiscard]] Expression make_expression(const ExpressionRequest &request);

// Elements that one access of a kernel may take: the most of 16 bytes at which every pixel of the tensor
// begins, if its channels lie one after the other; else 1. `first`: of the first channel inside its vector.
struct Vectors {
    std::int64_t length = 1;
    std::int64_t first = 0;
};
[[nodiscard]] Vectors vectors_of(const Tensor &tensor);

} // namespace vsmlrt::cuda
