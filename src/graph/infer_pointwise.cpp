#include "graph/infer_rules.h"

#include "base/error.h"

namespace vsmlrt::graph {

Dims infer_shape(const Unary &, const Operands &in) {
    return {in.dims(0)};
}

Dims infer_shape(const Binary &op, const Operands &in) {
    if (in.at(0).type != in.at(1).type)
        throw BadModel("operands of types ", element_name(in.at(0).type), " and ",
                       element_name(in.at(1).type));
    Shape dims = broadcast(in.dims(0), in.dims(1));
    if (op.kind == BinaryKind::prelu && dims != in.dims(0))
        throw BadModel("a slope of shape ", describe(in.dims(1)), " for an input of ", describe(in.dims(0)));
    return {std::move(dims)};
}

Dims infer_shape(const Clip &, const Operands &in) {
    for (const std::size_t bound : {1, 2})
        if (in.has(bound) && (count(in.dims(bound)) != 1 || in.at(bound).type != in.at(0).type))
            throw BadModel("a bound that is not a single ", element_name(in.at(0).type));
    return {in.dims(0)};
}

Dims infer_shape(const Where &, const Operands &in) {
    if (in.at(0).type != Element::boolean || in.at(1).type != in.at(2).type)
        throw BadModel("operands of types ", element_name(in.at(0).type), ", ", element_name(in.at(1).type),
                       " and ", element_name(in.at(2).type));
    return {broadcast(in.dims(0), broadcast(in.dims(1), in.dims(2)))};
}

Dims infer_shape(const Cast &, const Operands &in) {
    return {in.dims(0)};
}

} // namespace vsmlrt::graph
