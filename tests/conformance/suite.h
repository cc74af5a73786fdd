// What every backend promises, written once; a backend joins with one line in conformance_test.cpp.
#pragma once

#include "conformance/cases.h"
#include "conformance/module.h"

#include <gtest/gtest.h>

namespace vsmlrt::test {

// The module libvsmlrt_NAME.so of this build.
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

// The same for one network on one backend.
class Networks : public testing::TestWithParam<std::tuple<std::string, std::size_t>> {
protected:
    void SetUp() override;
    [[nodiscard]] static std::string name() { return std::get<0>(GetParam()); }
    [[nodiscard]] static const Case &network() { return all_cases()[std::get<1>(GetParam())]; }
    [[nodiscard]] static const vsmlrt_backend &backend() { return *backend_named(name()).backend; }
};

[[nodiscard]] std::string network_test_name(const testing::TestParamInfo<Networks::ParamType> &info);

// The reach of a case's sizes, as a shape range.
[[nodiscard]] ProgramOptions range_of(const Case &network);

} // namespace vsmlrt::test
