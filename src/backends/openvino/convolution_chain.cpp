#include "backends/openvino/convolution_chain.h"

#include "base/error.h"
#include "tensor/half.h"

#include <algorithm>

namespace vsmlrt::openvino {
namespace {

// Kernels write what they are told to: a tensor of another type than the graph was promised would be overrun.
cpu::Storage storage_of(const ov::Tensor &tensor, cpu::Storage most) {
    const ov::element::Type type = tensor.get_element_type();
    if (type == ov::element::f32)
        return cpu::Storage::fp32;
    if (type == ov::element::bf16 && most == cpu::Storage::bf16)
        return cpu::Storage::bf16;
    throw InternalError("OpenVINO hands a tensor of ", type.get_type_name(), " to convolutions in ",
                        most == cpu::Storage::bf16 ? "bf16" : "fp32");
}

cpu::Image image(const ov::Tensor &tensor, cpu::Storage most) {
    const ov::Shape &shape = tensor.get_shape();
    const auto dim = [&](std::size_t axis) { return static_cast<std::int64_t>(shape[axis]); };
    return {const_cast<void *>(std::as_const(tensor).data()),
            storage_of(tensor, most),
            {dim(1), dim(2)},
            dim(3),
            dim(3)};
}

cpu::Image output_image(ov::Tensor &tensor, cpu::Extent size, std::int64_t channels, std::int64_t shuffle,
                        cpu::Storage most) {
    const auto dim = [](std::int64_t value) { return static_cast<std::size_t>(value); };
    if (shuffle == 0) {
        tensor.set_shape({1, dim(size.height), dim(size.width), dim(channels)});
        return image(tensor, most);
    }
    tensor.set_shape(
        {1, dim(channels / (shuffle * shuffle)), dim(size.height * shuffle), dim(size.width * shuffle)});
    cpu::Image picture = {tensor.data(), storage_of(tensor, cpu::Storage::fp32), size, channels, channels};
    picture.shuffle = shuffle;
    return picture;
}

void crop(cpu::Image &image, const ConvolutionChain::Crop &crop) {
    const std::int64_t first = image.row_begin(crop.top) + crop.left * image.pixel;
    image.data = static_cast<std::byte *>(image.data) + first * storage_size(image.storage);
    image.gap = image.row() - crop.extent.width * image.pixel;
    image.extent = crop.extent;
}

// One number for each channel.
std::vector<float> numbers(const ov::Tensor &tensor) {
    std::vector<float> all(tensor.get_size());
    const cpu::Storage storage = storage_of(tensor, cpu::Storage::bf16);
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = storage == cpu::Storage::fp32
                     ? static_cast<const float *>(std::as_const(tensor).data())[i]
                     : bfloat_to_float(static_cast<const std::uint16_t *>(std::as_const(tensor).data())[i]);
    return all;
}

// Of what may lie between two lengths; `bounded`: whether there is a greatest one.
ov::Dimension between(std::int64_t least, std::int64_t most, bool bounded) {
    return {std::max<std::int64_t>(0, least), bounded ? most : -1};
}

} // namespace

ConvolutionChain::ConvolutionChain(const ov::OutputVector &inputs, std::vector<Read> reads,
                                   std::shared_ptr<const cpu::ConvolutionChain> chain,
                                   std::shared_ptr<Workspaces> workspaces)
    : OwnOperator(inputs, std::move(workspaces)), reads_(std::move(reads)), chain_(std::move(chain)) {
    constructor_validate_and_infer_types();
}

ov::PartialShape ConvolutionChain::size_read(std::size_t input) const {
    if (const auto &crop = reads_[input].crop)
        return {crop->extent.height, crop->extent.width};
    const ov::PartialShape &shape = get_input_partial_shape(input);
    return {shape[1], shape[2]};
}

ov::element::Type ConvolutionChain::type_of(const cpu::ConvolutionChain &chain) {
    return chain.storage() == cpu::Storage::bf16 ? ov::element::bf16 : ov::element::f32;
}

void ConvolutionChain::validate_and_infer_types() {
    std::vector<cpu::Extent> least;
    std::vector<cpu::Extent> most; // of lengths without a bound the least ones
    for (std::size_t i = 0; i < reads_.size(); ++i) {
        const ov::PartialShape size = size_read(i);
        const auto greatest = [&](std::size_t axis) {
            return std::max(size[axis].get_min_length(), size[axis].get_max_length());
        };
        least.push_back({size[0].get_min_length(), size[1].get_min_length()});
        most.push_back({greatest(0), greatest(1)});
    }
    set_output_size(chain_->outputs().size() + chain_->means().size());
    for (std::size_t i = 0; i < chain_->means().size(); ++i)
        set_output_type(chain_->outputs().size() + i, ov::element::f32,
                        ov::PartialShape{1, 1, 1, chain_->channels(chain_->means()[i])});
    for (std::size_t i = 0; i < chain_->outputs().size(); ++i) {
        const std::int64_t value = chain_->outputs()[i];
        const ov::PartialShape input = size_read(static_cast<std::size_t>(chain_->origin(value)));
        const cpu::Extent low = chain_->extent(value, least);
        const cpu::Extent high = chain_->extent(value, most);
        const ov::Dimension height = between(low.height, high.height, input[0].get_max_length() >= 0);
        const ov::Dimension width = between(low.width, high.width, input[1].get_max_length() >= 0);
        if (const std::int64_t factor = chain_->shuffle(value); factor > 0) {
            set_output_type(i, ov::element::f32,
                            ov::PartialShape{1, chain_->channels(value) / (factor * factor), height * factor,
                                             width * factor});
            continue;
        }
        const std::int64_t channels = chain_->channels(value);
        set_output_type(i, is_picture(channels) ? ov::element::f32 : type_of(*chain_),
                        ov::PartialShape{1, height, width, channels});
    }
}

std::shared_ptr<ov::Node> ConvolutionChain::clone_with_new_inputs(const ov::OutputVector &inputs) const {
    return std::make_shared<ConvolutionChain>(inputs, reads_, chain_, workspaces());
}

bool ConvolutionChain::evaluate(ov::TensorVector &outputs, const ov::TensorVector &inputs) const {
    std::vector<cpu::Image> from;
    std::vector<cpu::Extent> extents;
    std::vector<std::vector<float>> gates(reads_.size());
    for (std::size_t i = 0; i < reads_.size(); ++i) {
        from.push_back(image(inputs[i], chain_->storage()));
        if (reads_[i].crop)
            crop(from.back(), *reads_[i].crop);
        if (reads_[i].gate) {
            gates[i] = numbers(inputs[*reads_[i].gate]);
            from.back().gates = gates[i].data();
        }
        extents.push_back(from.back().extent);
    }
    std::vector<cpu::Image> to;
    for (std::size_t i = 0; i < chain_->outputs().size(); ++i) {
        const std::int64_t value = chain_->outputs()[i];
        to.push_back(output_image(outputs[i], chain_->extent(value, extents), chain_->channels(value),
                                  chain_->shuffle(value), chain_->storage()));
    }
    std::vector<float *> means;
    for (std::size_t i = chain_->outputs().size(); i < outputs.size(); ++i)
        means.push_back(outputs[i].data<float>());
    const Workspaces::Lease workspace(*workspaces());
    chain_->run(from, to, means, *workspace);
    return true;
}

std::int64_t ConvolutionChain::workspace_bytes(int threads) const {
    std::vector<cpu::Extent> extents;
    for (std::size_t i = 0; i < reads_.size(); ++i) {
        const ov::PartialShape size = size_read(i);
        extents.push_back({size[0].get_max_length(), size[1].get_max_length()});
    }
    return chain_->workspace(extents, threads)->bytes;
}

} // namespace vsmlrt::openvino
