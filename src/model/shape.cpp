#include "base/error.h"
#include "model/edit.h"

namespace vsmlrt::model {
namespace {

constexpr std::size_t image_rank = 4;
constexpr std::size_t batch_axis = 0;
constexpr std::size_t height_axis = 2;
constexpr std::size_t width_axis = 3;

bool is_image(const Value &value) {
    return value.has_shape && value.dims.size() == image_rank;
}

void fix_dim(const Value &input, Dim &dim, std::int64_t size, const char *what) {
    if (dim.size && *dim.size != size)
        throw BadModel("input \"", input.name, "\" has the fixed ", what, " ", *dim.size, ", asked for is ",
                       size);
    dim = {size, {}};
}

} // namespace

Network fix_shape(const Network &network, std::int64_t width, std::int64_t height) {
    Network result = network;
    for (Value &input : result.inputs) {
        if (!is_image(input))
            continue;
        fix_dim(input, input.dims[batch_axis], 1, "batch size");
        fix_dim(input, input.dims[height_axis], height, "height");
        fix_dim(input, input.dims[width_axis], width, "width");
    }
    for (Value &output : result.outputs)
        for (Dim &dim : output.dims)
            dim.symbol.clear();
    return result;
}

Network free_shape(const Network &network) {
    Network result = network;
    for (Value &input : result.inputs) {
        if (!is_image(input))
            continue;
        input.dims[batch_axis] = {1, {}};
        input.dims[height_axis] = {};
        input.dims[width_axis] = {};
    }
    for (Value &output : result.outputs) {
        for (Dim &dim : output.dims)
            dim.symbol.clear();
        if (is_image(output)) {
            output.dims[height_axis] = {};
            output.dims[width_axis] = {};
        }
    }
    return result;
}

} // namespace vsmlrt::model
