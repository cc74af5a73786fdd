// Reading NodeProto with its attributes.
#pragma once

#include "model/external_data.h"
#include "model/network.h"

#include <protozero/data_view.hpp>

namespace vsmlrt::model::onnx {

// BadModel without an operator, or with an attribute that has no name, stands twice or has an impossible
// type. May throw protozero::exception.
[[nodiscard]] Node read_node(protozero::data_view message, ExternalData &external);

// Adds what an AttributeProto says; throws as read_node does.
void read_attribute(Node &node, protozero::data_view message, ExternalData &external);

} // namespace vsmlrt::model::onnx
