#include "base/error.h"
#include "graph/infer_rules.h"
#include "graph/storage.h"

#include <algorithm>

namespace vsmlrt::graph {

const Operand &Operands::at(std::size_t index) const {
    if (!has(index))
        throw BadModel("input ", index, " is missing");
    return operands_[index];
}

const Shape &Operands::dims(std::size_t index, std::size_t rank) const {
    const Shape &dims = at(index).dims;
    if (dims.size() != rank)
        throw BadModel("input ", index, " is ", describe(dims), ", not of rank ", rank);
    return dims;
}

const model::Tensor &Operands::contents(std::size_t index) const {
    if (!at(index).known)
        throw Unsupported("a shape that depends on the contents of the picture (input ", index,
                          ") is outside what this backend computes");
    return *operands_[index].known;
}

std::vector<std::int64_t> Operands::integers(std::size_t index) const {
    return widen<std::int64_t>(view_of(contents(index)));
}

std::vector<double> Operands::reals(std::size_t index) const {
    return widen<double>(view_of(contents(index)));
}

bool Operands::all_known() const {
    return std::all_of(operands_.begin(), operands_.end(),
                       [](const Operand &operand) { return !operand.present || operand.known; });
}

} // namespace vsmlrt::graph
