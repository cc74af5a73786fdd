#include "model/ncnn/activation.h"

#include "model/ncnn/converters.h"

#include <limits>

namespace vsmlrt::model::ncnn {

namespace {

std::string relu(Conversion &c, const std::string &value, float slope) {
    return slope == 0 ? c.emit("Relu", {value}) : c.emit("LeakyRelu", {value}, {{"alpha", slope}});
}

std::string clip(Conversion &c, const std::string &value, float low, float high) {
    return c.emit("Clip", {value, c.scalar("low", low), c.scalar("high", high)});
}

std::string hard_sigmoid(Conversion &c, const std::string &value, float alpha, float beta) {
    return c.emit("HardSigmoid", {value}, {{"alpha", alpha}, {"beta", beta}});
}

std::string hard_swish(Conversion &c, const std::string &value, float alpha, float beta) {
    return c.emit("Mul", {value, hard_sigmoid(c, value, alpha, beta)});
}

std::string mish(Conversion &c, const std::string &value) {
    return c.emit("Mul", {value, c.emit("Tanh", {c.emit("Softplus", {value})})});
}

} // namespace

std::string emit_fused_activation(Conversion &c, std::string value) {
    const auto type = c.parameters.integer(9, 0, 0, 6);
    const auto numbers = c.parameters.reals(10);
    const std::size_t needed = type == 2 ? 1 : type == 3 || type == 6 ? 2 : 0;
    if (numbers.size() < needed)
        throw BadModel("activation ", type, " needs ", needed, " numbers in parameter 10, and has ",
                       numbers.size());
    switch (type) {
    case 1:
        return relu(c, value, 0);
    case 2:
        return relu(c, value, numbers[0]);
    case 3:
        return clip(c, value, numbers[0], numbers[1]);
    case 4:
        return c.emit("Sigmoid", {value});
    case 5:
        return mish(c, value);
    case 6:
        return hard_swish(c, value, numbers[0], numbers[1]);
    default:
        return value;
    }
}

void convert_relu(Conversion &c) {
    c.result_like_input(relu(c, c.input().value, c.parameters.real(0, 0)));
}

void convert_clip(Conversion &c) {
    constexpr auto most = std::numeric_limits<float>::max();
    c.result_like_input(clip(c, c.input().value, c.parameters.real(0, -most), c.parameters.real(1, most)));
}

void convert_sigmoid(Conversion &c) {
    c.result_like_input(c.emit("Sigmoid", {c.input().value}));
}

void convert_tanh(Conversion &c) {
    c.result_like_input(c.emit("Tanh", {c.input().value}));
}

void convert_hard_sigmoid(Conversion &c) {
    c.result_like_input(
        hard_sigmoid(c, c.input().value, c.parameters.real(0, 0.2F), c.parameters.real(1, 0.5F)));
}

void convert_hard_swish(Conversion &c) {
    c.result_like_input(
        hard_swish(c, c.input().value, c.parameters.real(0, 0.2F), c.parameters.real(1, 0.5F)));
}

void convert_mish(Conversion &c) {
    c.result_like_input(mish(c, c.input().value));
}

void convert_swish(Conversion &c) {
    c.result_like_input(c.emit("Mul", {c.input().value, c.emit("Sigmoid", {c.input().value})}));
}

} // namespace vsmlrt::model::ncnn
