// Reading TensorProto.
#pragma once

#include "model/external_data.h"
#include "model/network.h"

#include <protozero/data_view.hpp>

namespace vsmlrt::model::onnx {

// The data_type of a TensorProto, and whether Tensor can hold it; nothing else of the message is read.
[[nodiscard]] bool is_readable_tensor(protozero::data_view message);

// BadModel if dims, type and data disagree, or the type is one that Tensor cannot hold. Allocates no more
// than a small multiple of the bytes that are really there. May throw protozero::exception.
[[nodiscard]] Tensor read_tensor(protozero::data_view message, ExternalData &external);

} // namespace vsmlrt::model::onnx
