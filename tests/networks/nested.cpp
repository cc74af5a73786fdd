// Field numbers of onnx/onnx.proto, written down once more: these are the files that the readers are tested
// with.
#include "networks/nested.h"

#include "model/onnx.h"

#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

namespace vsmlrt::test {
namespace {

std::string bytes_of(const model::Network &network) {
    const std::vector<std::byte> bytes = model::write_onnx(network);
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

std::string graph_of(const std::string &model) {
    protozero::pbf_reader reader(model);
    reader.next(7);
    return reader.get_string();
}

std::vector<std::byte> raw(const std::string &message) {
    const auto *const first = reinterpret_cast<const std::byte *>(message.data());
    return {first, first + message.size()};
}

} // namespace

model::Attribute graph_attribute(const std::string &name, const model::Network &network) {
    std::string message;
    protozero::pbf_writer writer(message);
    writer.add_string(1, name);
    writer.add_message(6, graph_of(bytes_of(network)));
    writer.add_enum(20, 5);
    return model::RawAttribute{raw(message)};
}

std::vector<std::byte> function_of(const std::string &domain, const std::string &name,
                                   const model::Network &network,
                                   const std::map<std::string, std::string> &references) {
    std::string message;
    protozero::pbf_writer function(message);
    function.add_string(1, name);
    for (const model::Value &input : network.inputs)
        function.add_string(4, input.name);
    for (const model::Value &output : network.outputs)
        function.add_string(5, output.name);
    const std::string graph = graph_of(bytes_of(network));
    for (protozero::pbf_reader reader(graph); reader.next();) {
        if (reader.tag() != 1) {
            reader.skip();
            continue;
        }
        std::string node = reader.get_string();
        for (const auto &[attribute, of_the_call] : references) {
            protozero::pbf_writer writer(node);
            protozero::pbf_writer reference(writer, 5);
            reference.add_string(1, attribute);
            reference.add_string(21, of_the_call);
            reference.add_enum(20, 2);
        }
        function.add_message(7, node);
    }
    const auto import = [&](const std::string &of, std::int64_t version) {
        protozero::pbf_writer opset(function, 9);
        opset.add_string(1, of);
        opset.add_int64(2, version);
    };
    import("", network.opset);
    for (const auto &[of, version] : network.domains)
        import(of, version);
    function.add_string(10, domain);
    return raw(message);
}

} // namespace vsmlrt::test
