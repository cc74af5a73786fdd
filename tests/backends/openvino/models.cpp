#include "backends/openvino/models.h"

#include "model/onnx.h"
#include "networks/builder.h"

#include <algorithm>
#include <openvino/runtime/core.hpp>

namespace vsmlrt::test {
namespace {

ov::Core &core() {
    static ov::Core instance;
    return instance;
}

} // namespace

std::shared_ptr<ov::Model> model_of(const model::Network &network, const ov::Dimension &height,
                                    const ov::Dimension &width) {
    const auto bytes = model::write_onnx(network);
    const std::string text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    auto model = core().read_model(text, ov::Tensor());
    ov::PartialShape shape = model->input(0).get_partial_shape();
    shape[0] = 1;
    shape[2] = height;
    shape[3] = width;
    std::map<ov::Output<ov::Node>, ov::PartialShape> shapes;
    for (const auto &input : model->inputs()) {
        shape[1] = input.get_partial_shape()[1];
        shapes[input] = shape;
    }
    model->reshape(shapes);
    return model;
}

int count(const std::shared_ptr<ov::Model> &model, const std::string &type) {
    const auto nodes = model->get_ordered_ops();
    return static_cast<int>(std::count_if(
        nodes.begin(), nodes.end(), [&](const auto &node) { return node->get_type_info().name == type; }));
}

std::vector<float> computed(const std::shared_ptr<ov::Model> &model, std::size_t height, std::size_t width) {
    auto request = core()
                       .compile_model(model, "CPU", ov::hint::inference_precision(ov::element::f32))
                       .create_infer_request();
    for (std::size_t i = 0; i < model->inputs().size(); ++i) {
        const auto channels = static_cast<std::size_t>(model->input(i).get_partial_shape()[1].get_length());
        ov::Tensor tensor(ov::element::f32, {1, channels, height, width});
        const auto values = Random(i + 1).list(static_cast<std::int64_t>(tensor.get_size()));
        std::copy(values.begin(), values.end(), tensor.data<float>());
        request.set_input_tensor(i, tensor);
    }
    request.infer();
    const ov::Tensor output = request.get_output_tensor(0);
    return {output.data<float>(), output.data<float>() + output.get_size()};
}

} // namespace vsmlrt::test
