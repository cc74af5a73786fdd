// The epilogue of a group as text, and its arguments at one size. Operands behind a pixel shuffle are read at
// the place that the shuffle gives an element.
#include "backends/cuda/epilogue.h"

#include "backends/cuda/kernel_text.h"
#include "backends/cuda/launching.h"
#include "base/error.h"
#include "graph/storage.h"

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

// One value a channel, the same in all places.
bool is_per_channel(const Shape &dims, std::int64_t channels) {
    if (graph::count(dims) != channels || channels == 1 || dims.size() < 3)
        return false;
    return dims[dims.size() - 3] == channels;
}

void append(std::vector<std::byte> &bytes, const void *data, std::size_t size) {
    const auto *begin = static_cast<const std::byte *>(data);
    bytes.insert(bytes.end(), begin, begin + size);
}

template <typename T>
void append(std::vector<std::byte> &bytes, T value) {
    append(bytes, &value, sizeof value);
}

constexpr const char *declarations = R"(
struct EpilogueTensor { const void *data; long long stride_y, stride_x, stride_c; };
struct EpilogueOutput { output_t *data; long long stride_y, stride_x, stride_c; };
struct EpilogueArgs {
    const float *channel[EPILOGUE_CHANNELS > 0 ? EPILOGUE_CHANNELS : 1];
    EpilogueTensor tensor[EPILOGUE_TENSORS > 0 ? EPILOGUE_TENSORS : 1];
    EpilogueOutput output;
    float *sums; // rows of them, or null
    int width, height, channels, pad_lanes; // of the result before the shuffle
};
struct EpilogueChannel { float v[EPILOGUE_CHANNELS > 0 ? EPILOGUE_CHANNELS : 1]; };

DEVICE EpilogueChannel epilogue_channel(const EpilogueArgs &a, int channel) {
    EpilogueChannel k;
#pragma unroll
    for (int i = 0; i < EPILOGUE_CHANNELS; ++i)
        k.v[i] = a.channel[i][channel];
    return k;
}
DEVICE void store_element(const EpilogueArgs &a, int y, int x, int channel, output_t value) {
    a.output.data[y * a.output.stride_y + x * a.output.stride_x + channel * a.output.stride_c] = value;
}
DEVICE void store_output(const EpilogueArgs &a, int y, int x, int channel, float value) {
    const int block = channel % (OUTPUT_SHUFFLE * OUTPUT_SHUFFLE);
    store_element(a, y * OUTPUT_SHUFFLE + block / OUTPUT_SHUFFLE, x * OUTPUT_SHUFFLE + block % OUTPUT_SHUFFLE,
                  channel / (OUTPUT_SHUFFLE * OUTPUT_SHUFFLE), Put<output_t>::from(value));
}
DEVICE void store_padding(const EpilogueArgs &a, int y, int x, int lane) {
    for (int block = 0; block < OUTPUT_SHUFFLE * OUTPUT_SHUFFLE; ++block)
        store_element(a, y * OUTPUT_SHUFFLE + block / OUTPUT_SHUFFLE, x * OUTPUT_SHUFFLE + block % OUTPUT_SHUFFLE,
                      a.channels / (OUTPUT_SHUFFLE * OUTPUT_SHUFFLE) + lane, Put<output_t>::from(0.0f));
}
DEVICE void store_sum(const EpilogueArgs &a, int row, int channel, float sum) {
    a.sums[(long long)row * ((a.channels + 63) / 64 * 64) + channel] = sum;
}
DEVICE unsigned pack2(float low, float high) {
    return (unsigned)Put<packed_t>::from(low).bits | (unsigned)Put<packed_t>::from(high).bits << 16;
}
)";

} // namespace

void EpilogueBuilder::add_channel(const std::string &name, std::uint64_t address) {
    lines_ += text("    const float ", name, " = k.v[", channels.size(), "];\n");
    channels.push_back({address, {}});
}

void EpilogueBuilder::add_channel(const std::string &name, const Tensor &computed) {
    lines_ += text("    const float ", name, " = k.v[", channels.size(), "];\n");
    channels.push_back({0, computed});
}

void EpilogueBuilder::add_tensor(const std::string &name, const Tensor &tensor, OperandPlace place) {
    lines_ += text("    const float ", name, " = t[", tensors.size(), "];\n");
    constexpr const char *places[] = {"y, x, channel",
                                      "y * OUTPUT_SHUFFLE + channel % (OUTPUT_SHUFFLE * OUTPUT_SHUFFLE) / "
                                      "OUTPUT_SHUFFLE, x * OUTPUT_SHUFFLE + "
                                      "channel % OUTPUT_SHUFFLE, channel / (OUTPUT_SHUFFLE * OUTPUT_SHUFFLE)",
                                      "y, x, channel / (OUTPUT_SHUFFLE * OUTPUT_SHUFFLE)"};
    loads_ += text("    if (index == ", tensors.size(), ")\n        return element<", type_name(tensor.type),
                   ">(a.tensor[", tensors.size(), "], ", places[static_cast<int>(place)], ");\n");
    tensors.push_back(tensor);
    enlarged_ = enlarged_ && place == OperandPlace::enlarged;
    if (place != OperandPlace::sum || tensor.strides[3] == 0 || tensor.strides[2] == 0 ||
        !has_vectors(tensor))
        broadcast_ = true;
}

