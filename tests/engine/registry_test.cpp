// Modules are found next to the plugin, and what cannot run says why.
#include "engine/registry.h"
#include "networks.h"

#include <functional>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

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

TEST(Registry, ABackendThatTheSystemCannotHaveIsListedWithTheReason) {
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("registry_" + std::to_string(std::random_device{}()));
    std::filesystem::create_directory(folder);
    std::ofstream(folder / "libvsmlrt_absent.absent") << "there is no such library for this system\n";
    engine::set_module_folder(folder);
    const std::vector<engine::BackendState> states = engine::list_backends();
    ASSERT_EQ(states.size(), 1U);
    EXPECT_EQ(states[0].name, "absent");
    EXPECT_FALSE(states[0].backend);
    EXPECT_EQ(states[0].reason, "there is no such library for this system");
    EXPECT_EQ(refusal([] { static_cast<void>(engine::find_backend("absent")); }),
              "backend absent cannot run on this machine: there is no such library for this system");
    std::filesystem::remove_all(folder);
    test::use_built_modules();
}

} // namespace
} // namespace vsmlrt
