#include "model/onnx_sparse.h"

#include "base/checked.h"
#include "model/onnx_format.h"
#include "model/onnx_tensor.h"

#include <protozero/pbf_message.hpp>

#include <cstring>
#include <optional>

namespace vsmlrt::model::onnx {
namespace {

// What a file of some bytes may make of memory.
constexpr std::int64_t most_times = 1024;
constexpr std::int64_t always_accepted = 1 << 16;
constexpr std::size_t most_axes = 64;

struct Sparse {
    Tensor values;
    Tensor indices;
    std::vector<std::int64_t> dims;
};

Sparse read(protozero::data_view view, ExternalData &external) {
    std::optional<Tensor> values;
    std::optional<Tensor> indices;
    std::vector<std::int64_t> dims;
    protozero::pbf_message<SparseField> message(view);
    while (message.next()) {
        switch (message.tag_and_type()) {
        case bytes_of(SparseField::values):
            values = read_tensor(message.get_view(), external);
            break;
        case bytes_of(SparseField::indices):
            indices = read_tensor(message.get_view(), external);
            break;
        case varint_of(SparseField::dims):
            dims.push_back(message.get_int64());
            break;
        case bytes_of(SparseField::dims):
            for (const std::int64_t dim : message.get_packed_int64())
                dims.push_back(dim);
            break;
        default:
            message.skip();
        }
    }
    if (!values || !indices)
        throw BadModel("a sparse tensor lacks its ", values ? "indices" : "values");
    if (dims.size() > most_axes)
        throw BadModel("sparse tensor \"", values->name, "\" has more than ", most_axes, " dimensions");
    return {std::move(*values), std::move(*indices), std::move(dims)};
}

std::int64_t count_of(const Sparse &sparse) {
    std::int64_t bytes = static_cast<std::int64_t>(element_size(sparse.values.type));
    for (const std::int64_t dim : sparse.dims)
        bytes = checked_mul(bytes, dim, "size of a sparse tensor");
    const auto stored = static_cast<std::int64_t>(sparse.values.bytes->size() + sparse.indices.bytes->size());
    if (bytes > always_accepted && bytes / most_times > stored)
        throw BadModel("sparse tensor \"", sparse.values.name, "\" is ", bytes,
                       " bytes when its zeros are written out, more than ", most_times,
                       " times what the file has of it");
    return bytes / static_cast<std::int64_t>(element_size(sparse.values.type));
}

// The place of each value in the flat tensor.
std::vector<std::int64_t> places_of(const Sparse &sparse, std::int64_t count) {
    const std::int64_t values = sparse.values.count();
    const Tensor &indices = sparse.indices;
    const auto rank = static_cast<std::int64_t>(sparse.dims.size());
    const bool is_flat = indices.dims == std::vector{values};
    if (indices.type != Element::i64 || (!is_flat && indices.dims != std::vector{values, rank}))
        throw BadModel("the indices of sparse tensor \"", sparse.values.name,
                       "\" are not one int64 a value, or one for each axis");
    const auto given = indices.as<std::int64_t>();
    const auto inside = [&](std::int64_t index, std::int64_t size) {
        if (index < 0 || index >= size)
            throw BadModel("index ", index, " of sparse tensor \"", sparse.values.name, "\" is outside of ",
                           size);
        return index;
    };
    std::vector<std::int64_t> places;
    for (std::int64_t i = 0; i < values; ++i) {
        if (is_flat) {
            places.push_back(inside(given[static_cast<std::size_t>(i)], count));
            continue;
        }
        std::int64_t place = 0;
        for (std::int64_t axis = 0; axis < rank; ++axis) {
            const std::int64_t size = sparse.dims[static_cast<std::size_t>(axis)];
            place = place * size + inside(given[static_cast<std::size_t>(i * rank + axis)], size);
        }
        places.push_back(place);
    }
    return places;
}

} // namespace

Tensor read_sparse_tensor(protozero::data_view message, ExternalData &external) {
    const Sparse sparse = read(message, external);
    const std::int64_t count = count_of(sparse);
    const std::size_t size = element_size(sparse.values.type);
    std::vector<std::byte> bytes(static_cast<std::size_t>(count) * size);
    const std::byte *value = sparse.values.bytes->data();
    for (const std::int64_t place : places_of(sparse, count)) {
        std::memcpy(bytes.data() + static_cast<std::size_t>(place) * size, value, size);
        value += size;
    }
    return {sparse.values.name, sparse.values.type, sparse.dims,
            std::make_shared<const std::vector<std::byte>>(std::move(bytes))};
}

} // namespace vsmlrt::model::onnx
