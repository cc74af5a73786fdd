#include "graph/evaluate.h"
#include "graph/pointwise.h"
#include "graph/storage.h"
#include "graph/walk.h"

namespace vsmlrt::graph {
namespace {

using Integer = std::int64_t;

template <typename C, typename T, typename R, typename F>
void map(const ConstView &input, const View &output, const F &function) {
    const T *in = input.as<T>();
    R *out = output.as<R>();
    const Integer total = count(output.dims);
    for (Integer i = 0; i < total; ++i)
        out[i] = store<R>(function(load<C>(in[i])));
}

// y = f(a, b), broadcast to the shape of `output`.
template <typename C, typename T, typename R, typename F>
void zip(const ConstView &a, const ConstView &b, const View &output, F function) {
    const std::array<Shape, 2> strides{broadcast_strides(a.dims, output.dims),
                                       broadcast_strides(b.dims, output.dims)};
    const Integer step_a = last_step(strides[0]);
    const Integer step_b = last_step(strides[1]);
    for_each_row(output.dims, strides, [&](Integer offset, Integer length, const auto &offsets) {
        const T *left = a.as<T>() + offsets[0];
        const T *right = b.as<T>() + offsets[1];
        R *out = output.as<R>() + offset;
        for (Integer i = 0; i < length; ++i)
            out[i] = store<R>(function(load<C>(left[i * step_a]), load<C>(right[i * step_b])));
    });
}

template <typename T>
constexpr bool real_storage = !std::is_integral_v<T>;

} // namespace

void evaluate(const Unary &op, Inputs inputs, Outputs outputs) {
    const UnaryRule &entry = rule(op.kind);
    with_storage(inputs[0].type, [&]<typename T>(T) {
        if constexpr (real_storage<T>) {
            const auto f = [&](double x) { return entry.real(x, op.alpha, op.beta); };
            if (outputs[0].type == Element::boolean)
                map<double, T, std::uint8_t>(inputs[0], outputs[0], f);
            else
                map<double, T, T>(inputs[0], outputs[0], f);
        } else {
            map<Integer, T, T>(inputs[0], outputs[0], entry.integer);
        }
    });
}

void evaluate(const Binary &op, Inputs inputs, Outputs outputs) {
    const BinaryRule &entry = rule(op.kind);
    const auto into = [&]<typename C, typename T>(C, T, auto function) {
        if (entry.gives_boolean)
            zip<C, T, std::uint8_t>(inputs[0], inputs[1], outputs[0], function);
        else
            zip<C, T, T>(inputs[0], inputs[1], outputs[0], function);
    };
    with_storage(inputs[0].type, [&]<typename T>(T stored) {
        if constexpr (real_storage<T>)
            into(double{}, stored, entry.real);
        else
            into(Integer{}, stored, entry.integer);
    });
}

void evaluate(const Clip &, Inputs inputs, Outputs outputs) {
    with_storage(inputs[0].type, [&]<typename T>(T) {
        using C = std::conditional_t<real_storage<T>, double, Integer>;
        using Limits = std::numeric_limits<C>;
        C low = Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
        C high = Limits::has_infinity ? Limits::infinity() : Limits::max();
        if (has(inputs, 1))
            low = load<C>(*inputs[1].as<T>());
        if (has(inputs, 2))
            high = load<C>(*inputs[2].as<T>());
        // The maximum wins where the two cross; NaN stays.
        map<C, T, T>(inputs[0], outputs[0], [&](C x) {
            const C raised = x < low ? low : x;
            return raised > high ? high : raised;
        });
    });
}

void evaluate(const Where &, Inputs inputs, Outputs outputs) {
    const Shape &dims = outputs[0].dims;
    const std::array<Shape, 3> strides{broadcast_strides(inputs[0].dims, dims),
                                       broadcast_strides(inputs[1].dims, dims),
                                       broadcast_strides(inputs[2].dims, dims)};
    with_storage(outputs[0].type, [&]<typename T>(T) {
        for_each_row(dims, strides, [&](Integer offset, Integer length, const auto &offsets) {
            for (Integer i = 0; i < length; ++i) {
                const bool chosen = inputs[0].as<std::uint8_t>()[offsets[0] + i * last_step(strides[0])] != 0;
                outputs[0].as<T>()[offset + i] =
                    chosen ? inputs[1].as<T>()[offsets[1] + i * last_step(strides[1])]
                           : inputs[2].as<T>()[offsets[2] + i * last_step(strides[2])];
            }
        });
    });
}

void evaluate(const Cast &, Inputs inputs, Outputs outputs) {
    with_storage(inputs[0].type, [&]<typename T>(T) {
        with_storage(outputs[0].type, [&]<typename R>(R) {
            using C = std::conditional_t<real_storage<T>, double, Integer>;
            if (outputs[0].type == Element::boolean)
                map<C, T, R>(inputs[0], outputs[0], [](C x) { return static_cast<Integer>(x != 0); });
            else
                map<C, T, R>(inputs[0], outputs[0], [](C x) { return x; });
        });
    });
}

} // namespace vsmlrt::graph
