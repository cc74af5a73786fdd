// What every backend promises, written once; the modules that the build has join by themselves.
#pragma once

#include "conformance/precision.h"

#include <gtest/gtest.h>
#include <span>
#include <tuple>

namespace vsmlrt::test {

// The module of this backend.
[[nodiscard]] const Opened &backend_named(const std::string &name);

// A test that runs on one backend, and is reported as skipped with the reason where that cannot run.
class Conformance : public testing::TestWithParam<std::string> {
protected:
    void SetUp() override {
        if (!backend_named(GetParam()).backend)
            GTEST_SKIP() << GetParam() << ": " << backend_named(GetParam()).reason;
    }
    [[nodiscard]] static const vsmlrt_backend &backend() { return *backend_named(GetParam()).backend; }
};

// The same of something on one backend: the first of the parameters is its name.
template <typename... Items>
class OnBackend : public testing::TestWithParam<std::tuple<std::string, Items...>> {
protected:
    void SetUp() override {
        if (!backend_named(name()).backend)
            GTEST_SKIP() << name() << ": " << backend_named(name()).reason;
    }
    [[nodiscard]] static std::string name() { return std::get<0>(OnBackend::GetParam()); }
    [[nodiscard]] static const vsmlrt_backend &backend() { return *backend_named(name()).backend; }
};

// On one network.
class Networks : public OnBackend<std::size_t> {
protected:
    void SetUp() override;
    [[nodiscard]] static const Case &network() { return all_cases()[std::get<1>(GetParam())]; }
};

// The cases that the backend can run, without those whose names VSMLRT_TEST_LEFT_OUT lists between commas:
// what the machine that runs the tests gets wrong (tools/levels).
[[nodiscard]] std::vector<const Case *> able(std::span<const Case> cases, const std::string &backend);

// all_cases() in parts, of which these are the ones that the backend can run.
[[nodiscard]] std::size_t num_parts();
[[nodiscard]] std::vector<const Case *> part_of_cases(std::size_t part, const std::string &backend);

// On a part of all_cases().
class StaticNetworks : public OnBackend<std::size_t> {
protected:
    [[nodiscard]] static std::vector<const Case *> part() {
        return part_of_cases(std::get<1>(GetParam()), name());
    }
};
[[nodiscard]] std::string part_test_name(const testing::TestParamInfo<StaticNetworks::ParamType> &info);

// On the rules of one operator (conformance/rules.h).
class Rules : public OnBackend<std::string> {
protected:
    [[nodiscard]] static std::string op() { return std::get<1>(GetParam()); }
};
[[nodiscard]] inline std::string rules_test_name(const testing::TestParamInfo<Rules::ParamType> &info) {
    return std::get<0>(info.param) + "_" + std::get<1>(info.param);
}

inline constexpr vsmlrt_precision reduced_precisions[] = {VSMLRT_PRECISION_BF16, VSMLRT_PRECISION_FP16,
                                                          VSMLRT_PRECISION_TF32};

// Tests at a precision that is skipped, with the reason, where the backend's device does not compute in it.
// The third of the parameters says on what.
class AtPrecision : public OnBackend<vsmlrt_precision, std::size_t> {
protected:
    void SetUp() override;
    [[nodiscard]] static vsmlrt_precision precision() { return std::get<1>(GetParam()); }
};

// On a part of all_cases(), so that what a device cannot do is said a few times and not for each operator.
class OperatorsAtPrecision : public AtPrecision {
protected:
    [[nodiscard]] static std::vector<const Case *> part() {
        return part_of_cases(std::get<2>(GetParam()), name());
    }
};
[[nodiscard]] std::string operators_test_name(const testing::TestParamInfo<AtPrecision::ParamType> &info);

// On the rules of some of operators_with_rules().
class RulesAtPrecision : public AtPrecision {
protected:
    static constexpr std::size_t operators_a_part = 8;
    [[nodiscard]] static std::vector<std::string> part();

    friend std::size_t num_rule_parts();
    friend std::string rule_part_test_name(const testing::TestParamInfo<AtPrecision::ParamType> &info);
};
[[nodiscard]] std::size_t num_rule_parts();
[[nodiscard]] std::string rule_part_test_name(const testing::TestParamInfo<AtPrecision::ParamType> &info);

// On one of whole_networks(): family_cases().
class WholeNetworksAtPrecision : public AtPrecision {
protected:
    [[nodiscard]] static const Case &network();
};
[[nodiscard]] const std::vector<Case> &whole_networks();
[[nodiscard]] std::string whole_network_test_name(const testing::TestParamInfo<AtPrecision::ParamType> &info);

[[nodiscard]] std::string network_test_name(const testing::TestParamInfo<Networks::ParamType> &info);

// The reach of a case's sizes, as a shape range.
[[nodiscard]] ProgramOptions range_of(const std::vector<vsmlrt_extent> &extents);

} // namespace vsmlrt::test
