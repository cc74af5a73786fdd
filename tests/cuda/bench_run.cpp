#include "cuda/bench_run.h"

#include "base/error.h"
#include "base/file.h"
#include "cuda/bench_networks.h"
#include "cuda/older_card.h"
#include "model/edit.h"
#include "model/onnx.h"
#include "networks/builder.h"
#include "tensor/half.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>

namespace vsmlrt::test {
namespace {

std::size_t count(const vsmlrt_tensor &tensor) {
    std::size_t elements = 1;
    for (std::int32_t axis = 0; axis < tensor.rank; ++axis)
        elements *= static_cast<std::size_t>(tensor.dims[axis]);
    return elements;
}

// What an interpolator reads in `channel` at (x, y): two smooth pictures with some noise, the second moved;
// the moment; grids and their steps.
float interpolator_value(int channel, int x, int y, std::int64_t width, std::int64_t height, float noise) {
    const auto along = [](int at, std::int64_t count) {
        return 2 * static_cast<float>(at) / static_cast<float>(count - 1) - 1;
    };
    switch (channel) {
    case 6:
        return 0.5F;
    case 7:
        return along(x, width);
    case 8:
        return along(y, height);
    case 9:
    case 10:
        return 2 / static_cast<float>((channel == 9 ? width : height) - 1);
    default:
        const auto at = static_cast<float>(x + (channel < 3 ? 0 : 3));
        const auto phase = static_cast<float>(channel % 3);
        return 0.5F + 0.3F * std::sin(at / 17 + phase) * std::cos(static_cast<float>(y) / 23 - phase) +
               0.05F * noise;
    }
}

} // namespace

cuda::Device bench_device(const BenchArguments &arguments) {
    cuda::Device device = cuda::list_devices().front();
    if (arguments.kernels == "mma")
        return as_older_card(std::move(device));
    if (arguments.kernels == "geforce")
        return as_geforce(std::move(device));
    if (arguments.kernels != "auto" && arguments.kernels != "plain")
        throw BadArgument("--kernels is \"", arguments.kernels,
                          "\"; accepted are auto, mma, geforce and plain");
    return device;
}

std::vector<std::byte> bench_onnx(const BenchArguments &arguments, const std::string &name) {
    model::Network network = bench_network(name);
    if (network.nodes.empty())
        network = model::read_onnx(read_file(name));
    // Grids are coordinates, which halves do not hold.
    const std::optional<Element> inputs = name == "rife_grids" ? std::nullopt : std::optional(Element::f16);
    if (arguments.precision == "fp16")
        network = model::set_io_type(model::to_half(network), inputs, Element::f16);
    return model::write_onnx(network);
}

vsmlrt_program_desc bench_description(const BenchArguments &arguments, const std::vector<std::byte> &onnx) {
    static std::vector<vsmlrt_option> options;
    options.clear();
    if (arguments.kernels == "plain")
        options.push_back({"kernels", "plain"});
    else if (arguments.accumulate == "fp16")
        options.push_back({"accumulate", "fp16"});
    vsmlrt_program_desc desc = {};
    desc.network = onnx.data();
    desc.network_size = onnx.size();
    desc.shared_folder = arguments.keep.empty() ? nullptr : arguments.keep.c_str();
    if (arguments.precision == "bf16")
        desc.precision = VSMLRT_PRECISION_BF16;
    else if (arguments.precision == "fp16")
        desc.precision = VSMLRT_PRECISION_FP16;
    else if (arguments.precision == "fp32")
        desc.precision = VSMLRT_PRECISION_FP32;
    else if (arguments.precision == "tf32")
        desc.precision = VSMLRT_PRECISION_TF32;
    else
        throw BadArgument("--precision is \"", arguments.precision,
                          "\"; accepted are fp16, bf16, tf32 and fp32");
    desc.min_extent = desc.opt_extent = desc.max_extent = arguments.size;
    if (arguments.range) {
        desc.min_extent = arguments.range->smallest;
        desc.opt_extent = arguments.range->best;
        desc.max_extent = arguments.range->largest;
    }
    desc.num_streams = arguments.streams;
    desc.frames_in_flight = arguments.in_flight;
    desc.options = options.data();
    desc.num_options = options.size();
    return desc;
}

void fill_at_random(const std::vector<vsmlrt_tensor> &inputs) {
    Random random(7);
    for (const vsmlrt_tensor &input : inputs) {
        const std::int64_t height = input.dims[2];
        const std::int64_t width = input.dims[3];
        const bool interpolates = input.dims[1] >= 7;
        for (std::size_t i = 0; i < count(input); ++i) {
            const auto place = static_cast<std::int64_t>(i);
            const int channel = static_cast<int>(place / (width * height));
            const float noise = random.next();
            const float value = interpolates ? interpolator_value(channel, static_cast<int>(place % width),
                                                                  static_cast<int>(place / width % height),
                                                                  width, height, noise)
                                             : 0.5F + 0.5F * noise;
            const std::uint16_t rounded = float_to_half(value);
            if (input.type == VSMLRT_FLOAT16)
                static_cast<std::uint16_t *>(input.data)[i] = rounded;
            else
                static_cast<float *>(input.data)[i] = channel < 7 ? half_to_float(rounded) : value;
        }
    }
}

std::vector<float> bench_result(const BenchArguments &arguments, const std::string &name,
                                const std::vector<std::byte> &choices) {
    const std::vector<std::byte> onnx = bench_onnx(arguments, name);
    vsmlrt_program_desc desc = bench_description(arguments, onnx);
    if (!choices.empty()) {
        desc.blob = choices.data();
        desc.blob_size = choices.size();
    }
    cuda::Program program(bench_device(arguments), desc);
    cuda::Context context(program);
    std::vector<vsmlrt_tensor> inputs(static_cast<std::size_t>(program.info().num_inputs));
    std::vector<vsmlrt_tensor> outputs(static_cast<std::size_t>(program.info().num_outputs));
    context.bind(arguments.size, inputs.data(), outputs.data());
    fill_at_random(inputs);
    context.run();
    context.run(); // by the graph
    std::vector<float> values(count(outputs[0]));
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = outputs[0].type == VSMLRT_FLOAT16
                        ? half_to_float(static_cast<const std::uint16_t *>(outputs[0].data)[i])
                        : static_cast<const float *>(outputs[0].data)[i];
    return values;
}

double relative_error(const std::vector<float> &given, const std::vector<float> &expected) {
    if (given.size() != expected.size())
        throw InternalError(given.size(), " results instead of ", expected.size());
    double apart = 0;
    double size = 0;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const double error = static_cast<double>(given[i]) - static_cast<double>(expected[i]);
        apart += error * error;
        size += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
    }
    return std::sqrt(apart / size);
}

double signal_to_noise(const std::vector<float> &given, const std::vector<float> &expected) {
    const auto [least, greatest] = std::minmax_element(expected.begin(), expected.end());
    double squares = 0;
    for (std::size_t i = 0; i < given.size(); ++i)
        squares += std::pow(double{given[i]} - double{expected[i]}, 2);
    const double peak = double{*greatest} - double{*least};
    return 10 * std::log10(peak * peak * static_cast<double>(given.size()) / squares);
}

} // namespace vsmlrt::test
