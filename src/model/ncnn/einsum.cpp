// Einsum: sums of products over the axes that the letters i, j, k and l stand for.
#include "model/ncnn/converters.h"

#include <algorithm>
#include <array>
#include <optional>

namespace vsmlrt::model::ncnn {

namespace {

constexpr std::string_view letters = "ijkl";

// As ncnn's files have it: a number for each character.
std::string read_equation(const Conversion &c) {
    std::string equation;
    for (const auto code : c.parameters.integers(0)) {
        if (code < ' ' || code > '~')
            throw BadModel("its equation has a character of number ", code);
        equation += static_cast<char>(code);
    }
    return equation;
}

// What stands for the axes of each input. BadModel where it does not fit them.
std::vector<std::string> read_operands(const Conversion &c, const std::string &left) {
    std::vector<std::string> operands(1);
    for (const char letter : left)
        if (letter == ',')
            operands.emplace_back();
        else
            operands.back() += letter;
    if (operands.size() != c.inputs().size())
        throw BadModel("its equation is about ", operands.size(), " inputs, and it has ", c.inputs().size());
    for (std::size_t i = 0; i < operands.size(); ++i) {
        const auto &operand = operands[i];
        for (std::size_t axis = 0; axis < operand.size(); ++axis)
            if (letters.find(operand[axis]) == std::string_view::npos ||
                operand.find(operand[axis], axis + 1) != std::string::npos)
                throw BadModel("its equation has ", in_quotes(operand),
                               " for an input, and different letters from i to l are supported");
        if (operand.size() != c.input(i).shape.rank())
            throw BadModel("its equation has ", in_quotes(operand), " for an input of ",
                           c.input(i).shape.rank(), " axes");
    }
    return operands;
}

// The axes of a value of rank 4 that are not of a blob with `rank` axes.
std::vector<std::int64_t> axes_around(std::size_t rank) {
    std::vector<std::int64_t> axes{0};
    for (auto axis = static_cast<std::int64_t>(rank) + 1; axis < 4; ++axis)
        axes.push_back(axis);
    return axes;
}

} // namespace

void convert_einsum(Conversion &c) {
    const std::string equation = read_equation(c);
    const auto arrow = equation.find("->");
    if (arrow == std::string::npos)
        throw BadModel("its equation ", in_quotes(equation), " does not say what the result is");
    const auto operands = read_operands(c, equation.substr(0, arrow));
    // ncnn takes the first letters for the result's axes, whatever order is written.
    const std::string result = equation.substr(arrow + 2);
    if (result.empty() || result.size() > 3 || result != letters.substr(0, result.size()))
        throw BadModel("its result is ", in_quotes(result), ", and i, ij and ijk are supported");

    std::array<std::optional<SymbolicSize>, letters.size()> sizes;
    std::vector<std::string> values;
    for (std::size_t i = 0; i < operands.size(); ++i) {
        const auto &blob = c.input(i);
        for (std::size_t axis = 0; axis < operands[i].size(); ++axis) {
            auto &size = sizes.at(letters.find(operands[i][axis]));
            if (size)
                c.sizes.must_equal(*size, blob.shape.axes[axis], "axes of one letter");
            size = blob.shape.axes[axis];
        }
        values.push_back(
            c.emit("Squeeze", {blob.value, c.integers("around", axes_around(blob.shape.rank()))}));
    }
    Shape shape;
    for (std::size_t axis = 0; axis < result.size(); ++axis) {
        if (!sizes.at(axis))
            throw BadModel("its result has an axis that no input has");
        shape.axes.push_back(*sizes.at(axis));
    }
    const auto sum = c.emit("Einsum", values, {{"equation", equation}});
    c.result(c.emit("Unsqueeze", {sum, c.integers("around", axes_around(result.size()))}), std::move(shape));
}

} // namespace vsmlrt::model::ncnn
