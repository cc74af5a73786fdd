// Reading SparseTensorProto.
#pragma once

#include "model/external_data.h"
#include "model/network.h"

#include <protozero/data_view.hpp>

namespace vsmlrt::model::onnx {

// The tensor with its zeros, under the name of its values. BadModel for what read_tensor refuses, for indices
// that are not one number (of the flat tensor) or one for each axis a value, out of range, and for one that
// is more than 1024 times as large as what is stored of it (and more than 64 KiB). May throw
// protozero::exception. Source: SparseTensorProto in onnx/onnx.proto.
[[nodiscard]] Tensor read_sparse_tensor(protozero::data_view message, ExternalData &external);

} // namespace vsmlrt::model::onnx
