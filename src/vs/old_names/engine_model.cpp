#include "vs/old_names/engine_model.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "vs/old_names/model_call.h"

#include <array>
#include <filesystem>
#include <fstream>

namespace vsmlrt::vs {
namespace fs = std::filesystem;
namespace {

// An ONNX file begins with the field of its version's number (1, a varint).
bool is_network(const fs::path &file) {
    if (file.extension() == ".param")
        return true;
    std::ifstream stream(system_path(file), std::ios::binary);
    return stream.get() == 0x08;
}

// vs-mlrt names an engine after its network, NETWORK.onnx.WHAT-IT-IS.engine, and puts it into the same
// folder.
std::string remedy(const fs::path &file) {
    const std::string name = text_of(file);
    const std::size_t end = name.rfind(".onnx.");
    const fs::path network = end == std::string::npos ? fs::path() : path_of(name.substr(0, end + 5));
    if (!network.empty() && file_use(network))
        return text("give ", text_of(network), " instead");
    return "give the network's ONNX file instead";
}

std::string take_file(const EnginePlugin &plugin, const Arguments &given) {
    std::string path = given.data(plugin.argument).value_or("");
    if (!file_use(path_of(path)))
        throw BadArgument("\"", plugin.argument, "\" names ", path,
                          ", which does not exist; give the network's ONNX file");
    if (!is_network(path_of(path)))
        throw BadArgument("\"", plugin.argument, "\" names ", path, ", which is ", plugin.kind,
                          " or another file that is not a network; nothing here needs one: ", remedy(path));
    return path;
}

} // namespace

void run_engine_model(const EnginePlugin &plugin, const Host &host, const VSMap &in, VSMap &out) {
    ModelCall call(host, in, Samples::single_or_half);
    call.set("network_path", take_file(plugin, call.given()));
    call.set("output_format", 0);
    call.take_streams();
    const FoundPlace found =
        find_place(host, plugin.who, plugin.places, call.given().integer("device_id").value_or(0));
    call.set("backend", std::string(found.place->backend));
    call.set("device", found.device);
    if (plugin.graph_option && found.place == &plugin.places.front())
        call.add_option(plugin.graph_option,
                        call.given().integer("use_cuda_graph").value_or(0) != 0 ? "1" : "0");
    call.run(out);
}

} // namespace vsmlrt::vs