Epilogue EpilogueBuilder::finish(const std::string &chain, const std::string &result, const Tensor &output,
                                 int shuffle) const {
    Epilogue epilogue;
    epilogue.channels = static_cast<int>(channels.size());
    epilogue.tensors = static_cast<int>(tensors.size());
    epilogue.broadcast = broadcast_;
    epilogue.shuffle = shuffle;
    epilogue.output = output.type;
    epilogue.output_last = shuffle == 1 && has_vectors(output);
    epilogue.output_floats =
        shuffle == 1 && output.type == Element::f32 && has_vectors(output, sizeof(float));
    epilogue.sums = sums.buffer >= 0;
    const bool fours = output.strides[1] == 1 && output.strides[2] % 4 == 0 && output.strides[3] % 4 == 0 &&
                       output.offset % 4 == 0 && element_size(output.type) <= 4;
    epilogue.shuffled_lanes = shuffle > 1 && fours ? size_argument(output.dims[1] + output.lanes) : 0;
    epilogue.shuffled_vectors = shuffle > 1 && has_vectors(output);
    const auto rows_of = [&](std::int64_t size) {
        return output.strides[3] == 1 && output.dims[3] % size == 0 && output.strides[2] % size == 0 &&
               output.strides[1] % size == 0 && output.offset % size == 0 && element_size(output.type) == 2;
    };
    epilogue.rows_of_planes = rows_of(4) ? 4 : rows_of(2) ? 2 : 0;
    epilogue.one_vector = epilogue.output_last && output.dims[1] + output.lanes == 8;
    epilogue.enlarged = enlarged_ && !tensors.empty();
    const bool packs = output.type == Element::f16 || output.type == Element::bf16;
    epilogue.text = text(
        "#define EPILOGUE_CHANNELS ", channels.size(), "\n#define EPILOGUE_TENSORS ", tensors.size(),
        "\n#define EPILOGUE_SUMS ", epilogue.sums ? 1 : 0, "\n#define OUTPUT_SHUFFLE ", shuffle,
        "\n#define OUTPUT_LAST ", epilogue.output_last ? 1 : 0, "\ntypedef ", type_name(output.type),
        " output_t;\ntypedef ", packs ? type_name(output.type) : "half_t", " packed_t;", declarations,
        "template <typename T>\nDEVICE float element(const EpilogueTensor &tensor, int y, int x, int "
        "channel) {\n"
        "    return (float)get(((const T *)tensor.data)[y * tensor.stride_y + x * tensor.stride_x + channel "
        "* "
        "tensor.stride_c]);\n}\n"
        "DEVICE float epilogue_tensor(const EpilogueArgs &a, int index, int y, int x, int channel) {\n",
        loads_,
        "    return 0;\n}\nDEVICE float epilogue(const EpilogueChannel &k, float sum, const float *t) {\n",
        before_, lines_, chain, "    return ", result, ";\n}\n");
    return epilogue;
}

void EpilogueBuilder::add_bias(std::uint64_t address) {
    // "sum" in the chain is the sum with the bias.
    before_ = text("    sum += k.v[", channels.size(), "]; // bias\n");
    channels.push_back({address, {}});
}

std::vector<std::byte> EpilogueBuilder::arguments(const Addresses &addresses, const Tensor &output,
                                                  const Shape &result, int shuffle) const {
    std::vector<std::byte> bytes;
    for (const ChannelOperand &channel : channels)
        append(bytes, channel.computed.buffer < 0 ? channel.address : addresses.of(channel.computed));
    if (channels.empty())
        append(bytes, std::uint64_t{0});
    const auto add = [&](const Tensor &tensor) {
        append(bytes, addresses.of(tensor));
        append(bytes, tensor.strides[2]);
        append(bytes, tensor.strides[3]);
        append(bytes, tensor.strides[1]);
    };
    for (const Tensor &tensor : tensors)
        add(tensor);
    if (tensors.empty())
        bytes.resize(bytes.size() + 32);
    add(output);
    append(bytes, sums.buffer < 0 ? std::uint64_t{0} : addresses.of(sums));
    static_cast<void>(shuffle);
    append(bytes, size_argument(result[3]));
    append(bytes, size_argument(result[2]));
    append(bytes, size_argument(result[1]));
    append(bytes, size_argument(output.lanes));
    return bytes;
}

std::string in_namespace(const char *name, const Epilogue &epilogue) {
    std::string generated = text("namespace ", name, " {\n", epilogue.text, "}\n");
    for (const char *macro :
         {"EPILOGUE_CHANNELS", "EPILOGUE_TENSORS", "EPILOGUE_SUMS", "OUTPUT_SHUFFLE", "OUTPUT_LAST"})
        generated += text("#undef ", macro, "\n");
    return generated;
}

Tensor picture_of_batch(const Tensor &tensor, std::int64_t batch) {
    Tensor view = tensor;
    view.offset += batch * tensor.strides[0];
    view.dims[0] = 1;
    return view;
}

std::vector<std::byte> channel_bytes(const std::vector<float> &values, std::int64_t channels) {
    constexpr std::int64_t unit = 256;
    std::vector<float> padded(static_cast<std::size_t>((channels + unit - 1) / unit * unit), 0.0F);
    // Behind a shuffle a channel is a block of them.
    const std::size_t repeat = static_cast<std::size_t>(channels) / values.size();
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c)
        padded[c] = values[c / repeat];
    return bytes_of_floats(padded);
}

bool is_channel_constant(const model::Tensor *known, std::int64_t channels) {
    return known && cuda::is_real(known->type) && is_per_channel(known->dims, channels);
}

} // namespace vsmlrt::cuda
