#include "conformance/cases.h"

#include "networks/families.h"

namespace vsmlrt::test {

std::vector<Case> family_cases() {
    return {{"srvgg", srvgg()},
            {"upconv7", upconv7(), {{23, 17}, {32, 31}}},
            {"cunet", cunet(), {{40, 36}, {52, 48}}},
            {"drunet", drunet(), {{24, 16}, {8, 40}}},
            {"rrdb", rrdb()},
            {"rife", rife(), {{32, 24}, {24, 40}}, 1e-4},
            {"swin", swin(), {{24, 16}, {8, 20}}},
            {"computed_sizes", computed_sizes()}};
}

const std::vector<Case> &all_cases() {
    static const std::vector<Case> cases = [] {
        std::vector<Case> all;
        for (auto *const part : {pointwise_cases, window_cases, movement_cases, resize_cases, compute_cases,
                                 shape_cases, composed_cases, indexed_cases, family_cases})
            for (Case &entry : part())
                all.push_back(std::move(entry));
        return all;
    }();
    return cases;
}

} // namespace vsmlrt::test
