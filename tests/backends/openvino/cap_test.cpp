#include "backends/openvino/cap.h"

#include <gtest/gtest.h>

namespace vsmlrt::openvino {
namespace {

TEST(Cap, OfSse41IsNotBorneByAnyProcessor) {
    for (const bool avx512 : {false, true})
        for (const char *cap : {"SSE41", "sse41"})
            EXPECT_NE(cap_obstacle(cap, avx512).find("set it to AVX or more"), std::string::npos);
}

TEST(Cap, BelowAvx512IsBorneWhereTheProcessorHasNone) {
    for (const char *cap : {"AVX", "avx2", "AVX2_VNNI", "AVX2_VNNI_2"}) {
        EXPECT_EQ(cap_obstacle(cap, false), "") << cap;
        EXPECT_NE(cap_obstacle(cap, true).find("set it to AVX512_CORE or more"), std::string::npos) << cap;
    }
}

TEST(Cap, OfAvx512AndAboveIsBorne) {
    for (const bool avx512 : {false, true})
        for (const char *cap :
             {"AVX512_CORE", "AVX512_CORE_VNNI", "AVX512_CORE_BF16", "AVX10_1_512_AMX", "ALL", "DEFAULT"})
            EXPECT_EQ(cap_obstacle(cap, avx512), "") << cap;
}

} // namespace
} // namespace vsmlrt::openvino
