// The networks of the conformance suite: every operator of the IR in the forms that networks use, and the
// families.
#pragma once

#include "networks/builder.h"
#include "vsmlrt/backend.h"

#include <string>
#include <vector>

namespace vsmlrt::test {

struct Case {
    std::string name;
    model::Network network;
    std::vector<vsmlrt_extent> extents = {{23, 17}, {8, 9}, {31, 40}};
    // What backends may differ by, relative to the largest value of the result (at least 1).
    double tolerance = 1e-5;
    // Words on why a backend's own library cannot run it; such a case is reported as skipped there.
    std::vector<std::pair<std::string, std::string>> skipped = {};
};

[[nodiscard]] inline Attributes axis(std::int64_t value) {
    return {{"axis", value}};
}

// The cases of each file.
[[nodiscard]] std::vector<Case> pointwise_cases();
[[nodiscard]] std::vector<Case> window_cases();
[[nodiscard]] std::vector<Case> movement_cases();
[[nodiscard]] std::vector<Case> resize_cases();
[[nodiscard]] std::vector<Case> compute_cases();
[[nodiscard]] std::vector<Case> shape_cases();
[[nodiscard]] std::vector<Case> composed_cases();
[[nodiscard]] std::vector<Case> indexed_cases();
[[nodiscard]] std::vector<Case> family_cases();

[[nodiscard]] const std::vector<Case> &all_cases();

} // namespace vsmlrt::test
