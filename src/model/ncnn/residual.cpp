#include "model/ncnn/residual.h"

#include "base/hash.h"

#include <array>
#include <span>
#include <string>

namespace vsmlrt::model::ncnn {

namespace {

constexpr std::string_view real_cugan_4x = "205623f00cfcb625a64f429f26bdcdfe";

} // namespace

bool gives_difference(std::string_view param) {
    std::string text(param);
    std::erase(text, '\r'); // as some programs store it
    return content_hash(std::as_bytes(std::span(text))) == real_cugan_4x;
}

Blob add_enlarged_picture(Graph &graph, const std::string &input, const Blob &output, std::int64_t scale) {
    const auto factor = static_cast<float>(scale);
    const std::array<float, 4> scales{1, 1, factor, factor};
    const auto enlarged = graph.emit("enlarged_picture", "Resize",
                                     {input, "", graph.constant("enlarged_picture/scales", {4}, scales)},
                                     {{"mode", std::string("nearest")},
                                      {"coordinate_transformation_mode", std::string("asymmetric")},
                                      {"nearest_mode", std::string("floor")}});
    return {graph.emit("with_picture", "Add", {output.value, enlarged}), output.shape};
}

} // namespace vsmlrt::model::ncnn
