#include "base/each_instruction_set.h"
#include "base/error.h"

#include <cstdlib>
#include <optional>
#include <tuple>

namespace vsmlrt::test {
namespace {

// What VSMLRT_CPU says, put back at the end.
class Uncapped : public testing::Test {
protected:
    ~Uncapped() override { set(before_ ? before_->c_str() : nullptr); }

    static void set(const char *value) {
        if (value)
            ::setenv("VSMLRT_CPU", value, 1);
        else
            ::unsetenv("VSMLRT_CPU");
    }

private:
    static std::optional<std::string> now() {
        const char *value = std::getenv("VSMLRT_CPU");
        return value ? std::optional<std::string>(value) : std::nullopt;
    }
    std::optional<std::string> before_ = now();
};

class Capped : public Uncapped, public testing::WithParamInterface<InstructionSet> {};

TEST_P(Capped, UpToTheCapAndNoFurtherWhatTheProcessorHas) {
    set(vsmlrt::name(GetParam()));
    EXPECT_EQ(instruction_set_cap(), GetParam());
    for (const InstructionSet set : instruction_sets)
        EXPECT_EQ(may_use(set), set <= GetParam() && processor_has(set)) << vsmlrt::name(set);
}

// Otherwise a cap of avx2 would leave a processor its bf16.
TEST_P(Capped, ASetComesWithThoseBeforeIt) {
    for (const InstructionSet set : instruction_sets)
        if (set < GetParam()) {
            EXPECT_GE(processor_has(set), processor_has(GetParam())) << vsmlrt::name(set);
        }
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, Capped, testing::ValuesIn(instruction_sets), instruction_set_name);

TEST_F(Uncapped, WithoutTheVariableThereIsNoCap) {
    for (const char *nothing : {static_cast<const char *>(nullptr), ""}) {
        set(nothing);
        EXPECT_EQ(instruction_set_cap(), InstructionSet::amx);
    }
}

TEST_F(Uncapped, AnUnknownNameIsRefusedWithThoseThatThereAre) {
    for (const char *wrong : {"AVX2", "avx2 ", "sse4", "none", "0"}) {
        set(wrong);
        try {
            std::ignore = may_use(InstructionSet::baseline);
            FAIL() << wrong;
        } catch (const BadArgument &error) {
            EXPECT_EQ(error.what(),
                      std::string("the environment variable VSMLRT_CPU must be baseline, avx2, avx512, "
                                  "avx512_bf16 or amx, got ") +
                          wrong);
        }
    }
}

} // namespace
} // namespace vsmlrt::test
