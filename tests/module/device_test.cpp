#include "module/device.h"

#include <gtest/gtest.h>

namespace {

using namespace vsmlrt;

struct Named {
    std::string id;
};

TEST(Device, OneIsFoundByItsId) {
    const std::vector<Named> devices = {{"CPU"}, {"GPU.0"}};
    EXPECT_EQ(&device_of(devices, "GPU.0", "X"), &devices[1]);
}

TEST(Device, AnUnknownIdIsAnsweredWithWhatThereIs) {
    const std::vector<Named> devices = {{"CPU"}, {"GPU.0"}};
    try {
        static_cast<void>(device_of(devices, "NPU", "X", " (NPU: no driver)"));
        FAIL() << "an unknown device was accepted";
    } catch (const BadArgument &failure) {
        EXPECT_STREQ(failure.what(),
                     "X has no device \"NPU\" on this machine; it has CPU, GPU.0 (NPU: no driver)");
    }
}

TEST(Device, MemoryIsAnsweredWithARemedyAndNothingElseIs) {
    for (const char *words : {"Failed to allocate 7 bytes", "Allocation failed", "CUDA: out of memory"})
        EXPECT_STRNE(memory_remedy(words), "") << words;
    EXPECT_STREQ(memory_remedy("no kernel for Conv"), "");
}

} // namespace
