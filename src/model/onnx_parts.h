// Reading the small parts of ONNX messages that stand in more than one place.
#pragma once

#include "base/error.h"
#include "model/onnx_format.h"

#include <protozero/pbf_message.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace vsmlrt::model::onnx {

inline protozero::data_view view_of(const std::vector<std::byte> &bytes) {
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

// Calls `visit` with every subgraph (GraphProto) of one AttributeProto. May throw protozero::exception.
template <typename Visit>
void for_each_graph(protozero::data_view attribute, const Visit &visit) {
    protozero::pbf_message<AttributeField> message(attribute);
    while (message.next()) {
        const std::uint32_t field = message.tag_and_type();
        if (field == bytes_of(AttributeField::g) || field == bytes_of(AttributeField::graphs))
            visit(message.get_view());
        else
            message.skip();
    }
}

// OperatorSetIdProto.
struct Opset {
    std::string domain;
    std::int64_t version = 0;
};

// BadModel where its version is below 1 or missing. May throw protozero::exception.
inline Opset read_opset(protozero::data_view view) {
    Opset opset;
    protozero::pbf_message<OpsetField> message(view);
    while (message.next()) {
        switch (message.tag_and_type()) {
        case bytes_of(OpsetField::domain):
            opset.domain = message.get_string();
            break;
        case varint_of(OpsetField::version):
            opset.version = message.get_int64();
            break;
        default:
            message.skip();
        }
    }
    if (opset.version < 1)
        throw BadModel("the operator set of domain \"", opset.domain, "\" has the impossible version ",
                       opset.version);
    return opset;
}

// To a network or function: the version of ONNX's own domain, or of another.
template <typename Owner>
void add_opset(Owner &owner, const Opset &opset) {
    if (opset.domain.empty() || opset.domain == "ai.onnx")
        owner.opset = opset.version;
    else
        owner.domains[opset.domain] = opset.version;
}

} // namespace vsmlrt::model::onnx
