// Provider libraries: registered where they are found, and named with the reason where they cannot be used.
#include "backends/onnxruntime/child.h"
#include "backends/onnxruntime/ort_api.h"
#include "base/text.h"
#include "conformance/precision.h"
#include "engine/backend.h"
#include "graph/lower.h"
#include "model/onnx.h"
#include "networks/families.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <thread>

namespace vsmlrt::test {
namespace {

std::string ids_of(const vsmlrt_backend &backend) {
    std::string ids;
    const auto visit = [](void *user, const vsmlrt_device_info *info) {
        static_cast<std::string *>(user)->append(info->id).append(" ");
    };
    return backend.list_devices(&ids, visit, {}) == VSMLRT_OK ? ids : "failed";
}

// "CPU CUDA.0 | what is said of a device that does not exist".
std::string listed_and_refused(const char *id, const Variables &variables) {
    return in_child(variables, [&] {
        const Opened opened = open_backend();
        if (!opened.backend)
            return "cannot run: " + opened.reason;
        std::string error;
        const vsmlrt_sink sink = {&error, [](void *user, const void *data, std::size_t size) {
                                      static_cast<std::string *>(user)->append(
                                          static_cast<const char *>(data), size);
                                  }};
        vsmlrt_device *device = nullptr;
        const vsmlrt_code code = opened.backend->open_device(id, &device, sink);
        if (code == VSMLRT_OK)
            opened.backend->close_device(device);
        return text(ids_of(*opened.backend), "| ", code, " ", error);
    });
}

#define SKIP_IF_ABSENT(answer)                                                                               \
    if ((answer).rfind("cannot run: ", 0) == 0)                                                              \
    GTEST_SKIP() << (answer)

TEST(OnnxRuntimeProviders, AnUnknownDeviceIsRefusedWithThoseThatAreThere) {
    const std::string answer = listed_and_refused("Abacus.0", {});
    SKIP_IF_ABSENT(answer);
    EXPECT_EQ(answer.rfind("CPU ", 0), 0U) << answer;
    EXPECT_NE(answer.find("| 1 ONNX Runtime has no device \"Abacus.0\" on this machine; it has CPU"),
              std::string::npos)
        << answer;
}

// Each is named with its reason, and the CPU stays usable.
TEST(OnnxRuntimeProviders, ALibraryThatIsNoProviderIsNamed) {
    const std::string words = testing::TempDir() + "libwords.so";
    std::ofstream(words) << "no library at all";
    const std::vector<std::pair<std::string, std::string>> given = {
        {VSMLRT_FAKES "/libno_provider.so",
         "it is not an execution provider of ONNX Runtime (it has no CreateEpFactories)"},
        {"/no/such/library.so", "there is no such file"},
        {words, "file too short"},
        {VSMLRT_FAKES "/libfailing_provider.so", "the driver of the abacus does not answer"}};
    for (const auto &[file, reason] : given) {
        const std::string answer = listed_and_refused("Abacus.0", {{"VSMLRT_ONNXRUNTIME_PROVIDERS", file}});
        SKIP_IF_ABSENT(answer);
        EXPECT_EQ(answer.rfind("CPU ", 0), 0U) << answer;
        EXPECT_NE(answer.find(file + " is not used: "), std::string::npos) << answer;
        EXPECT_NE(answer.find(reason), std::string::npos) << answer;
    }
    std::filesystem::remove(words);
}

std::string absences_of(const vsmlrt_backend &backend) {
    std::string all;
    backend.list_absent(&all, [](void *user, const char *what, const char *reason) {
        static_cast<std::string *>(user)->append(text(what, ": ", reason, "\n"));
    });
    return all;
}

// Its library is registered by its file's name.
TEST(OnnxRuntimeProviders, OneWithAnotherNameThanItsLibraryIsListedAndNotAbsent) {
    const Variables variables = {
        {"VSMLRT_ONNXRUNTIME_PROVIDERS", VSMLRT_FAKES "/libsessionless_provider.so"}};
    const std::string answer = in_child(variables, [] {
        const Opened opened = open_backend();
        return opened.backend ? text(ids_of(*opened.backend), "| ", absences_of(*opened.backend))
                              : "cannot run: " + opened.reason;
    });
    SKIP_IF_ABSENT(answer);
    EXPECT_EQ(answer.rfind("CPU Abacus.0 ", 0), 0U) << answer;
    EXPECT_EQ(answer.find("sessionless_provider"), std::string::npos) << answer;
}

// What building a program on the device says, with its code; "built" if it is built.
std::string built_or_refused(const vsmlrt_backend &backend, const char *id) {
    ProgramOptions options;
    options.device = id;
    try {
        const Program program(backend, model::write_onnx(srvgg(4, 2)), options);
        return "built";
    } catch (const Error &refused) {
        return text(refused.code(), " ", refused.what());
    }
}

std::vector<Values> computed_by_cpu(const vsmlrt_backend &backend) {
    ProgramOptions options;
    options.device = "CPU";
    Program program(backend, model::write_onnx(srvgg(4, 2)), options);
    return program.context().run_seeded({24, 16}, 5);
}

// "CPU Abacus.0 | what building a program on Abacus.0 says", and what is not as it should be after that.
std::string listed_and_failing(const Variables &variables) {
    return in_child(variables, [] {
        const Opened opened = open_backend();
        if (!opened.backend)
            return "cannot run: " + opened.reason;
        const vsmlrt_backend &backend = *opened.backend;
        const std::vector<Values> before = computed_by_cpu(backend);
        std::string said = text(ids_of(backend), "| ", built_or_refused(backend, "Abacus.0"));
        if (const std::string again = built_or_refused(backend, "Abacus.0"); !said.ends_with("| " + again))
            said += "; then " + again;
        if (difference(computed_by_cpu(backend), before) != 0)
            said += "; then the CPU computes something else";
        return said;
    });
}

// The network is not blamed, whatever the provider's status code.
TEST(OnnxRuntimeProviders, OneThatFailsWhenASessionIsMadeSaysWhyAndTheCpuStaysUsable) {
    constexpr int codes[] = {ort::error_fail, ort::error_no_such_file, ort::error_invalid_graph,
                             ort::error_not_implemented};
    for (const int code : codes) {
        const std::string answer =
            listed_and_failing({{"VSMLRT_ONNXRUNTIME_PROVIDERS", VSMLRT_FAKES "/libsessionless_provider.so"},
                                {"VSMLRT_TEST_STATUS", std::to_string(code)}});
        SKIP_IF_ABSENT(answer);
        const std::string devices = answer.substr(0, answer.find(" |"));
        ASSERT_EQ(devices.rfind("CPU Abacus.0", 0), 0U) << answer;
        std::string others = "CPU";
        std::istringstream listed(devices.substr(std::string("CPU Abacus.0").size()));
        for (std::string id; listed >> id;)
            others += ", " + id;
        EXPECT_EQ(answer,
                  text(devices, " | ", VSMLRT_DEVICE,
                       " the provider Abacus of ONNX Runtime cannot start on Abacus.0: the abacus has lost "
                       "its beads: two of ten; put that right, or use another device (",
                       others, ")"));
    }
}

TEST(OnnxRuntimeProviders, WhatAProviderNeedsIsFoundInNvidiasWheelsBesideOnnxRuntime) {
    namespace fs = std::filesystem;
    const std::string real = in_child({}, [] {
        const Opened opened = open_backend();
        return opened.backend ? opened_library().string() : "cannot run: " + opened.reason;
    });
    SKIP_IF_ABSENT(real);
    const fs::path site = fs::path(testing::TempDir()) / "site";
    fs::remove_all(site);
    fs::create_directories(site / "onnxruntime" / "capi");
    fs::create_symlink(real, site / "onnxruntime" / "capi" / fs::path(real).filename());
    const Variables variables = {{"VSMLRT_ONNXRUNTIME", (site / "onnxruntime").string()},
                                 {"VSMLRT_ONNXRUNTIME_PROVIDERS", VSMLRT_FAKES "/libneedy_provider.so"}};
    EXPECT_NE(listed_and_refused("Abacus.0", variables).find("libelsewhere.so.7 is missing"),
              std::string::npos);

    fs::create_directories(site / "nvidia" / "cu13" / "lib");
    fs::copy_file(VSMLRT_FAKES "/elsewhere/libelsewhere.so.7",
                  site / "nvidia" / "cu13" / "lib" / "libelsewhere.so.7");
    EXPECT_NE(listed_and_refused("Abacus.0", variables).find("it has no CreateEpFactories"),
              std::string::npos);
    fs::remove_all(site);
}

// What a device computes is what it says it computes in: two streams of a dynamic program at once, and the
// program again from its stored form where it has one. Empty, or what is wrong.
std::string judge_device(const char *id, vsmlrt_precision asked) {
    const Opened opened = open_backend();
    const model::Network network = srvgg(8, 3);
    const std::vector<std::byte> onnx = model::write_onnx(network);
    const graph::Graph graph = graph::lower(network);
    ProgramOptions options;
    options.device = id;
    options.num_streams = 2;
    options.precision = asked;
    const auto judge = [&](Program &program) {
        Context one = program.context();
        Context other = program.context();
        std::vector<Values> parallel;
        std::thread second([&] { parallel = other.run_seeded({33, 17}, 4); });
        const std::vector<Values> results = one.run_seeded({40, 24}, 3);
        second.join();
        std::string wrong;
        const auto compare = [&](const std::vector<Values> &given, vsmlrt_extent extent, std::uint64_t seed) {
            const vsmlrt_precision said = program.info().precision;
            const Expected expected = expected_of(graph, extent, seeded(seed), said);
            const double apart = difference(given, expected.values);
            if (apart > expected.tolerance || apart < expected.least)
                wrong += text("says ", engine::precision_name(said), ", apart ", apart, " where that has ",
                              expected.spread, "; ");
        };
        compare(results, {40, 24}, 3);
        compare(parallel, {33, 17}, 4);
        return wrong;
    };
    Program there(*opened.backend, onnx, options);
    std::string wrong = judge(there);
    // Others have no switch for TF32.
    if (std::string(id) == "OpenVINO.0" && asked == VSMLRT_PRECISION_FP32 && there.info().precision != asked)
        wrong += "fp32 is not computed in fp32";
    if (there.info().blob_worth_caching != 0) {
        options.blob = there.blob();
        Program again(*opened.backend, onnx, options);
        wrong += judge(again);
    }
    return wrong;
}

// A real wheel is registered, and lists a device that computes or says that it has none here.
void check_wheel(const char *package, const char *name, const char *id) {
    const std::string answer = listed_and_refused("Abacus.0", {});
    SKIP_IF_ABSENT(answer);
    if (answer.find(text(id, " ")) != std::string::npos) {
        for (const auto asked : {VSMLRT_PRECISION_FP32, VSMLRT_PRECISION_BF16, VSMLRT_PRECISION_FP16})
            EXPECT_EQ(in_child({}, [&] { return judge_device(id, asked); }), "")
                << engine::precision_name(asked) << " was asked for";
        return;
    }
    if (answer.find(text(name, " is registered and lists no device here")) != std::string::npos)
        GTEST_SKIP() << answer;
    // A library that is there and is not registered is a failure, unless it lacks its device's driver.
    const bool unusable = answer.find(" is not used: ") != std::string::npos &&
                          answer.find("libcuda.so.1 is missing") == std::string::npos;
    ASSERT_FALSE(unusable) << answer;
    GTEST_SKIP() << package << " is not installed, or not usable: " << answer;
}

TEST(OnnxRuntimeProviders, TheWebGpuWheelIsRegisteredAndComputesWhereItListsADevice) {
    check_wheel("onnxruntime-ep-webgpu", "WebGpuExecutionProvider", "WebGPU.0");
}

TEST(OnnxRuntimeProviders, TheOpenVinoWheelIsRegisteredAndComputesWhereItListsADevice) {
    check_wheel("onnxruntime-ep-openvino", "OpenVINOExecutionProvider", "OpenVINO.0");
}

TEST(OnnxRuntimeProviders, TheTensorRtRtxWheelIsRegisteredAndComputesWhereItListsADevice) {
    check_wheel("onnxruntime-ep-nv-tensorrt-rtx-cu13", "NvTensorRTRTXExecutionProvider", "NvTensorRTRTX.0");
}

} // namespace
} // namespace vsmlrt::test
