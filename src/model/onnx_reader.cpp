// Everything is checked while it is read, because whoever gets a Network trusts it: names that
// are made once and before they are read, sizes that hold in memory, versions that are known.
#include "model/onnx_reader.h"

#include "base/error.h"
#include "model/foreign_file.h"
#include "model/onnx.h"
#include "model/onnx_format.h"
#include "model/onnx_node.h"
#include "model/onnx_parts.h"
#include "model/onnx_sparse.h"
#include "model/onnx_tensor.h"
#include "model/onnx_value.h"
#include "model/order.h"

#include <protozero/pbf_message.hpp>

#include <algorithm>
#include <cctype>
#include <string_view>

namespace vsmlrt::model {

using namespace onnx;

namespace {

constexpr std::int64_t oldest_ir = 3;
constexpr std::int64_t newest_ir = 13;
// From this version on initializers need not be inputs as well, as in Network.
constexpr std::int64_t plain_initializers_ir = 4;

struct ModelFields {
    std::optional<protozero::data_view> graph;
    Network network;
};

void read_pair(protozero::data_view view, std::map<std::string, std::string> &pairs) {
    std::string key;
    std::string value;
    protozero::pbf_message<PairField> message(view);
    while (message.next()) {
        switch (message.tag_and_type()) {
        case bytes_of(PairField::key):
            key = message.get_string();
            break;
        case bytes_of(PairField::value):
            value = message.get_string();
            break;
        default:
            message.skip();
        }
    }
    pairs[key] = value;
}

std::vector<std::byte> copy(protozero::data_view view) {
    const auto *first = reinterpret_cast<const std::byte *>(view.data());
    return {first, first + view.size()};
}

// Everything but the graph.
ModelFields read_model(protozero::data_view view) {
    ModelFields fields;
    Network &network = fields.network;
    network.ir_version = 0;
    network.opset = 0;
    protozero::pbf_message<ModelField> message(view);
    while (message.next()) {
        switch (message.tag_and_type()) {
        case varint_of(ModelField::ir_version):
            network.ir_version = message.get_int64();
            break;
        case bytes_of(ModelField::producer_name):
            network.producer = message.get_string();
            break;
        case bytes_of(ModelField::graph):
            fields.graph = message.get_view();
            break;
        case bytes_of(ModelField::opset_import):
            add_opset(network, read_opset(message.get_view()));
            break;
        case bytes_of(ModelField::metadata_props):
            read_pair(message.get_view(), network.metadata);
            break;
        case bytes_of(ModelField::functions):
            network.functions.push_back(copy(message.get_view()));
            break;
        default:
            message.skip();
        }
    }
    return fields;
}

void add_initializer(Tensor &&tensor, Network &network) {
    std::string name = tensor.name;
    if (name.empty())
        throw BadModel("an initializer has no name");
    if (!network.initializers.try_emplace(name, std::move(tensor)).second)
        throw BadModel("the name \"", name, "\" is defined twice");
}

void add_value(protozero::data_view message, std::vector<Value> &values, const char *what) {
    values.push_back(read_value(message));
    if (values.back().name.empty())
        throw BadModel("an ", what, " of the network has no name");
}

void read_graph(protozero::data_view view, Network &network, ExternalData &external) {
    protozero::pbf_message<GraphField> message(view);
    while (message.next()) {
        switch (message.tag_and_type()) {
        case bytes_of(GraphField::node):
            network.nodes.push_back(read_node(message.get_view(), external));
            break;
        case bytes_of(GraphField::name):
            if (const auto name = message.get_view(); name.size() != 0)
                network.name = std::string(name);
            break;
        case bytes_of(GraphField::initializer):
            add_initializer(read_tensor(message.get_view(), external), network);
            break;
        case bytes_of(GraphField::input):
            add_value(message.get_view(), network.inputs, "input");
            break;
        case bytes_of(GraphField::output):
            add_value(message.get_view(), network.outputs, "output");
            break;
        case bytes_of(GraphField::sparse_initializer):
            add_initializer(read_sparse_tensor(message.get_view(), external), network);
            break;
        default:
            message.skip();
        }
    }
    std::erase_if(network.inputs,
                  [&](const Value &input) { return network.initializers.contains(input.name); });
}

void check_model(const ModelFields &fields, std::string_view bytes) {
    const Network &network = fields.network;
    if (!fields.graph && network.ir_version == 0)
        throw BadModel("this is not an ONNX network: ", nature_of(bytes));
    if (!fields.graph)
        throw BadModel("this is not an ONNX network: it holds no graph; is the file cut off?");
    if (network.ir_version < oldest_ir || network.ir_version > newest_ir)
        throw BadModel("the file is of ONNX IR version ", network.ir_version, "; ", oldest_ir, " to ",
                       newest_ir, " are supported");
    if (network.opset == 0)
        throw BadModel("the file names no ONNX operator set");
}

} // namespace

Network read_onnx(std::span<const std::byte> bytes, ExternalData &external) {
    const std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    try {
        ModelFields fields = read_model({text.data(), text.size()});
        check_model(fields, text);
        Network network = std::move(fields.network);
        read_graph(*fields.graph, network, external);
        if (network.outputs.empty())
            throw BadModel("the network has no outputs");
        network.ir_version = std::max(network.ir_version, plain_initializers_ir);
        check_and_order(network);
        return network;
    } catch (const protozero::exception &) {
        throw BadModel("this is not an ONNX network: ", nature_of(text));
    }
}

Network read_onnx(std::span<const std::byte> bytes, const std::filesystem::path &folder) {
    ExternalData external(folder);
    return read_onnx(bytes, external);
}

} // namespace vsmlrt::model
