#include "conformance/suite.h"

#include "conformance/rules.h"
#include "engine/backend.h"

#include <algorithm>
#include <cstdlib>
#include <map>

namespace vsmlrt::test {
namespace {

std::string test_name(const Case &entry) {
    std::string name = entry.name;
    std::replace(name.begin(), name.end(), '-', 'm');
    return name;
}

} // namespace

const Opened &backend_named(const std::string &name) {
    static std::map<std::string, Opened> opened;
    const auto [entry, first] = opened.try_emplace(name);
    if (first)
        entry->second = open_module(module_path(name));
    return entry->second;
}

namespace {

// Why the backend's tests leave the case out; empty where they do not.
std::string why_skipped(const Case &entry, const std::string &backend) {
    const char *const names = std::getenv("VSMLRT_TEST_LEFT_OUT");
    if (names && text(",", names, ",").find(text(",", entry.name, ",")) != std::string::npos)
        return "VSMLRT_TEST_LEFT_OUT names this network";
    for (const auto &[other, reason] : entry.skipped)
        if (other == backend)
            return reason;
    return {};
}

} // namespace

void Networks::SetUp() {
    OnBackend::SetUp();
    if (const std::string reason = why_skipped(network(), name()); !IsSkipped() && !reason.empty())
        GTEST_SKIP() << name() << ": " << reason;
}

namespace {

// Asked once a backend and precision.
const std::string &obstacle(const std::string &name, vsmlrt_precision precision) {
    static std::map<std::pair<std::string, vsmlrt_precision>, std::string> known;
    const auto [entry, first] = known.try_emplace({name, precision});
    if (first)
        entry->second = why_not(*backend_named(name).backend, precision);
    return entry->second;
}

} // namespace

void AtPrecision::SetUp() {
    OnBackend::SetUp();
    if (IsSkipped())
        return;
    if (const std::string &reason = obstacle(name(), precision()); !reason.empty())
        GTEST_SKIP() << name() << ": " << reason;
}

namespace {

constexpr std::size_t cases_a_part = 32;

std::string name_of_part(std::size_t part) {
    return "from_" + test_name(all_cases()[part * cases_a_part]);
}

} // namespace

std::vector<const Case *> able(std::span<const Case> cases, const std::string &backend) {
    std::vector<const Case *> found;
    for (const Case &entry : cases)
        if (why_skipped(entry, backend).empty())
            found.push_back(&entry);
    return found;
}

std::size_t num_parts() {
    return (all_cases().size() + cases_a_part - 1) / cases_a_part;
}

std::vector<const Case *> part_of_cases(std::size_t part, const std::string &backend) {
    const auto rest = std::span(all_cases()).subspan(part * cases_a_part);
    return able(rest.first(std::min(cases_a_part, rest.size())), backend);
}

std::string part_test_name(const testing::TestParamInfo<StaticNetworks::ParamType> &info) {
    return text(std::get<0>(info.param), "_", name_of_part(std::get<1>(info.param)));
}

std::string operators_test_name(const testing::TestParamInfo<AtPrecision::ParamType> &info) {
    return text(std::get<0>(info.param), "_", engine::precision_name(std::get<1>(info.param)), "_",
                name_of_part(std::get<2>(info.param)));
}

std::size_t num_rule_parts() {
    constexpr std::size_t size = RulesAtPrecision::operators_a_part;
    return (operators_with_rules().size() + size - 1) / size;
}

std::vector<std::string> RulesAtPrecision::part() {
    const std::vector<std::string> all = operators_with_rules();
    const auto operators = std::span(all).subspan(std::get<2>(GetParam()) * operators_a_part);
    const auto some = operators.first(std::min(operators_a_part, operators.size()));
    return {some.begin(), some.end()};
}

std::string rule_part_test_name(const testing::TestParamInfo<AtPrecision::ParamType> &info) {
    const std::size_t first = std::get<2>(info.param) * RulesAtPrecision::operators_a_part;
    return text(std::get<0>(info.param), "_", engine::precision_name(std::get<1>(info.param)), "_from_",
                operators_with_rules()[first]);
}

const std::vector<Case> &whole_networks() {
    static const std::vector<Case> networks = family_cases();
    return networks;
}

const Case &WholeNetworksAtPrecision::network() {
    return whole_networks()[std::get<2>(GetParam())];
}

std::string whole_network_test_name(const testing::TestParamInfo<AtPrecision::ParamType> &info) {
    return text(std::get<0>(info.param), "_", engine::precision_name(std::get<1>(info.param)), "_",
                test_name(whole_networks()[std::get<2>(info.param)]));
}

std::string network_test_name(const testing::TestParamInfo<Networks::ParamType> &info) {
    return std::get<0>(info.param) + "_" + test_name(all_cases()[std::get<1>(info.param)]);
}

ProgramOptions range_of(const std::vector<vsmlrt_extent> &extents) {
    ProgramOptions options;
    options.smallest = options.largest = extents.front();
    for (const vsmlrt_extent &extent : extents) {
        options.smallest.width = std::min(options.smallest.width, extent.width);
        options.smallest.height = std::min(options.smallest.height, extent.height);
        options.largest.width = std::max(options.largest.width, extent.width);
        options.largest.height = std::max(options.largest.height, extent.height);
    }
    return options;
}

} // namespace vsmlrt::test
