// Files of ONNX's first operator sets, as Caffe2, Chainer, MXNet and PyTorch before 1.2 wrote them.
#pragma once

#include "model/network.h"

namespace vsmlrt::model {

// The oldest version of the operator set that networks are handed on in.
inline constexpr std::int64_t oldest_operators = 9;

// A network of an older operator set in the words of version 9, which every backend reads: broadcasting along
// `axis`, modes of training, attributes that became inputs. The result means the same. Left as it is: one
// with branches or bodies, or with Scan, which are other operators there; nodes that no rule knows stay.
// Unsupported for batch normalization in training or of each position by itself, and for Tile along an axis
// that is not a constant.
// Source: ONNX's changelog of operators (docs/Changelog.md).
[[nodiscard]] Network renew_operators(Network network);

} // namespace vsmlrt::model
