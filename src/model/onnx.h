// Reading and writing ONNX files.
//
// Reading is defensive: every length, count, dimension and reference is checked before it is believed, so any
// bytes give either a Network that satisfies the comments in network.h or a BadModel with one sentence.
#pragma once

#include "model/network.h"

#include <filesystem>

namespace vsmlrt::model {

// `folder` is where external data files (weights stored next to the model) are looked for; empty: they are
// refused. Their location must be a plain relative path without "..". BadModel if the bytes are not a usable
// ONNX network: wrong format, no graph, a cycle, a missing input, a duplicate name, dims and bytes that
// disagree, sizes that overflow, sparse tensors that are nearly all zeros (onnx_sparse.h). Nodes are brought
// into topological order if they are not.
[[nodiscard]] Network read_onnx(std::span<const std::byte> bytes, const std::filesystem::path &folder = {});

// A self-contained ONNX file (no external data). read_onnx(write_onnx(n)) equals n.
// BadModel above protobuf's limit of 2 GiB.
[[nodiscard]] std::vector<std::byte> write_onnx(const Network &network);

} // namespace vsmlrt::model
