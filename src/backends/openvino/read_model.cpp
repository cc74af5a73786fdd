#include "backends/openvino/read_model.h"

#include "backends/openvino/blob_stream.h"
#include "backends/openvino/channel_orders.h"
#include "backends/openvino/failure_words.h"
#include "backends/openvino/misread.h"
#include "backends/openvino/pass_through.h"
#include "backends/openvino/substitute.h"
#include "base/error.h"

#include <map>
#include <openvino/frontend/manager.hpp>
#include <span>

namespace vsmlrt::openvino {

void reshape(ov::Model &model, vsmlrt_extent low, vsmlrt_extent high) {
    std::map<ov::Output<ov::Node>, ov::PartialShape> wanted;
    for (const auto &input : model.inputs()) {
        ov::PartialShape shape = input.get_partial_shape();
        if (shape.rank().is_dynamic() || shape.rank().get_length() != 4)
            continue;
        shape[0] = 1;
        shape[2] = ov::Dimension(low.height, high.height);
        shape[3] = ov::Dimension(low.width, high.width);
        wanted[input] = shape;
    }
    model.reshape(wanted);
}

namespace {

// By the frontend itself: Core::read_model takes a string and copies it once more, which large networks pay
// for.
std::shared_ptr<ov::Model> parsed(const Device &device, const vsmlrt_program_desc &desc,
                                  NodesByOperator &nodes) {
    const auto frontend = ov::frontend::FrontEndManager().load_by_framework("onnx");
    frontend->add_extension(substitute_extension());
    const std::span given(static_cast<const std::byte *>(desc.network), desc.network_size);
    const std::vector<std::byte> replaced = replace_misread(given, device.id, &nodes);
    const std::span onnx = replaced.empty() ? given : std::span<const std::byte>(replaced);
    MemoryBuffer buffer(onnx.data(), onnx.size());
    std::istream stream(&buffer);
    const auto loaded = frontend->load(&stream);
    if (desc.network_read)
        desc.network_read(desc.user);
    return frontend->convert(loaded);
}

} // namespace

std::shared_ptr<ov::Model> read_model(const Device &device, const vsmlrt_program_desc &desc) {
    std::shared_ptr<ov::Model> model;
    NodesByOperator nodes;
    try {
        model = parsed(device, desc, nodes);
        reshape(*model, desc.min_extent, desc.max_extent);
        part_outputs_from_inputs(*model);
        keep_channel_orders(*model);
    } catch (const ov::Exception &failure) {
        if (const std::string unknown = unknown_operator(failure, nodes); !unknown.empty())
            throw Unsupported(unknown, ": OpenVINO does not have this operator");
        throw BadModel("OpenVINO cannot read this network: ", cause(failure));
    }
    return model;
}

} // namespace vsmlrt::openvino
