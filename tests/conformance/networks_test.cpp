// What a backend computes: every network of the suite, at several sizes of one dynamic program.
#include "conformance/suite.h"

#include "backends/reference/interpreter.h"
#include "graph/lower.h"
#include "model/edit.h"
#include "model/onnx.h"
#include "tensor/half.h"

#include <algorithm>

namespace vsmlrt::test {
namespace {

// The interpreter by itself, linked into the test: what other backends are measured by.
std::vector<Values> expected_values(const graph::Graph &graph, vsmlrt_extent extent, std::uint64_t seed) {
    std::vector<graph::Shape> shapes;
    for (const graph::Input &input : graph.inputs)
        shapes.push_back({1, *input.dims[1].size, extent.height, extent.width});
    reference::Interpreter interpreter(graph, shapes);
    const bool halves = graph.values[static_cast<std::size_t>(graph.inputs[0].value)].type == Element::f16;
    const std::size_t size = halves ? 2 : 4;
    std::vector<std::vector<std::byte>> inputs;
    std::vector<const std::byte *> in;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
        const std::vector<float> values = Random(seed + i).list(graph::count(shapes[i]));
        std::vector<std::byte> &bytes = inputs.emplace_back(values.size() * size);
        if (halves)
            std::transform(values.begin(), values.end(), reinterpret_cast<std::uint16_t *>(bytes.data()),
                           float_to_half);
        else
            std::copy(values.begin(), values.end(), reinterpret_cast<float *>(bytes.data()));
    }
    for (const std::vector<std::byte> &bytes : inputs)
        in.push_back(bytes.data());
    Values result{interpreter.output(0).dims, {}};
    std::vector<std::byte> bytes(static_cast<std::size_t>(graph::count(result.dims)) * size);
    std::byte *const out[] = {bytes.data()};
    interpreter.run(in, out);
    result.values.resize(bytes.size() / size);
    if (halves)
        std::transform(reinterpret_cast<const std::uint16_t *>(bytes.data()),
                       reinterpret_cast<const std::uint16_t *>(bytes.data() + bytes.size()),
                       result.values.begin(), half_to_float);
    else
        std::copy_n(reinterpret_cast<const float *>(bytes.data()), result.values.size(),
                    result.values.begin());
    return {std::move(result)};
}

// As the engine hands it over.
std::vector<std::byte> given_to_backends(const model::Network &network) {
    return model::write_onnx(model::spell_out(network));
}

TEST_P(Networks, ADynamicProgramGivesWhatStaticOnesGive) {
    const std::vector<std::byte> onnx = given_to_backends(network().network);
    Program dynamic(backend(), onnx, range_of(network()));
    Context context = dynamic.context();
    for (const vsmlrt_extent &extent : network().extents) {
        Program fixed(backend(), onnx, {extent, extent});
        const std::vector<Values> expected = fixed.context().run_seeded(extent, 7);
        EXPECT_LE(difference(context.run_seeded(extent, 7), expected), network().tolerance)
            << extent.width << "x" << extent.height;
    }
}

TEST_P(Networks, AgreeWithTheReference) {
    const std::vector<std::byte> onnx = given_to_backends(network().network);
    const graph::Graph graph = graph::lower(network().network);
    Program program(backend(), onnx, range_of(network()));
    Context context = program.context();
    for (const vsmlrt_extent &extent : network().extents)
        EXPECT_LE(difference(context.run_seeded(extent, 9), expected_values(graph, extent, 9)),
                  network().tolerance)
            << extent.width << "x" << extent.height;
}

} // namespace
} // namespace vsmlrt::test
