// What the tests of the engine on the emulated driver share.
#pragma once

#include "base/error.h"
#include "base/set_variable.h"
#include "cuda/described.h"
#include "graph/lower.h"
#include "interpreter/interpreter.h"
#include "model/edit.h"
#include "model/onnx.h"
#include "networks/families.h"
#include "vsmlrt/backend.h"
#include "vsmlrt/frame.h"

#include <cstdlib>
#include <span>
#include <vector>

namespace vsmlrt::test {

// The emulated driver is named before anything opens one.
inline const bool named = [] {
    return set_variable("VSMLRT_CUDA_DRIVER", VSMLRT_EMULATED) &&
           set_variable("VSMLRT_NVRTC", VSMLRT_EMULATED);
}();

// A network as a program of half tensors takes it, of one size; the description is valid while this lives.
struct HalfNetwork {
    HalfNetwork(const model::Network &network, vsmlrt_extent extent)
        : onnx(model::write_onnx(model::set_io_type(model::to_half(network), Element::f16, Element::f16))),
          desc(described(onnx, extent, extent, VSMLRT_PRECISION_FP16)) {}
    HalfNetwork(const HalfNetwork &) = delete;
    HalfNetwork &operator=(const HalfNetwork &) = delete;

    std::vector<std::byte> onnx;
    vsmlrt_program_desc desc;
};

// The interpreter's result of a network of one input.
inline std::vector<float> reference_result(const model::Network &network, vsmlrt_extent extent,
                                           std::span<const float> input) {
    const graph::Graph graph = graph::lower(network);
    const graph::Shape shape{1, channels_of(network), extent.height, extent.width};
    interpreter::Interpreter interpreter(graph, std::span(&shape, 1));
    std::vector<float> values(static_cast<std::size_t>(graph::count(interpreter.output(0).dims)));
    const auto *in = reinterpret_cast<const std::byte *>(input.data());
    auto *out = reinterpret_cast<std::byte *>(values.data());
    interpreter.run(std::span(&in, 1), std::span(&out, 1));
    return values;
}

} // namespace vsmlrt::test
