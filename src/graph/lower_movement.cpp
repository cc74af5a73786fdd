// What opsets spell as attributes or as operands becomes operands, and words become enumerators; a word that
// is not in a table is refused with the word.
#include "graph/lowering.h"

#include "base/error.h"

#include <utility>

namespace vsmlrt::graph {
namespace {

// What the network spells as one of `names`.
template <typename Kind, std::size_t N>
Kind choice(const std::string &attribute, const std::string &given,
            const std::pair<const char *, Kind> (&names)[N]) {
    for (const auto &[name, kind] : names)
        if (given == name)
            return kind;
    outside_of_the_ir(attribute + " \"" + given + "\"");
}

constexpr std::pair<const char *, PadMode> pad_modes[] = {{"constant", PadMode::constant},
                                                          {"reflect", PadMode::reflect},
                                                          {"edge", PadMode::edge},
                                                          {"wrap", PadMode::wrap}};
constexpr std::pair<const char *, Interpolation> interpolations[] = {
    {"nearest", Interpolation::nearest}, {"linear", Interpolation::linear}, {"cubic", Interpolation::cubic}};
constexpr std::pair<const char *, Coordinates> coordinates[] = {
    {"half_pixel", Coordinates::half_pixel},
    {"half_pixel_symmetric", Coordinates::half_pixel_symmetric},
    {"pytorch_half_pixel", Coordinates::pytorch_half_pixel},
    {"align_corners", Coordinates::align_corners},
    {"asymmetric", Coordinates::asymmetric},
    {"tf_half_pixel_for_nn", Coordinates::tf_half_pixel_for_nn},
    {"tf_crop_and_resize", Coordinates::tf_crop_and_resize}};
constexpr std::pair<const char *, AspectPolicy> policies[] = {{"stretch", AspectPolicy::stretch},
                                                              {"not_larger", AspectPolicy::not_larger},
                                                              {"not_smaller", AspectPolicy::not_smaller}};
constexpr std::pair<const char *, NearestMode> nearest_modes[] = {
    {"round_prefer_floor", NearestMode::round_prefer_floor},
    {"round_prefer_ceil", NearestMode::round_prefer_ceil},
    {"floor", NearestMode::floor},
    {"ceil", NearestMode::ceil}};

void concat(Lowering &lowering, const OnnxNode &node) {
    const std::vector<ValueId> inputs = lowering.operands(node);
    const std::int64_t axis = node.integer("axis", 0);
    if (inputs.size() == 1)
        return lowering.pass_through(node, lowering.required(node, 0));
    lowering.emit(node, Concat{axis}, inputs);
}

void split(Lowering &lowering, const OnnxNode &node) {
    const auto parts = static_cast<std::int64_t>(node.outputs.size());
    if (lowering.opset() >= 18 && node.integer("num_outputs", parts) != parts)
        throw BadModel("attribute \"num_outputs\" is ", node.integer("num_outputs", parts), " and it has ",
                       parts, " outputs");
    lowering.emit(node, Split{node.integer("axis", 0)},
                  {lowering.required(node, 0), lowering.list(node, 1, "split")});
}

void slice(Lowering &lowering, const OnnxNode &node) {
    lowering.emit(node, Slice{},
                  {lowering.required(node, 0), lowering.list(node, 1, "starts"),
                   lowering.list(node, 2, "ends"), lowering.list(node, 3, "axes"),
                   lowering.optional(node, 4)});
}

void pad(Lowering &lowering, const OnnxNode &node) {
    const ValueId x = lowering.required(node, 0);
    const PadMode mode = choice("padding mode", node.string("mode", "constant"), pad_modes);
    const ValueId amounts = lowering.list(node, 1, "pads");
    const ValueId value = lowering.real(node, 2, "value", lowering.type(x));
    lowering.emit(node, Pad{mode, {}}, {x, amounts, value, lowering.optional(node, 3)});
}

// Upsample (opset 9) and Resize of opset 10 know scales only, and count pixels from the corner.
void resize_old(Lowering &lowering, const OnnxNode &node) {
    Resize op;
    op.mode = choice("interpolation", node.string("mode", "nearest"), interpolations);
    op.coordinates = Coordinates::asymmetric;
    op.nearest = NearestMode::simple;
    lowering.emit(node, op, {lowering.required(node, 0), lowering.required(node, 1)});
}

void resize(Lowering &lowering, const OnnxNode &node) {
    if (lowering.opset() < 11)
        return resize_old(lowering, node);
    Resize op;
    op.mode = choice("interpolation", node.string("mode", "nearest"), interpolations);
    op.coordinates = choice("coordinate transformation",
                            node.string("coordinate_transformation_mode", "half_pixel"), coordinates);
    op.nearest = choice("nearest mode", node.string("nearest_mode", "round_prefer_floor"), nearest_modes);
    op.cubic_a = node.real("cubic_coeff_a", -0.75f);
    op.exclude_outside = node.integer("exclude_outside", 0) != 0;
    op.antialias = node.integer("antialias", 0) != 0;
    if (op.antialias && op.mode == Interpolation::nearest)
        throw BadModel("attribute \"antialias\" is for linear and cubic interpolation");
    op.aspect = choice("aspect ratio policy", node.string("keep_aspect_ratio_policy", "stretch"), policies);
    op.extrapolation = node.real("extrapolation_value", 0);
    op.axes = node.integers("axes");
    node.operand_without_effect(1); // but for cropping
    lowering.emit(
        node, op,
        {lowering.required(node, 0), lowering.optional(node, 2), lowering.optional(node, 3),
         op.coordinates == Coordinates::tf_crop_and_resize ? lowering.required(node, 1) : no_value});
}

void depth_to_space(Lowering &lowering, const OnnxNode &node) {
    const std::string mode = lowering.opset() < 11 ? "DCR" : node.string("mode", "DCR");
    if (mode != "DCR" && mode != "CRD")
        throw BadModel("attribute \"mode\" is \"", mode, "\"");
    lowering.emit(node, DepthToSpace{node.integer("blocksize", 0), mode == "DCR"},
                  {lowering.required(node, 0)});
}

void space_to_depth(Lowering &lowering, const OnnxNode &node) {
    lowering.emit(node, SpaceToDepth{node.integer("blocksize", 0)}, {lowering.required(node, 0)});
}

void transpose(Lowering &lowering, const OnnxNode &node) {
    lowering.emit(node, Transpose{node.integers("perm")}, {lowering.required(node, 0)});
}

void reshape(Lowering &lowering, const OnnxNode &node) {
    lowering.emit(node, Reshape{ReshapeKind::to_shape, node.integer("allowzero", 0) != 0, 1},
                  {lowering.required(node, 0), lowering.required(node, 1)});
}

void flatten(Lowering &lowering, const OnnxNode &node) {
    lowering.emit(node, Reshape{ReshapeKind::flatten, false, node.integer("axis", 1)},
                  {lowering.required(node, 0)});
}

void squeeze(Lowering &lowering, const OnnxNode &node) {
    lowering.emit(node, Reshape{ReshapeKind::squeeze, false, 1},
                  {lowering.required(node, 0), lowering.list(node, 1, "axes")});
}

void unsqueeze(Lowering &lowering, const OnnxNode &node) {
    lowering.emit(node, Reshape{ReshapeKind::unsqueeze, false, 1},
                  {lowering.required(node, 0), lowering.list(node, 1, "axes")});
}

void expand(Lowering &lowering, const OnnxNode &node) {
    lowering.emit(node, Expand{}, {lowering.required(node, 0), lowering.required(node, 1)});
}

void tile(Lowering &lowering, const OnnxNode &node) {
    lowering.emit(node, Tile{}, {lowering.required(node, 0), lowering.required(node, 1)});
}

void gather(Lowering &lowering, const OnnxNode &node) {
    lowering.emit(node, Gather{node.integer("axis", 0)},
                  {lowering.required(node, 0), lowering.required(node, 1)});
}

} // namespace

std::span<const LoweringRule> movement_lowerings() {
    static constexpr LoweringRule rules[] = {
        {"Concat", concat},
        {"Split", split},
        {"Slice", slice},
        {"Pad", pad},
        {"Resize", resize},
        {"Upsample", resize_old},
        {"DepthToSpace", depth_to_space},
        {"SpaceToDepth", space_to_depth},
        {"Transpose", transpose},
        {"Reshape", reshape},
        {"Flatten", flatten},
        {"Squeeze", squeeze},
        {"Unsqueeze", unsqueeze},
        {"Expand", expand},
        {"Tile", tile},
        {"Gather", gather},
    };
    return rules;
}

} // namespace vsmlrt::graph
