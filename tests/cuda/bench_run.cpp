#include "cuda/bench_run.h"

#include "base/error.h"
#include "base/file.h"
#include "cuda/bench_networks.h"
#include "model/edit.h"
#include "model/onnx.h"
#include "networks/builder.h"
#include "tensor/half.h"

#include <cmath>
#include <cstring>

namespace vsmlrt::test {
namespace {

std::size_t count(const vsmlrt_tensor &tensor) {
    std::size_t elements = 1;
    for (std::int32_t axis = 0; axis < tensor.rank; ++axis)
        elements *= static_cast<std::size_t>(tensor.dims[axis]);
    return elements;
}

} // namespace

cuda::Device bench_device(const BenchArguments &arguments) {
    cuda::Device device = cuda::list_devices().front();
    if (arguments.kernels == "mma") {
        constexpr int oldest = 80;
        constexpr int least_shared = 99 << 10;
        device.id += " mma"; // its choices are not the GPU's
        device.facts.architecture = oldest;
        device.facts.shared_bytes_per_block = least_shared;
    } else if (arguments.kernels != "auto" && arguments.kernels != "plain") {
        throw BadArgument("--kernels is \"", arguments.kernels, "\"; accepted are auto, mma and plain");
    }
    return device;
}

std::vector<std::byte> bench_onnx(const BenchArguments &arguments, const std::string &name) {
    model::Network network = bench_network(name);
    if (network.nodes.empty())
        network = model::read_onnx(read_file(name));
    if (arguments.precision == "fp16")
        network = model::set_io_type(model::to_half(network), Element::f16, Element::f16);
    return model::write_onnx(network);
}

vsmlrt_program_desc bench_description(const BenchArguments &arguments, const std::vector<std::byte> &onnx) {
    static const vsmlrt_option plain = {"kernels", "plain"};
    vsmlrt_program_desc desc = {};
    desc.network = onnx.data();
    desc.network_size = onnx.size();
    if (arguments.precision == "bf16")
        desc.precision = VSMLRT_PRECISION_BF16;
    else if (arguments.precision == "fp16")
        desc.precision = VSMLRT_PRECISION_FP16;
    else if (arguments.precision == "fp32")
        desc.precision = VSMLRT_PRECISION_FP32;
    else
        throw BadArgument("--precision is \"", arguments.precision, "\"; accepted are fp16, bf16 and fp32");
    desc.min_extent = desc.opt_extent = desc.max_extent = arguments.size;
    desc.num_streams = 1;
    desc.options = &plain;
    desc.num_options = arguments.kernels == "plain" ? 1 : 0;
    return desc;
}

void fill_at_random(const std::vector<vsmlrt_tensor> &inputs) {
    Random random(7);
    for (const vsmlrt_tensor &input : inputs)
        for (std::size_t i = 0; i < count(input); ++i) {
            const std::uint16_t value = float_to_half(0.5F + 0.5F * random.next());
            if (input.type == VSMLRT_FLOAT16)
                static_cast<std::uint16_t *>(input.data)[i] = value;
            else
                static_cast<float *>(input.data)[i] = half_to_float(value);
        }
}

std::vector<float> bench_result(const BenchArguments &arguments, const std::string &name) {
    const std::vector<std::byte> onnx = bench_onnx(arguments, name);
    cuda::Program program(bench_device(arguments), bench_description(arguments, onnx));
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

} // namespace vsmlrt::test
