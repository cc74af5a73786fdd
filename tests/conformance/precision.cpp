#include "conformance/precision.h"

#include "engine/backend.h"
#include "interpreter/interpreter.h"
#include "model/edit.h"
#include "model/onnx.h"
#include "networks/families.h"
#include "tensor/half.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace vsmlrt::test {
namespace {

int significant_bits(vsmlrt_precision precision) {
    switch (precision) {
    case VSMLRT_PRECISION_FP16:
    case VSMLRT_PRECISION_TF32:
        return 11;
    case VSMLRT_PRECISION_BF16:
        return 8;
    default:
        return 24;
    }
}

int smallest_exponent(vsmlrt_precision precision) {
    return precision == VSMLRT_PRECISION_FP16 ? -14 : -126;
}

std::vector<std::byte> bytes_of(const std::vector<float> &values, Element type) {
    std::vector<std::byte> bytes(values.size() * element_size(type));
    if (type == Element::f16)
        std::transform(values.begin(), values.end(), reinterpret_cast<std::uint16_t *>(bytes.data()),
                       float_to_half);
    else
        std::copy(values.begin(), values.end(), reinterpret_cast<float *>(bytes.data()));
    return bytes;
}

std::vector<float> values_of(const std::vector<std::byte> &bytes, Element type) {
    std::vector<float> values(bytes.size() / element_size(type));
    const auto *const halves = reinterpret_cast<const std::uint16_t *>(bytes.data());
    if (type == Element::f16)
        std::transform(halves, halves + values.size(), values.begin(), half_to_float);
    else
        std::copy_n(reinterpret_cast<const float *>(bytes.data()), values.size(), values.begin());
    return values;
}

} // namespace

double unit_roundoff(vsmlrt_precision precision) {
    return std::ldexp(1.0, -significant_bits(precision));
}

std::function<float(float)> stochastic_rounding(vsmlrt_precision precision, std::uint64_t seed) {
    const int bits = significant_bits(precision);
    // Below the smallest normal number the type's numbers are as far apart as at it; above, they are the
    // floats whose last bits are zero.
    const double smallest = std::ldexp(1.0, smallest_exponent(precision));
    const double step = std::ldexp(smallest, 1 - bits);
    const std::uint32_t last_bits = (std::uint32_t{1} << (24 - bits)) - 1;
    return [=, random = Random(seed)](float value) mutable {
        if (!std::isfinite(value))
            return value;
        if (std::abs(value) < smallest) {
            const double below = std::floor(value / step) * step;
            return below == value ? value : static_cast<float>(random.next() < 0 ? below : below + step);
        }
        const auto exact = std::bit_cast<std::uint32_t>(value);
        if ((exact & last_bits) == 0)
            return value;
        const bool is_below = random.next() < 0;
        const std::uint32_t towards_zero = exact & ~last_bits;
        return std::bit_cast<float>(is_below == (value < 0) ? towards_zero + last_bits + 1 : towards_zero);
    };
}

std::vector<std::byte> given_to_backends(const model::Network &network, vsmlrt_precision precision) {
    const model::Network spelt = model::spell_out(network);
    return model::write_onnx(precision == VSMLRT_PRECISION_FP16 ? model::to_half(spelt) : spelt);
}

std::string why_not(const vsmlrt_backend &backend, vsmlrt_precision precision) {
    ProgramOptions options;
    options.precision = precision;
    const std::string wanted = engine::precision_name(precision);
    try {
        const Program program(backend, given_to_backends(srvgg(8, 3), precision), options);
        const vsmlrt_precision used = program.info().precision;
        return used == precision ? std::string()
                                 : text("this device computes in ", engine::precision_name(used),
                                        " when asked for ", wanted);
    } catch (const Error &refused) {
        return text("this device refuses ", wanted, ": ", refused.what());
    }
}

Fill seeded(std::uint64_t seed) {
    return [seed](std::size_t i, std::int64_t count) { return Random(seed + i).list(count); };
}

Fill seeded_coarse(std::uint64_t seed) {
    return [seed](std::size_t i, std::int64_t count) {
        std::vector<float> values = Random(seed + i).list(count);
        for (float &value : values)
            value = std::round(value * 64) / 64;
        return values;
    };
}

std::vector<Values> interpreted(const graph::Graph &graph, vsmlrt_extent extent, const Fill &fill,
                                const std::function<float(float)> &rounding) {
    std::vector<graph::Shape> shapes;
    for (const graph::Input &input : graph.inputs)
        shapes.push_back({1, *input.dims[1].size, extent.height, extent.width});
    interpreter::Interpreter interpreter(graph, shapes, rounding);
    std::vector<std::vector<std::byte>> inputs;
    std::vector<const std::byte *> in;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        const Element type = graph.values[static_cast<std::size_t>(graph.inputs[i].value)].type;
        inputs.push_back(bytes_of(fill(i, graph::count(shapes[i])), type));
        in.push_back(inputs.back().data());
    }
    std::vector<std::vector<std::byte>> outputs;
    std::vector<std::byte *> out;
    for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
        const graph::View output = interpreter.output(i);
        outputs.emplace_back(static_cast<std::size_t>(graph::count(output.dims)) * element_size(output.type));
        out.push_back(outputs.back().data());
    }
    interpreter.run(in, out);
    std::vector<Values> results;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
        const graph::View output = interpreter.output(i);
        results.push_back({output.dims, values_of(outputs[i], output.type)});
    }
    return results;
}

Expected expected_of(const graph::Graph &graph, vsmlrt_extent extent, const Fill &fill,
                     vsmlrt_precision precision, double tolerance_in_fp32) {
    constexpr std::uint64_t runs = 4;
    Expected expected{interpreted(graph, extent, fill), 0, tolerance_in_fp32, 0};
    if (precision == VSMLRT_PRECISION_FP32)
        return expected;
    for (std::uint64_t seed = 1; seed <= runs; ++seed) {
        const auto rounded = interpreted(graph, extent, fill, stochastic_rounding(precision, seed));
        expected.spread = std::max(expected.spread, difference(rounded, expected.values));
    }
    expected.least = unit_roundoff(precision) / 8;
    expected.tolerance += 2 * unit_roundoff(precision) + 2 * expected.spread;
    return expected;
}

} // namespace vsmlrt::test
