#include "model/composer.h"

#include <utility>

namespace vsmlrt::model {

Composer::Composer(const Network &network) : fresh_(network), types_(infer_types(network)), result_(network) {
    result_.nodes.clear();
}

std::string Composer::input(std::size_t index) const {
    return index < node_->inputs.size() ? node_->inputs[index] : std::string();
}

Element Composer::type(const std::string &value) const {
    const auto found = types_.find(value);
    return found == types_.end() ? Element::f32 : found->second;
}

const Tensor *Composer::constant_of(const std::string &value) const {
    const auto found = result_.initializers.find(value);
    return found == result_.initializers.end() ? nullptr : &found->second;
}

std::string Composer::put(const char *op, std::vector<std::string> inputs, Attributes attributes,
                          std::string output) {
    Node made;
    made.name = output;
    made.op = op;
    made.inputs = std::move(inputs);
    made.outputs = {output};
    made.attributes = std::move(attributes);
    result_.nodes.push_back(std::move(made));
    return output;
}

std::string Composer::emit(const char *op, std::vector<std::string> inputs, Attributes attributes) {
    const std::string name = fresh_.make(node_->outputs.at(0) + "_" + op);
    return put(op, std::move(inputs), std::move(attributes), name);
}

void Composer::result(const char *op, std::vector<std::string> inputs, Attributes attributes) {
    put(op, std::move(inputs), std::move(attributes), node_->outputs.at(0));
    if (!node_->name.empty())
        result_.nodes.back().name = node_->name;
}

std::string Composer::add_constant(Tensor tensor) {
    tensor.name = fresh_.make(node_->outputs.at(0) + "_constant");
    std::string name = tensor.name;
    types_[name] = tensor.type;
    result_.initializers.emplace(name, std::move(tensor));
    return name;
}

std::string Composer::integers(const Integers &values) {
    return add_constant(make_tensor({}, {static_cast<std::int64_t>(values.size())}, values));
}

std::string Composer::integer(std::int64_t value) {
    return add_constant(make_tensor({}, {}, std::span(&value, 1)));
}

std::string Composer::real(float value, Element type) {
    return cast(add_constant(make_tensor({}, {}, std::span(&value, 1))), type);
}

std::string Composer::cast(const std::string &value, Element type) {
    if (const auto known = types_.find(value); known != types_.end() && known->second == type)
        return value;
    std::string made = emit("Cast", {value}, {{"to", static_cast<std::int64_t>(type)}});
    types_[made] = type;
    return made;
}

std::string Composer::sizes(const std::string &value, Attributes attributes) {
    std::string made = emit("Shape", {value}, std::move(attributes));
    types_[made] = Element::i64;
    return made;
}

std::string Composer::ones(const std::string &count) {
    const std::int64_t one = 1;
    std::string made =
        emit("ConstantOfShape", {count}, {{"value", make_tensor({}, {1}, std::span(&one, 1))}});
    types_[made] = Element::i64;
    return made;
}

std::string Composer::joined(std::vector<std::string> parts, std::int64_t axis) {
    return emit("Concat", std::move(parts), {{"axis", axis}});
}

std::string Composer::with_axes(const std::string &value, const Integers &axes) {
    if (result_.opset < 13)
        return emit("Unsqueeze", {value}, {{"axes", axes}});
    return emit("Unsqueeze", {value, integers(axes)});
}

std::string Composer::reduced(const char *op, const std::string &value, const Integers &axes) {
    const std::int64_t since = std::string_view(op) == "ReduceSum" ? 13 : 18;
    if (result_.opset < since)
        return emit(op, {value}, {{"axes", axes}, {"keepdims", std::int64_t{1}}});
    return emit(op, {value, integers(axes)}, {{"keepdims", std::int64_t{1}}});
}

} // namespace vsmlrt::model
