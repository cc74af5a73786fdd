// trtexec, tensorrt_rtx and migraphx-driver for scripts that have vs-mlrt's own module inside: they run these
// programs by their places next to the plugin, whose function they call, and give the file that comes out to
// core.trt, core.trt_rtx or core.migx. No engine is needed here, so what comes out is the network itself,
// with the precision and the types of its ends that the engine would have had.
#include "base/command_line.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "model/edit.h"
#include "model/load.h"
#include "model/onnx.h"
#include "vs/old_names/stated_precision.h"
#include "vsmlrt/backend.h"

#include <cstdio>
#include <iostream>
#include <optional>

namespace vsmlrt::vs {
namespace {

struct Order {
    std::string network;
    std::string engine;
    const char *precision = "fp32";
    std::optional<Element> inputs;
    std::optional<Element> outputs;
};

// "fp16:chw": of the first of what may be several; "chw": as the network has it.
std::optional<Element> read_format(const std::string &value) {
    const std::size_t end = value.find(':');
    const std::string type = value.substr(0, end);
    if (end == std::string::npos)
        return std::nullopt;
    if (type != "fp16" && type != "fp32")
        throw BadArgument("formats of inputs and outputs must be fp32 or fp16; got \"", value, "\"");
    return type == "fp16" ? Element::f16 : Element::f32;
}

// "--key=value" or "--key value"; what is about the search for an engine says nothing here.
Order read_order(const std::vector<std::string> &arguments) {
    Order order;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::size_t end = arguments[i].find('=');
        const std::string key = arguments[i].substr(0, end);
        const auto value = [&]() -> std::string {
            if (end != std::string::npos)
                return arguments[i].substr(end + 1);
            if (i + 1 == arguments.size())
                throw BadArgument(key, " wants a value behind it");
            return arguments[++i];
        };
        if (key == "--onnx")
            order.network = value();
        else if (key == "--saveEngine" || key == "--output")
            order.engine = value();
        else if (key == "--fp16" || key == "--best")
            order.precision = "fp16";
        else if (key == "--bf16" && std::string_view(order.precision) == "fp32")
            order.precision = "bf16";
        else if (key == "--inputIOFormats")
            order.inputs = read_format(value());
        else if (key == "--outputIOFormats")
            order.outputs = read_format(value());
    }
    if (order.network.empty() || order.engine.empty())
        throw BadArgument("a network (--onnx=FILE) and a file to write (--saveEngine=FILE, or --output FILE) "
                          "are wanted");
    return order;
}

void write_network(const Order &order) {
    model::Network network = model::load_network(path_of(order.network)).network;
    // Before its ends are half: a network that holds float16 is taken to be rewritten already.
    if (std::string_view(order.precision) == "fp16")
        network = model::to_half(network);
    network = model::set_io_type(network, order.inputs, order.outputs);
    network.metadata[stated_precision] = order.precision;
    replace_file(path_of(order.engine), model::write_onnx(network));
}

} // namespace
} // namespace vsmlrt::vs

extern "C" VSMLRT_EXPORT int vsmlrt_engine_stand_in(int count, char **given) {
    using namespace vsmlrt;
    std::vector<std::string> arguments = command_line(count, given);
    const std::string name = text_of(path_of(arguments.front()).filename());
    arguments.erase(arguments.begin());
    try {
        const vs::Order order = vs::read_order(arguments);
        vs::write_network(order);
        std::cerr << name << ": no engine is needed here; " << order.engine
                  << " is the network, to be run in " << order.precision << '\n';
        return 0;
    } catch (const std::exception &failure) {
        std::cerr << name << ": " << failure.what() << '\n';
        return 1;
    }
}
