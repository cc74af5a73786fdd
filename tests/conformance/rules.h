// The rules of the ONNX specification: every attribute that an operator of the IR has, in every opset that
// has it. What a vendor's library reads otherwise comes out here.
#pragma once

#include "conformance/cases.h"

#include <functional>
#include <map>

namespace vsmlrt::test {

// The tables (cases_rules_*.cpp).
[[nodiscard]] std::vector<Case> resize_rules();
[[nodiscard]] std::vector<Case> window_rules();
[[nodiscard]] std::vector<Case> movement_rules();
[[nodiscard]] std::vector<Case> compute_rules();

// All of them by their operator: tests take one operator at a time, for there are hundreds of cases.
[[nodiscard]] const std::map<std::string, std::vector<Case>> &rules_by_operator();
[[nodiscard]] std::vector<std::string> operators_with_rules();

// The network that `body` builds, in a stated opset; `body` gives the output's name.
[[nodiscard]] inline Case rule(const std::string &name, std::int64_t opset,
                               const std::function<Name(Builder &)> &body,
                               std::vector<vsmlrt_extent> extents = {{23, 17}, {8, 9}}) {
    Builder b(opset);
    b.output(body(b));
    return {"rule_" + name, b.network(), std::move(extents)};
}

// One operator on one input of `channels` channels.
[[nodiscard]] inline Case rule(const std::string &name, std::int64_t opset, const std::string &op,
                               int channels, const Attributes &attributes,
                               std::vector<vsmlrt_extent> extents = {{23, 17}, {8, 9}}) {
    return rule(
        name, opset, [&](Builder &b) { return b.node(op, {b.input(channels)}, attributes); },
        std::move(extents));
}

[[nodiscard]] inline model::Attribute word(const char *text) {
    return std::string(text);
}
[[nodiscard]] inline model::Attribute whole(std::int64_t value) {
    return value;
}

} // namespace vsmlrt::test
