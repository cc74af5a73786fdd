// AbsVal, BNLL, Erf, ELU, SELU, CELU, GELU, Exp, Log, Power, Threshold, Shrink, Bias: one value in, one out.
#include "model/ncnn/converters.h"

#include <cmath>
#include <numbers>

namespace vsmlrt::model::ncnn {

namespace {

// shift + scale x, as Exp, Log and Power state it.
std::string shifted(Conversion &c) {
    const float scale = c.parameters.real(1, 1);
    const float shift = c.parameters.real(2, 0);
    std::string value = c.input().value;
    if (scale != 1)
        value = c.emit("Mul", {value, c.scalar("scale", scale)});
    return shift == 0 ? value : c.emit("Add", {value, c.scalar("shift", shift)});
}

// Natural where the file gives no base, or -1 for it.
std::optional<float> base_of(Conversion &c) {
    const float base = c.parameters.real(0, -1);
    if (base == -1)
        return std::nullopt;
    if (!(base > 0))
        throw BadModel("parameter 0 is ", base, ", and a base must be above 0");
    return base;
}

} // namespace

void convert_absval(Conversion &c) {
    c.result_like_input(c.emit("Abs", {c.input().value}));
}

void convert_bnll(Conversion &c) {
    c.result_like_input(c.emit("Softplus", {c.input().value}));
}

void convert_erf(Conversion &c) {
    c.result_like_input(c.emit("Erf", {c.input().value}));
}

void convert_elu(Conversion &c) {
    c.result_like_input(c.emit("Elu", {c.input().value}, {{"alpha", c.parameters.real(0, 0.1F)}}));
}

void convert_selu(Conversion &c) {
    const float alpha = c.parameters.real(0, 1.67326324F);
    const float lambda = c.parameters.real(1, 1.050700987F);
    c.result_like_input(c.emit("Selu", {c.input().value}, {{"alpha", alpha}, {"gamma", lambda}}));
}

void convert_celu(Conversion &c) {
    c.result_like_input(c.emit("Celu", {c.input().value}, {{"alpha", c.parameters.real(0, 1)}}));
}

// The fast form stands for erf by tanh (Hendrycks and Gimpel 2016).
void convert_gelu(Conversion &c) {
    const auto &x = c.input().value;
    std::string part;
    if (c.parameters.integer(0, 0) != 0) {
        const auto cube = c.emit("Mul", {c.emit("Mul", {x, x}), x});
        const auto sum = c.emit("Add", {x, c.emit("Mul", {cube, c.scalar("cubic", 0.044715F)})});
        part = c.emit("Tanh", {c.emit("Mul", {sum, c.scalar("sqrt_2_over_pi", 0.79788452F)})});
    } else {
        part = c.emit("Erf", {c.emit("Mul", {x, c.scalar("sqrt_half", std::numbers::sqrt2_v<float> / 2)})});
    }
    const auto half = c.emit("Mul", {x, c.scalar("half", 0.5F)});
    c.result_like_input(c.emit("Mul", {half, c.emit("Add", {part, c.scalar("one", 1)})}));
}

void convert_exp(Conversion &c) {
    std::string exponent = shifted(c);
    if (const auto base = base_of(c))
        exponent = c.emit("Mul", {exponent, c.scalar("log_base", std::log(*base))});
    c.result_like_input(c.emit("Exp", {exponent}));
}

void convert_log(Conversion &c) {
    const auto natural = c.emit("Log", {shifted(c)});
    const auto base = base_of(c);
    c.result_like_input(base ? c.emit("Mul", {natural, c.scalar("by_base", 1 / std::log(*base))}) : natural);
}

void convert_power(Conversion &c) {
    const float power = c.parameters.real(0, 1);
    const auto base = shifted(c);
    c.result_like_input(power == 1 ? base : c.emit("Pow", {base, c.scalar("power", power)}));
}

void convert_threshold(Conversion &c) {
    const auto above = c.emit("Greater", {c.input().value, c.scalar("threshold", c.parameters.real(0, 0))});
    c.result_like_input(c.emit("Where", {above, c.scalar("one", 1), c.scalar("zero", 0)}));
}

void convert_shrink(Conversion &c) {
    const float bias = c.parameters.real(0, 0);
    const float lambda = c.parameters.real(1, 0.5F);
    const auto &x = c.input().value;
    const auto above = c.emit("Greater", {x, c.scalar("lambda", lambda)});
    const auto below = c.emit("Less", {x, c.scalar("minus_lambda", -lambda)});
    const auto less = c.emit("Sub", {x, c.scalar("bias", bias)});
    const auto more = c.emit("Add", {x, c.scalar("bias", bias)});
    const auto positive = c.emit("Where", {above, less, c.scalar("zero", 0)});
    c.result_like_input(c.emit("Where", {below, more, positive}));
}

void convert_bias(Conversion &c) {
    const auto count = c.parameters.integer(0, 0, 1, largest_count);
    const auto bias = c.weights.raw(count);
    c.expect_channels(count);
    c.result_like_input(c.emit("Add", {c.input().value, c.per_channel("bias", bias)}));
}

// How values are stored is the backend's business; what is computed with int8 is a layer's own.
void convert_cast(Conversion &c) {
    for (const int key : {0, 1})
        if (c.parameters.integer(key, 0, 0, 4) == 3)
            throw BadModel("parameter ", key, ": a cast of int8 is not supported");
    c.result_like_input(c.input().value);
}

} // namespace vsmlrt::model::ncnn
