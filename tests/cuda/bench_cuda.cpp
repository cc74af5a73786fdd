// bench_cuda NETWORK|FAMILY... --size WxH [--precision fp16] [--layers] [--check]: frames a second on the
// device (tensors resident) and from host to host, the time to the first frame, and each launch's time. A
// family is a network of its real sizes with random weights: animevideov3 upconv_7 cugan dpir.
#include "backends/cuda/context.h"
#include "base/error.h"
#include "base/file.h"
#include "cuda/bench_networks.h"
#include "model/edit.h"
#include "model/onnx.h"
#include "networks/builder.h"
#include "tensor/half.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <iostream>

namespace {

using namespace vsmlrt;
using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

struct Arguments {
    std::vector<std::string> networks;
    vsmlrt_extent size = {1920, 1080};
    std::string precision = "fp16";
    bool layers = false;
    bool check = false;
};

Arguments parse(int count, char **values) {
    Arguments arguments;
    for (int i = 1; i < count; ++i) {
        const std::string word = values[i];
        if (word == "--size" && i + 1 < count)
            std::sscanf(values[++i], "%dx%d", &arguments.size.width, &arguments.size.height);
        else if (word == "--precision" && i + 1 < count)
            arguments.precision = values[++i];
        else if (word == "--layers")
            arguments.layers = true;
        else if (word == "--check")
            arguments.check = true;
        else
            arguments.networks.push_back(word);
    }
    return arguments;
}

void report_layers(cuda::Context &context) {
    const auto names = context.launch_names();
    for (std::size_t i = 0; i < names.size(); ++i)
        std::printf("  %8.1f us  %-24s %s\n", context.time_launches(i, i + 1, 10) * 1000,
                    names[i].kernel.c_str(), names[i].label.c_str());
}

std::vector<std::byte> onnx_of(const Arguments &arguments, const std::string &name) {
    model::Network network = test::bench_network(name);
    if (network.nodes.empty())
        network = model::read_onnx(read_file(name));
    if (arguments.precision == "fp16")
        network = model::set_io_type(model::to_half(network), Element::f16, Element::f16);
    return model::write_onnx(network);
}

vsmlrt_program_desc describe(const Arguments &arguments, const std::vector<std::byte> &onnx) {
    vsmlrt_program_desc desc = {};
    desc.network = onnx.data();
    desc.network_size = onnx.size();
    desc.precision = arguments.precision == "bf16"   ? VSMLRT_PRECISION_BF16
                     : arguments.precision == "fp16" ? VSMLRT_PRECISION_FP16
                                                     : VSMLRT_PRECISION_FP32;
    desc.min_extent = desc.opt_extent = desc.max_extent = arguments.size;
    desc.num_streams = 1;
    return desc;
}

std::size_t count(const vsmlrt_tensor &tensor) {
    std::size_t elements = 1;
    for (std::int32_t axis = 0; axis < tensor.rank; ++axis)
        elements *= static_cast<std::size_t>(tensor.dims[axis]);
    return elements;
}

// Random pictures: what is the same everywhere takes less power, and is computed faster.
void fill(const std::vector<vsmlrt_tensor> &inputs) {
    test::Random random(7);
    for (const vsmlrt_tensor &input : inputs)
        for (std::size_t i = 0; i < count(input); ++i) {
            const float value = 0.5F + 0.5F * random.next();
            if (input.type == VSMLRT_FLOAT16)
                static_cast<std::uint16_t *>(input.data)[i] = float_to_half(value);
            else
                static_cast<float *>(input.data)[i] = value;
        }
}

// The network's first result for inputs that follow from a seed.
std::vector<float> result_of(const Arguments &arguments, const std::vector<std::byte> &onnx, bool plain) {
    vsmlrt_program_desc desc = describe(arguments, onnx);
    const vsmlrt_option option = {"kernels", plain ? "plain" : "auto"};
    desc.options = &option;
    desc.num_options = 1;
    cuda::Program program(cuda::list_devices().front(), desc);
    cuda::Context context(program);
    std::vector<vsmlrt_tensor> inputs(static_cast<std::size_t>(program.info().num_inputs));
    std::vector<vsmlrt_tensor> outputs(static_cast<std::size_t>(program.info().num_outputs));
    context.bind(arguments.size, inputs.data(), outputs.data());
    fill(inputs);
    context.run();
    context.run(); // by the graph
    std::vector<float> values(count(outputs[0]));
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = outputs[0].type == VSMLRT_FLOAT16
                        ? half_to_float(static_cast<const std::uint16_t *>(outputs[0].data)[i])
                        : static_cast<const float *>(outputs[0].data)[i];
    return values;
}

void check(const Arguments &arguments, const std::string &name) {
    const std::vector<std::byte> onnx = onnx_of(arguments, name);
    const std::vector<float> given = result_of(arguments, onnx, false);
    const std::vector<float> expected = result_of(arguments, onnx, true);
    double apart = 0;
    double size = 0;
    for (std::size_t i = 0; i < given.size(); ++i) {
        const double error = static_cast<double>(given[i]) - static_cast<double>(expected[i]);
        apart += error * error;
        size += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
    }
    const double relative = std::sqrt(apart / size);
    std::printf("%s %s %dx%d: relative error to the plain kernels %.2e%s\n", name.c_str(),
                arguments.precision.c_str(), arguments.size.width, arguments.size.height, relative,
                relative <= 2e-3 ? "" : "  WRONG");
    std::fflush(stdout);
    if (!(relative <= 2e-3))
        throw InternalError("the kernels differ");
}

void bench(const Arguments &arguments, const std::string &name) {
    const std::vector<std::byte> onnx = onnx_of(arguments, name);
    const vsmlrt_program_desc desc = describe(arguments, onnx);
    const Clock::time_point begin = Clock::now();
    cuda::Program program(cuda::list_devices().front(), desc);
    cuda::Context context(program);
    std::vector<vsmlrt_tensor> inputs(static_cast<std::size_t>(program.info().num_inputs));
    std::vector<vsmlrt_tensor> outputs(static_cast<std::size_t>(program.info().num_outputs));
    context.bind(arguments.size, inputs.data(), outputs.data());
    fill(inputs);
    context.run();
    const double first = milliseconds_since(begin);
    context.run();
    std::vector<double> device;
    std::vector<double> host;
    for (int i = 0; i < 7; ++i)
        device.push_back(context.time_launches(0, context.launch_names().size(), 5));
    for (int i = 0; i < 9; ++i) {
        const Clock::time_point start = Clock::now();
        context.run();
        host.push_back(milliseconds_since(start));
    }
    std::sort(device.begin(), device.end());
    std::sort(host.begin(), host.end());
    std::printf("%s %s %dx%d: device %.3f ms (%.1f fps, %.3f to %.3f), host to host %.3f ms, first frame "
                "%.0f ms, %zu "
                "launches, context %lld MiB\n",
                name.c_str(), arguments.precision.c_str(), arguments.size.width, arguments.size.height,
                device[3], 1000 / device[3], device.front(), device.back(), host[4], first,
                context.launch_names().size(), static_cast<long long>(program.info().context_bytes >> 20));
    if (arguments.layers)
        report_layers(context);
    std::fflush(stdout);
}

} // namespace

int main(int count, char **values) {
    const Arguments arguments = parse(count, values);
    int failures = 0;
    for (const std::string &name : arguments.networks)
        try {
            arguments.check ? check(arguments, name) : bench(arguments, name);
        } catch (const std::exception &failure) {
            std::cerr << name << ": " << failure.what() << "\n";
            ++failures;
        }
    return failures;
}
