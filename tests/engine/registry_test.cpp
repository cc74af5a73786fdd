// Modules are found next to the plugin, and what cannot run says why.
#include "engine/registry.h"
#include "networks.h"

#include <functional>
#include <gtest/gtest.h>

namespace vsmlrt {
namespace {

std::string refusal(const std::function<void()> &call) {
    try {
        call();
    } catch (const Error &error) {
        return error.what();
    }
    return "accepted";
}

TEST(Registry, FindsTheReferenceBackendByName) {
    test::use_built_modules();
    const engine::Backend backend = engine::find_backend("reference");
    EXPECT_EQ(backend.name(), "reference");
    EXPECT_LT(backend.rank(), 0);
    EXPECT_FALSE(backend.devices().empty());
}

TEST(Registry, NamesWhatIsAcceptedForAnUnknownBackend) {
    test::use_built_modules();
    const std::string message = refusal([] { static_cast<void>(engine::find_backend("abacus")); });
    EXPECT_NE(message.find("\"backend\" must be auto or one of "), std::string::npos);
    EXPECT_NE(message.find("reference; got \"abacus\""), std::string::npos);
}

TEST(Registry, NamesWhatIsAcceptedForAnUnknownDevice) {
    test::use_built_modules();
    const engine::Backend backend = engine::find_backend("reference");
    EXPECT_EQ(refusal([&] { static_cast<void>(engine::find_device(backend, "GPU.7", 0)); }),
              "\"device\" must be one of CPU for backend reference; got \"GPU.7\"");
    EXPECT_EQ(refusal([&] { static_cast<void>(engine::find_device(backend, "", 3)); }),
              "\"device_id\" must be 0 to 0 for backend reference (CPU); got 3");
}

} // namespace
} // namespace vsmlrt
