// What can be said of the declared C ABI without its header.
#include "backends/onnxruntime/provider_abi.h"

#include <gtest/gtest.h>
#include <set>

namespace vsmlrt::ort {
namespace {

TEST(OnnxRuntimeAbi, NoSlotIsDeclaredTwice) {
    std::multiset<std::size_t> slots;
#define VSMLRT_NOTE(slot, name, ...) slots.insert(slot);
    VSMLRT_ORT_API(VSMLRT_NOTE)
    VSMLRT_ORT_PROVIDER_API(VSMLRT_NOTE)
    const std::set<std::size_t> distinct(slots.begin(), slots.end());
    EXPECT_EQ(slots.size(), distinct.size());
    slots.clear();
    VSMLRT_ORT_COMPILE_API(VSMLRT_NOTE)
#undef VSMLRT_NOTE
    EXPECT_EQ(slots.size(), std::set<std::size_t>(slots.begin(), slots.end()).size());
}

TEST(OnnxRuntimeAbi, AgreesWithTheOfficialHeader) {
#ifdef VSMLRT_OFFICIAL_HEADER
    SUCCEED() << "official_header_test.cpp compiled: every check in it is made by the compiler";
#else
    GTEST_SKIP() << "no header to check against; configure with -DONNXRUNTIME_INCLUDE_DIR=FOLDER";
#endif
}

} // namespace
} // namespace vsmlrt::ort
