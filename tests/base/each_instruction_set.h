// Tests that run once for each set of instructions; where this machine lacks one they are skipped and say so.
#pragma once

#include "base/instruction_sets.h"

#include <gtest/gtest.h>
#include <string>

namespace vsmlrt::test {

class EachInstructionSet : public testing::TestWithParam<InstructionSet> {
protected:
    void SetUp() override {
        if (!processor_has(GetParam()))
            GTEST_SKIP() << "this processor has no " << vsmlrt::name(GetParam());
        if (!may_use(GetParam()))
            GTEST_SKIP() << "VSMLRT_CPU allows no more than " << vsmlrt::name(instruction_set_cap());
    }
};

inline std::string instruction_set_name(const testing::TestParamInfo<InstructionSet> &info) {
    return vsmlrt::name(info.param);
}

} // namespace vsmlrt::test
