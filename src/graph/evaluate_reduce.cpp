#include "graph/evaluate.h"
#include "graph/numbers.h"
#include "graph/storage.h"
#include "graph/walk.h"
#include "graph/wrapping.h"

#include <cmath>

namespace vsmlrt::graph {
namespace {

// A reduction over C: start, one step an element, and what is made of the result over n elements.
template <typename C>
struct Rule {
    C start;
    C (*step)(C sum, C x);
    C (*finish)(C sum, C n);
};

template <typename C>
Rule<C> rule_of(ReduceKind kind) {
    constexpr auto add = [](C sum, C x) { return wrapping_add(sum, x); };
    constexpr auto add_square = [](C sum, C x) { return wrapping_add(sum, wrapping_mul(x, x)); };
    constexpr auto as_is = [](C sum, C) { return sum; };
    using Limits = std::numeric_limits<C>;
    switch (kind) {
    case ReduceKind::sum:
        return {0, add, as_is};
    case ReduceKind::mean:
        return {0, add, [](C sum, C n) { return sum / n; }};
    case ReduceKind::maximum:
        return {Limits::has_infinity ? -Limits::infinity() : Limits::lowest(),
                [](C most, C x) { return x > most || is_nan(x) ? x : most; }, as_is};
    case ReduceKind::minimum:
        return {Limits::has_infinity ? Limits::infinity() : Limits::max(),
                [](C least, C x) { return x < least || is_nan(x) ? x : least; }, as_is};
    case ReduceKind::product:
        return {1, [](C product, C x) { return wrapping_mul(product, x); }, as_is};
    case ReduceKind::l1:
        return {0, [](C sum, C x) { return wrapping_add(sum, x < 0 ? wrapping_sub(C{0}, x) : x); }, as_is};
    case ReduceKind::l2:
        return {0, add_square, [](C sum, C) { return static_cast<C>(std::sqrt(sum)); }};
    case ReduceKind::sum_square:
        return {0, add_square, as_is};
    case ReduceKind::log_sum:
        return {0, add, [](C sum, C) { return static_cast<C>(std::log(sum)); }};
    case ReduceKind::log_sum_exp:
        return {0, [](C sum, C x) { return sum + static_cast<C>(std::exp(x)); },
                [](C sum, C) { return static_cast<C>(std::log(sum)); }};
    }
    throw InternalError("unknown reduction");
}

} // namespace

void evaluate(const Reduce &op, Inputs inputs, Outputs outputs) {
    Shape kept = inputs[0].dims;
    for (const std::size_t axis : op.axes)
        kept[axis] = 1;
    const std::array<Shape, 1> strides{broadcast_strides(kept, inputs[0].dims)};
    with_storage(inputs[0].type, [&]<typename T>(T) {
        using C = std::conditional_t<std::is_integral_v<T>, std::int64_t, double>;
        const Rule<C> rule = rule_of<C>(op.kind);
        std::vector<C> sums(static_cast<std::size_t>(count(kept)), rule.start);
        const std::int64_t step = last_step(strides[0]);
        for_each_row(inputs[0].dims, strides,
                     [&](std::int64_t offset, std::int64_t length, const auto &offsets) {
                         const T *in = inputs[0].as<T>() + offset;
                         C *sum = sums.data() + offsets[0];
                         for (std::int64_t i = 0; i < length; ++i)
                             sum[i * step] = rule.step(sum[i * step], load<C>(in[i]));
                     });
        const std::int64_t each = count(inputs[0].dims) / std::max<std::int64_t>(count(kept), 1);
        for (C &sum : sums)
            sum = rule.finish(sum, static_cast<C>(each));
        narrow<C>(sums, outputs[0]);
    });
}

} // namespace vsmlrt::graph
