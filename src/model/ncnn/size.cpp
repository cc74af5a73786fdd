// ncnn layers take sizes that ONNX has no attribute for. As expressions of the picture's height
// and width they can be compared at trial sizes, where numbers would hold for one picture only.
#include "model/ncnn/size.h"

#include "base/error.h"

#include <algorithm>
#include <cmath>

namespace vsmlrt::model::ncnn {

namespace {

constexpr std::uint8_t on_height = 1;
constexpr std::uint8_t on_width = 2;

std::int64_t floor_divide(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

std::optional<std::int64_t> scaled(std::int64_t a, float factor) {
    const float product = static_cast<float>(a) * factor;
    if (!(std::abs(product) < 1e9F))
        return std::nullopt;
    return static_cast<std::int64_t>(product);
}

} // namespace

Sizes::Sizes() {
    expressions_.push_back({Op::picture, 0, 0, 0, on_height});
    expressions_.push_back({Op::picture, 0, 0, 0, on_width});
    values_.resize(2);
}

SymbolicSize Sizes::make(Expression expression) {
    if (expression.op != Op::unknown) {
        const auto key = std::tuple{expression.op, expression.a, expression.b, expression.factor};
        const SymbolicSize next{static_cast<std::uint32_t>(expressions_.size())};
        const auto [found, added] = made_.try_emplace(key, next);
        if (!added)
            return found->second;
    }
    values_.push_back(evaluate(expression, values_));
    expressions_.push_back(expression);
    return {static_cast<std::uint32_t>(expressions_.size() - 1)};
}

std::optional<std::int64_t> Sizes::evaluate(const Expression &e,
                                            const std::vector<std::optional<std::int64_t>> &known) const {
    if (e.op == Op::constant)
        return e.b;
    if (e.op == Op::picture || e.op == Op::unknown || !known[e.a])
        return std::nullopt;
    const std::int64_t a = *known[e.a];
    std::int64_t result = 0;
    switch (e.op) {
    case Op::minimum:
        return std::min(a, e.b);
    case Op::scale:
        return scaled(a, e.factor);
    default:
        break;
    }
    const auto b = known[static_cast<std::size_t>(e.b)];
    if (e.op == Op::divide)
        return b && *b > 0 ? std::optional(floor_divide(a, *b)) : std::nullopt;
    if (!b ||
        (e.op == Op::add ? __builtin_add_overflow(a, *b, &result) : __builtin_mul_overflow(a, *b, &result)))
        return std::nullopt;
    return result;
}

SymbolicSize Sizes::constant(std::int64_t value) {
    return make({Op::constant, 0, value, 0, 0});
}

SymbolicSize Sizes::unknown() {
    return make({Op::unknown, 0, 0, 0, 0});
}

SymbolicSize Sizes::add(SymbolicSize a, SymbolicSize b) {
    if (value(b) == 0)
        return a;
    const auto depends = static_cast<std::uint8_t>(expressions_[a.id].depends | expressions_[b.id].depends);
    const auto sum = make({Op::add, a.id, b.id, 0, depends});
    if (value(a) && value(b) && !value(sum))
        throw BadModel("the sum of ", *value(a), " and ", *value(b), " is not a size that memory can hold");
    return sum;
}

SymbolicSize Sizes::multiply(SymbolicSize a, SymbolicSize b) {
    if (value(b) == 1)
        return a;
    const auto depends = static_cast<std::uint8_t>(expressions_[a.id].depends | expressions_[b.id].depends);
    const auto product = make({Op::multiply, a.id, b.id, 0, depends});
    if (value(a) && value(b) && !value(product))
        throw BadModel(*value(a), " x ", *value(b), " is not a size that memory can hold");
    return product;
}

SymbolicSize Sizes::divide(SymbolicSize a, SymbolicSize b) {
    if (value(b) == 1)
        return a;
    const auto depends = static_cast<std::uint8_t>(expressions_[a.id].depends | expressions_[b.id].depends);
    return make({Op::divide, a.id, b.id, 0, depends});
}

SymbolicSize Sizes::minimum(SymbolicSize a, std::int64_t b) {
    return make({Op::minimum, a.id, b, 0, expressions_[a.id].depends});
}

SymbolicSize Sizes::scale(SymbolicSize a, float factor) {
    const auto result = make({Op::scale, a.id, 0, factor, expressions_[a.id].depends});
    if (value(a) && !value(result))
        throw BadModel(*value(a), " x ", factor, " is not a size that memory can hold");
    return result;
}

std::optional<std::int64_t> Sizes::value(SymbolicSize size) const {
    return values_[size.id];
}

void Sizes::must_equal(SymbolicSize a, SymbolicSize b, const char *what) {
    if (a == b)
        return;
    const auto known_a = value(a);
    const auto known_b = value(b);
    if (known_a && known_b) {
        if (*known_a != *known_b)
            throw BadModel(what, ": ", *known_a, " and ", *known_b, " differ");
        return;
    }
    if (known_b && expressions_[a.id].op == Op::unknown)
        values_[a.id] = known_b;
    else if (known_a && expressions_[b.id].op == Op::unknown)
        values_[b.id] = known_a;
    else
        equal_.emplace_back(a, b);
}

Sizes::Trial Sizes::at(std::int64_t height, std::int64_t width) const {
    Trial trial(*this);
    trial.values_ = values_;
    trial.values_[this->height().id] = height;
    trial.values_[this->width().id] = width;
    for (std::size_t i = 2; i < expressions_.size(); ++i)
        if (!trial.values_[i])
            trial.values_[i] = evaluate(expressions_[i], trial.values_);
    return trial;
}

bool Sizes::Trial::works(Axis axis) const {
    const auto bit = axis == Axis::height ? on_height : on_width;
    const auto &all = sizes_->expressions_;
    const auto equal = std::ranges::all_of(sizes_->equal_, [&](const auto &pair) {
        const bool counts = (all[pair.first.id].depends | all[pair.second.id].depends) == bit;
        return !counts || (values_[pair.first.id] && values_[pair.first.id] == values_[pair.second.id]);
    });
    if (!equal)
        return false;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (all[i].op == Op::scale && all[i].depends == bit) {
            const auto from = values_[all[i].a];
            if (!from || !values_[i] ||
                static_cast<float>(*from) * all[i].factor != static_cast<float>(*values_[i]))
                return false;
        }
    return true;
}

} // namespace vsmlrt::model::ncnn
