#include "model/ncnn/conversion.h"

namespace vsmlrt::model::ncnn {

Conversion::Conversion(const Layer &layer, std::vector<Blob> inputs, Graph &to, WeightReader &from)
    : graph(to), sizes(to.sizes), weights(from), parameters(layer.parameters), layer_(layer),
      inputs_(std::move(inputs)) {}

const Blob &Conversion::picture(std::size_t index) const {
    const auto &blob = input(index);
    if (blob.shape.rank() != 3)
        throw BadModel("input ", index, " must have width, height and channels; it has ", blob.shape.rank(),
                       blob.shape.rank() == 1 ? " axis" : " axes");
    return blob;
}

std::int64_t Conversion::channels(std::size_t index) const {
    const auto count = sizes.value(input(index).shape.channels());
    if (!count)
        throw BadModel("the number of channels of input ", index,
                       " is not stated anywhere before this layer");
    return *count;
}

void Conversion::expect_channels(std::int64_t count, std::size_t index) {
    sizes.must_equal(input(index).shape.channels(), sizes.constant(count),
                     "channels of the input and of the weights");
}

std::int64_t Conversion::fixed(SymbolicSize size, const char *what) const {
    const auto value = sizes.value(size);
    if (!value)
        throw BadModel(what, " must not depend on the size of the picture");
    return *value;
}

const Blob &Conversion::result(std::size_t index) const {
    if (results_.size() != 1 && index >= results_.size())
        throw InternalError(layer_.label(), " was converted without a result");
    const Blob &blob = results_[results_.size() == 1 ? 0 : index];
    for (const auto size : blob.shape.axes)
        if (const auto value = sizes.value(size); value && *value < 1)
            throw BadModel("nothing is left of the picture after this layer");
    return blob;
}

} // namespace vsmlrt::model::ncnn
