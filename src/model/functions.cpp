#include "model/functions.h"

#include "base/error.h"
#include "model/onnx_node.h"
#include "model/onnx_parts.h"

#include <protozero/pbf_writer.hpp>

namespace vsmlrt::model {

using namespace onnx;

namespace {

using protozero::data_view;

// The attribute's name and the name of the call's attribute that it stands for.
std::pair<std::string, std::string> reference_of(data_view attribute) {
    std::pair<std::string, std::string> names;
    protozero::pbf_message<AttributeField> message(attribute);
    while (message.next()) {
        if (message.tag_and_type() == bytes_of(AttributeField::name))
            names.first = message.get_string();
        else if (message.tag_and_type() == bytes_of(AttributeField::ref_attr_name))
            names.second = message.get_string();
        else
            message.skip();
    }
    return names;
}

void read_function(data_view view, Functions &functions) {
    Function function;
    std::pair<std::string, std::string> key;
    ExternalData external({});
    protozero::pbf_message<FunctionField> message(view);
    while (message.next()) {
        switch (message.tag_and_type()) {
        case bytes_of(FunctionField::name):
            key.second = message.get_string();
            break;
        case bytes_of(FunctionField::domain):
            key.first = message.get_string();
            break;
        case bytes_of(FunctionField::input):
            function.inputs.push_back(message.get_string());
            break;
        case bytes_of(FunctionField::output):
            function.outputs.push_back(message.get_string());
            break;
        case bytes_of(FunctionField::node):
            function.nodes.push_back(message.get_view());
            break;
        case bytes_of(FunctionField::opset_import):
            add_opset(function, read_opset(message.get_view()));
            break;
        case bytes_of(FunctionField::attribute_proto):
            read_attribute(function.defaults, message.get_view(), external);
            break;
        default:
            message.skip();
        }
    }
    functions.emplace(std::move(key), std::move(function));
}

} // namespace

Functions read_functions(const Network &network) {
    Functions functions;
    for (const std::vector<std::byte> &function : network.functions)
        try {
            read_function(view_of(function), functions);
        } catch (const protozero::exception &) {
        } catch (const BadModel &) {
        }
    return functions;
}

Node bound_node(data_view view, const Function &function, const Node &call) {
    std::string stated; // the node without what stands for the call's attributes, which need not be readable
    std::vector<std::pair<std::string, std::string>> references;
    {
        protozero::pbf_writer writer(stated);
        for (protozero::pbf_reader message(view); message.next();) {
            if (message.wire_type() != Wire::length_delimited) {
                message.skip();
                continue;
            }
            const Tag tag = message.tag(); // the reader forgets it with the value
            const data_view field = message.get_view();
            if (tag == static_cast<Tag>(NodeField::attribute))
                if (auto reference = reference_of(field); !reference.second.empty()) {
                    references.push_back(std::move(reference));
                    continue;
                }
            writer.add_bytes(tag, field);
        }
    }
    ExternalData external({});
    Node node = read_node(data_view(stated), external);
    for (const auto &[name, reference] : references)
        for (const Node *const source : {&call, &function.defaults})
            if (const auto found = source->attributes.find(reference); found != source->attributes.end())
                node.attributes.add(name, found->second);
    return node;
}

} // namespace vsmlrt::model
