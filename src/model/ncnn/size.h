// Sizes of blobs as functions of the picture's height and width: what is known of a network whose picture may
// have any size. The functions are kept as expressions and evaluated at trial sizes (see restore.h).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace vsmlrt::model::ncnn {

// A size in the table that made it.
struct SymbolicSize {
    std::uint32_t id = 0;
    friend bool operator==(SymbolicSize, SymbolicSize) = default;
};

class Sizes {
public:
    Sizes();

    [[nodiscard]] SymbolicSize height() const { return {0}; } // of the network's picture
    [[nodiscard]] SymbolicSize width() const { return {1}; }
    [[nodiscard]] SymbolicSize constant(std::int64_t value);
    // A number of channels that the file does not state; becomes known when must_equal() says so.
    [[nodiscard]] SymbolicSize unknown();

    // BadModel if a constant result overflows.
    [[nodiscard]] SymbolicSize add(SymbolicSize a, SymbolicSize b);
    [[nodiscard]] SymbolicSize add(SymbolicSize a, std::int64_t b) { return add(a, constant(b)); }
    [[nodiscard]] SymbolicSize multiply(SymbolicSize a, SymbolicSize b);
    [[nodiscard]] SymbolicSize multiply(SymbolicSize a, std::int64_t b) { return multiply(a, constant(b)); }
    [[nodiscard]] SymbolicSize divide(SymbolicSize a,
                                      SymbolicSize b); // rounds down; has no value unless b > 0
    [[nodiscard]] SymbolicSize divide(SymbolicSize a, std::int64_t b) { return divide(a, constant(b)); }
    [[nodiscard]] SymbolicSize minimum(SymbolicSize a, std::int64_t b);
    // The integer part of a x factor (finite, > 0), in float32 as ncnn computes it. A picture is asked to
    // have a size that leaves no fraction, because elsewhere the two ways of stating a resize (factor, sizes)
    // mean different pixels.
    [[nodiscard]] SymbolicSize scale(SymbolicSize a, float factor);

    // The value where it does not depend on the picture.
    [[nodiscard]] std::optional<std::int64_t> value(SymbolicSize size) const;

    // Records that the network works only where both are equal; BadModel with `what` if they never are.
    void must_equal(SymbolicSize a, SymbolicSize b, const char *what);

    // All sizes at one picture size, and whether everything that depends on `axis` alone can be met there.
    enum class Axis { height, width };
    class Trial;
    [[nodiscard]] Trial at(std::int64_t height, std::int64_t width) const;

private:
    enum class Op : std::uint8_t { picture, constant, unknown, add, multiply, divide, minimum, scale };
    struct Expression {
        Op op = Op::constant;
        std::uint32_t a = 0;
        std::int64_t b = 0; // an id for add, multiply and divide, a number for constant and minimum
        float factor = 0;
        std::uint8_t depends = 0; // bit 0: on the height, bit 1: on the width
    };
    [[nodiscard]] SymbolicSize make(Expression expression);
    [[nodiscard]] std::optional<std::int64_t>
    evaluate(const Expression &e, const std::vector<std::optional<std::int64_t>> &known) const;

    std::vector<Expression> expressions_;             // operands come before what uses them
    std::vector<std::optional<std::int64_t>> values_; // of those that do not depend on the picture
    std::map<std::tuple<Op, std::uint32_t, std::int64_t, float>, SymbolicSize> made_;
    std::vector<std::pair<SymbolicSize, SymbolicSize>> equal_;
    friend class Trial;
};

class Sizes::Trial {
public:
    [[nodiscard]] std::optional<std::int64_t> operator[](SymbolicSize size) const { return values_[size.id]; }
    [[nodiscard]] bool works(Axis axis) const;

private:
    friend class Sizes;
    explicit Trial(const Sizes &sizes) : sizes_(&sizes) {}
    const Sizes *sizes_;
    std::vector<std::optional<std::int64_t>> values_;
};

} // namespace vsmlrt::model::ncnn
