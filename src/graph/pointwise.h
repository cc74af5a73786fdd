// The pointwise operators: one table that says for each what it is called, how it is computed, and its
// defaults. Formulas are those of the ONNX operator of that name.
#pragma once

#include "graph/ops.h"

#include <span>

namespace vsmlrt::graph {

struct UnaryRule {
    UnaryKind kind = {};
    const char *operator_name = nullptr; // of ONNX
    double (*real)(double x, double alpha, double beta) = nullptr;
    std::int64_t (*integer)(std::int64_t x) = nullptr; // null: not defined on integers
    float alpha = 0;                                   // where the node does not say
    float beta = 0;
};

struct BinaryRule {
    BinaryKind kind = {};
    const char *operator_name = nullptr;
    double (*real)(double a, double b) = nullptr; // null: not defined on reals
    std::int64_t (*integer)(std::int64_t a, std::int64_t b) = nullptr;
    bool gives_boolean = false;
};

[[nodiscard]] std::span<const UnaryRule> unary_rules();
[[nodiscard]] std::span<const BinaryRule> binary_rules();
[[nodiscard]] const UnaryRule &rule(UnaryKind kind);
[[nodiscard]] const BinaryRule &rule(BinaryKind kind);

} // namespace vsmlrt::graph
