// Which ONNX Runtime is taken, and what is said of one that cannot be.
#include "backends/onnxruntime/child.h"
#include "base/text.h"
#include "engine/registry.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace vsmlrt::test {
namespace {

namespace fs = std::filesystem;

std::string backend_with(const std::string &library) {
    return in_child({{"VSMLRT_ONNXRUNTIME", library}}, [] {
        engine::set_module_folder(VSMLRT_MODULES);
        return engine::find_backend("onnxruntime").version();
    });
}

std::string fake(const char *version) {
    return text(VSMLRT_FAKES, "/libfake_onnxruntime_", version, ".so");
}

const char *const remedy =
    "; install it with: pip install onnxruntime (or set VSMLRT_ONNXRUNTIME to the folder "
    "that holds it)";

TEST(OnnxRuntimeLibrary, MissingIsNamedWithTheRemedy) {
    EXPECT_EQ(backend_with("/no/such/folder"),
              text("backend onnxruntime cannot run on this machine: VSMLRT_ONNXRUNTIME is "
                   "\"/no/such/folder\", which does not exist",
                   remedy));
    EXPECT_EQ(backend_with(VSMLRT_MODULES),
              text("backend onnxruntime cannot run on this machine: VSMLRT_ONNXRUNTIME is \"", VSMLRT_MODULES,
                   "\", and there is no libonnxruntime.so in that folder", remedy));
}

TEST(OnnxRuntimeLibrary, AnotherVersionIsNamedWithTheOneNeeded) {
    for (const char *version : {"2.0.0", "1.15.1", "1.99.0"})
        EXPECT_EQ(backend_with(fake(version)),
                  text("backend onnxruntime cannot run on this machine: ", fake(version), " is ONNX Runtime ",
                       version, ", and 1.23 or a later 1.x is needed", remedy));
}

TEST(OnnxRuntimeLibrary, WhatIsNoOnnxRuntimeIsSaidToBeNone) {
    const std::string other = text(VSMLRT_FAKES, "/libno_provider.so");
    EXPECT_NE(backend_with(other).find(other + " is not ONNX Runtime: it has no OrtGetApiBase"),
              std::string::npos);
    const fs::path words = fs::path(testing::TempDir()) / "libonnxruntime.so.1";
    std::ofstream(words) << "no library at all";
    EXPECT_NE(backend_with(words.string()).find(words.string()), std::string::npos);
    fs::remove(words);
}

TEST(OnnxRuntimeLibrary, IsFoundWithoutAVariableWhereItsWheelIs) {
    const std::string found = in_child({}, [] {
        engine::set_module_folder(VSMLRT_MODULES);
        return engine::find_backend("onnxruntime").version();
    });
    if (found.find("libonnxruntime.so is missing") != std::string::npos)
        GTEST_SKIP() << found;
    EXPECT_EQ(found.rfind("ONNX Runtime 1.", 0), 0U) << found;
}

TEST(OnnxRuntimeLibrary, IsNotWhatAutoTakesWhereOpenVinoRuns) {
    const std::string chosen = in_child({}, [] {
        engine::set_module_folder(VSMLRT_MODULES);
        std::string names;
        for (const engine::BackendState &state : engine::list_backends())
            names += state.backend ? state.name + " " : "";
        return names + "-> " + engine::find_backend("auto").name();
    });
    if (chosen.find("openvino ") == std::string::npos || chosen.find("onnxruntime ") == std::string::npos)
        GTEST_SKIP() << "needs both: " << chosen;
    EXPECT_NE(chosen.find("-> openvino"), std::string::npos) << chosen;
}

} // namespace
} // namespace vsmlrt::test
