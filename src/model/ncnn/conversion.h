// One layer on its way into the ONNX network: what a converter reads, and where it puts its result.
#pragma once

#include "model/ncnn/graph.h"
#include "model/ncnn/param.h"
#include "model/ncnn/weights.h"

#include "base/error.h"

#include <optional>

namespace vsmlrt::model::ncnn {

class Conversion {
public:
    Conversion(const Layer &layer, std::vector<Blob> inputs, Graph &to, WeightReader &from);

    Graph &graph;
    Sizes &sizes;
    WeightReader &weights;
    const Parameters &parameters;

    [[nodiscard]] const std::string &output_name() const { return layer_.outputs.front(); }
    [[nodiscard]] const std::vector<Blob> &inputs() const { return inputs_; }
    [[nodiscard]] const Blob &input(std::size_t index = 0) const { return inputs_[index]; }
    // The input, if it is a picture; BadModel otherwise.
    [[nodiscard]] const Blob &picture(std::size_t index = 0) const;
    // The number of channels (the outermost axis) of an input; BadModel where the file leaves it open.
    [[nodiscard]] std::int64_t channels(std::size_t index = 0) const;
    // BadModel if the outermost axis of an input is known not to be `count`; where it is not known, now it
    // is.
    void expect_channels(std::int64_t count, std::size_t index = 0);
    // The size of an axis of an input; BadModel naming it where it depends on the picture.
    [[nodiscard]] std::int64_t fixed(SymbolicSize size, const char *what) const;

    // Adds a node or a constant named after the layer.
    std::string emit(const char *op, std::vector<std::string> inputs, Attributes attributes = {}) {
        return graph.emit(layer_.name, op, std::move(inputs), std::move(attributes));
    }
    std::string constant(const char *role, std::vector<std::int64_t> dims, std::span<const float> values) {
        return graph.constant(layer_.name + "/" + role, std::move(dims), values);
    }
    std::string scalar(const char *role, float value) { return constant(role, {}, {&value, 1}); }
    // One value for each of `count` channels.
    std::string per_channel(const char *role, std::span<const float> values) {
        return constant(role, {1, static_cast<std::int64_t>(values.size()), 1, 1}, values);
    }
    std::string integer(const char *role, std::int64_t value) {
        return graph.constant(layer_.name + "/" + role, value);
    }
    std::string integers(const char *role, std::initializer_list<std::int64_t> values) {
        return integers(role, std::span(values.begin(), values.size()));
    }
    std::string integers(const char *role, std::span<const std::int64_t> values) {
        return graph.constant(layer_.name + "/" + role, values);
    }

    // As emit, with several outputs.
    std::vector<std::string> emit_many(const char *op, std::vector<std::string> inputs, std::size_t count,
                                       Attributes attributes = {}) {
        return graph.emit_many(layer_.name, op, std::move(inputs), count, std::move(attributes));
    }

    // The layer's result; for layers with several outputs, all of them are this.
    void result(std::string value, Shape shape) { results_ = {Blob{std::move(value), std::move(shape)}}; }
    void result_like_input(std::string value) { result(std::move(value), input().shape); }
    // The next of a layer's outputs, where these differ.
    void add_result(std::string value, Shape shape) {
        results_.push_back({std::move(value), std::move(shape)});
    }
    [[nodiscard]] std::size_t output_count() const { return layer_.outputs.size(); }
    [[nodiscard]] const Blob &result(std::size_t index = 0) const;

private:
    const Layer &layer_;
    std::vector<Blob> inputs_;
    std::vector<Blob> results_;
};

} // namespace vsmlrt::model::ncnn
