// Edits networks on the command line, so that tests in Python can run what the edits give:
//   network_tool roundtrip|free IN OUT
//   network_tool half IN OUT [--half-io] [--keep-nothing]
//   network_tool fix IN OUT WIDTH HEIGHT
//   network_tool half-io IN OUT
#include "base/error.h"
#include "base/file.h"
#include "model/edit.h"
#include "model/load.h"
#include "model/onnx.h"

#include <algorithm>
#include <iostream>
#include <vector>

namespace {

using namespace vsmlrt;
using namespace vsmlrt::model;

Network edit(const Network &network, const std::string &verb, const std::vector<std::string> &rest) {
    const auto has = [&](const char *flag) {
        return std::find(rest.begin(), rest.end(), flag) != rest.end();
    };
    if (verb == "roundtrip")
        return network;
    if (verb == "free")
        return free_shape(network);
    if (verb == "fix" && rest.size() == 2)
        return fix_shape(network, std::stoll(rest[0]), std::stoll(rest[1]));
    if (verb == "half-io")
        return set_io_type(network, Element::f16, Element::f16);
    if (verb != "half")
        throw BadArgument("roundtrip, free, half, half-io and fix are accepted, got ", verb);
    HalfOptions options;
    if (has("--keep-nothing"))
        options.keep.clear();
    const Network half = to_half(network, options);
    return has("--half-io") ? set_io_type(half, Element::f16, Element::f16) : half;
}

} // namespace

int main(int count, char **values) {
    const std::vector<std::string> arguments(values + 1, values + count);
    if (arguments.size() < 3) {
        std::cerr << "usage: network_tool VERB IN OUT [...]\n";
        return 2;
    }
    try {
        const Network network = load_network(arguments[1]).network;
        replace_file(arguments[2],
                     write_onnx(edit(network, arguments[0], {arguments.begin() + 3, arguments.end()})));
        return 0;
    } catch (const std::exception &error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
