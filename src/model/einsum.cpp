// Einsum as sums, one product of matrices for each two operands, and orders of axes. Sizes are taken from the
// operands when they are known, so that the network may have any.
//
// Source of the meaning: ONNX's operator documentation (Einsum, opset 12), which is NumPy's einsum without
// spaces in its letters' meaning. A letter twice in one operand (a diagonal) and "..." stay as they are.
#include "model/composer.h"

#include <algorithm>
#include <optional>

namespace vsmlrt::model {
namespace {

struct Term {
    std::string value;
    std::string letters; // one an axis
};

struct Equation {
    std::vector<std::string> operands;
    std::string result;
};

bool has(const std::string &letters, char letter) {
    return letters.find(letter) != std::string::npos;
}

bool is_plain(const std::string &letters) {
    for (std::size_t i = 0; i < letters.size(); ++i) {
        const char c = letters[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) || has(letters.substr(i + 1), c))
            return false;
    }
    return true;
}

// The letters that stand once, in alphabetical order: the result's where the equation does not state it.
std::string implied_result(const std::string &all) {
    std::string once;
    for (const char c : all)
        if (std::count(all.begin(), all.end(), c) == 1)
            once += c;
    std::sort(once.begin(), once.end());
    return once;
}

std::optional<Equation> parse(std::string text) {
    std::erase(text, ' ');
    Equation equation;
    const std::size_t arrow = text.find("->");
    std::string left = text.substr(0, arrow);
    std::string all = left;
    std::erase(all, ',');
    equation.result = arrow == std::string::npos ? implied_result(all) : text.substr(arrow + 2);
    for (std::size_t end = left.find(','); end != std::string::npos; end = left.find(',')) {
        equation.operands.push_back(left.substr(0, end));
        left.erase(0, end + 1);
    }
    equation.operands.push_back(left);
    const auto known = [&](char c) { return has(all, c); };
    if (!std::all_of(equation.operands.begin(), equation.operands.end(), is_plain) ||
        !is_plain(equation.result) || !std::all_of(equation.result.begin(), equation.result.end(), known))
        return std::nullopt;
    return equation;
}

// Letters of `from` that are in `in` and not in `out`.
std::string only(const std::string &from, const std::string &in, const std::string &out) {
    std::string chosen;
    for (const char c : from)
        if (has(in, c) && !has(out, c))
            chosen += c;
    return chosen;
}

class Steps {
public:
    explicit Steps(Composer &c) : c_(c) {}

    // Without the axes that `kept` does not name.
    Term summed(const Term &term, const std::string &kept) {
        Integers axes;
        Term left{term.value, {}};
        for (std::size_t axis = 0; axis < term.letters.size(); ++axis)
            if (has(kept, term.letters[axis]))
                left.letters += term.letters[axis];
            else
                axes.push_back(static_cast<std::int64_t>(axis));
        if (axes.empty())
            return left;
        const std::string list = c_.integers(axes);
        left.value = c_.emit("ReduceSum", {term.value, list}, {{"keepdims", std::int64_t{0}}});
        return left;
    }

    Term ordered(const Term &term, const std::string &letters) {
        if (term.letters == letters)
            return term;
        Integers order;
        for (const char c : letters)
            order.push_back(static_cast<std::int64_t>(term.letters.find(c)));
        return {c_.emit("Transpose", {term.value}, {{"perm", order}}), letters};
    }

    Term product(const Term &first, const Term &second, const std::string &kept) {
        const Term a = summed(first, kept + second.letters);
        const Term b = summed(second, kept + first.letters);
        const std::string both = only(a.letters, b.letters, {});
        const std::string batch = only(both, kept, {});
        const std::string depth = only(both, both, kept);
        const std::string rows = only(a.letters, kept, b.letters);
        const std::string columns = only(b.letters, kept, a.letters);
        if (depth.empty())
            return spread(ordered(a, batch + rows), ordered(b, batch + columns), batch, rows, columns);
        const Term left = ordered(a, batch + rows + depth);
        const Term right = ordered(b, batch + depth + columns);
        const std::string value = c_.emit("MatMul", {as_matrices(left, batch.size(), rows.size()),
                                                     as_matrices(right, batch.size(), depth.size())});
        if (rows.size() == 1 && columns.size() == 1)
            return {value, batch + rows + columns};
        const std::string dims =
            c_.joined({part_of_sizes(left, 0, batch.size() + rows.size()),
                       part_of_sizes(right, batch.size() + depth.size(), right.letters.size())});
        return {c_.emit("Reshape", {value, dims}), batch + rows + columns};
    }

private:
    std::string part_of_sizes(const Term &term, std::size_t from, std::size_t to) {
        return c_.emit("Slice", {c_.sizes(term.value), c_.integers({static_cast<std::int64_t>(from)}),
                                 c_.integers({static_cast<std::int64_t>(to)}), c_.integers({0})});
    }

    // The axes behind the batch as two: `rows` of them, and the rest.
    std::string as_matrices(const Term &term, std::size_t batch, std::size_t rows) {
        if (rows == 1 && term.letters.size() == batch + 2)
            return term.value;
        const auto product_of = [&](std::size_t from, std::size_t to) {
            if (from == to)
                return c_.integers({1});
            return c_.emit("ReduceProd", {part_of_sizes(term, from, to)}, {{"keepdims", std::int64_t{1}}});
        };
        return c_.emit("Reshape",
                       {term.value, c_.joined({part_of_sizes(term, 0, batch), product_of(batch, batch + rows),
                                               product_of(batch + rows, term.letters.size())})});
    }

    // Every element of the one with every element of the other.
    Term spread(const Term &a, const Term &b, const std::string &batch, const std::string &rows,
                const std::string &columns) {
        Integers behind;
        Integers between;
        for (std::size_t i = 0; i < columns.size(); ++i)
            behind.push_back(static_cast<std::int64_t>(batch.size() + rows.size() + i));
        for (std::size_t i = 0; i < rows.size(); ++i)
            between.push_back(static_cast<std::int64_t>(batch.size() + i));
        const std::string left = behind.empty() ? a.value : c_.with_axes(a.value, behind);
        const std::string right = between.empty() ? b.value : c_.with_axes(b.value, between);
        return {c_.emit("Mul", {left, right}), batch + rows + columns};
    }

    Composer &c_;
};

} // namespace

bool compose_einsum(Composer &c) {
    const auto equation = parse(c.node().string("equation", ""));
    if (!equation || equation->operands.size() != c.node().inputs.size())
        return false;
    Steps steps(c);
    Term term{c.input(0), equation->operands[0]};
    for (std::size_t i = 1; i < equation->operands.size(); ++i) {
        std::string kept = equation->result;
        for (std::size_t later = i + 1; later < equation->operands.size(); ++later)
            kept += equation->operands[later];
        term = steps.product(term, {c.input(i), equation->operands[i]}, kept);
    }
    term = steps.ordered(steps.summed(term, equation->result), equation->result);
    c.result("Identity", {term.value});
    return true;
}

} // namespace vsmlrt::model
