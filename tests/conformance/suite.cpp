#include "conformance/suite.h"

#include <algorithm>
#include <map>

namespace vsmlrt::test {

const Opened &backend_named(const std::string &name) {
    static std::map<std::string, Opened> opened;
    const auto [entry, first] = opened.try_emplace(name);
    if (first)
        entry->second = open_module(std::filesystem::path(VSMLRT_MODULES) / ("libvsmlrt_" + name + ".so"));
    return entry->second;
}

void Networks::SetUp() {
    if (!backend_named(name()).backend)
        GTEST_SKIP() << name() << ": " << backend_named(name()).reason;
    for (const auto &[other, reason] : network().skipped)
        if (other == name())
            GTEST_SKIP() << name() << ": " << reason;
}

std::string network_test_name(const testing::TestParamInfo<Networks::ParamType> &info) {
    std::string name = all_cases()[std::get<1>(info.param)].name;
    std::replace(name.begin(), name.end(), '-', 'm');
    return std::get<0>(info.param) + "_" + name;
}

ProgramOptions range_of(const Case &network) {
    ProgramOptions options;
    options.smallest = options.largest = network.extents.front();
    for (const vsmlrt_extent &extent : network.extents) {
        options.smallest.width = std::min(options.smallest.width, extent.width);
        options.smallest.height = std::min(options.smallest.height, extent.height);
        options.largest.width = std::max(options.largest.width, extent.width);
        options.largest.height = std::max(options.largest.height, extent.height);
    }
    return options;
}

} // namespace vsmlrt::test
