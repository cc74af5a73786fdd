// How a backend's door behaves, whatever it computes.
#include "conformance/suite.h"

#include "model/onnx.h"
#include "networks/builder.h"
#include "networks/families.h"

#include <optional>
#include <set>
#include <thread>

namespace vsmlrt::test {
namespace {

std::vector<std::byte> small_network() {
    return model::write_onnx(srvgg(8, 3));
}

// Backends may store no programs of layers that they compute by kernels of their own; these are 3x3.
std::vector<std::byte> storable_network() {
    Builder b;
    const Name hidden = b.node("Relu", {b.conv(b.input(3), 3, 8, 5)});
    return model::write_onnx(b.output(b.conv(hidden, 8, 3, 5)).network());
}

vsmlrt_code code_of(const vsmlrt_backend &backend, std::span<const std::byte> onnx,
                    const ProgramOptions &options, std::string &message) {
    try {
        Program program(backend, onnx, options);
        return VSMLRT_OK;
    } catch (const Error &error) {
        message = error.what();
        return error.code();
    }
}

TEST_P(Conformance, DescribesItselfAndItsProgram) {
    EXPECT_EQ(backend().interface_version, VSMLRT_INTERFACE_VERSION);
    EXPECT_EQ(backend().name, GetParam());
    EXPECT_NE(std::string(backend().version()), "");
    Program program(backend(), small_network(), {});
    EXPECT_EQ(program.info().num_inputs, 1);
    EXPECT_EQ(program.info().num_outputs, 1);
    EXPECT_NE(program.info().precision, VSMLRT_PRECISION_AUTO);
    EXPECT_GE(program.info().context_bytes, 0);
}

TEST_P(Conformance, DescribesASizeOfAProgram) {
    constexpr vsmlrt_extent small = {16, 16};
    constexpr vsmlrt_extent large = {64, 48};
    const auto expect_same = [](const vsmlrt_program_info &given, const vsmlrt_program_info &wanted) {
        EXPECT_EQ(given.context_bytes, wanted.context_bytes);
        EXPECT_EQ(given.spare_contexts, wanted.spare_contexts);
        EXPECT_EQ(given.spare_context_bytes, wanted.spare_context_bytes);
    };
    const Program alone(backend(), small_network(), {.smallest = small, .largest = small});
    expect_same(alone.info(small), alone.info());
    const Program range(backend(), small_network(), {.smallest = small, .largest = large});
    if (backend().describe_size == nullptr)
        return expect_same(range.info(small), range.info());
    expect_same(range.info(small), alone.info());
    EXPECT_GT(range.info(large).context_bytes, range.info(small).context_bytes);
    EXPECT_GE(range.info().context_bytes, range.info(large).context_bytes);
}

// A device's kind, group and number say what nobody has to read out of its id.
TEST_P(Conformance, TellsOfEachDeviceItsKindAndItsNumberInItsGroup) {
    std::set<std::pair<std::string, int>> known;
    const auto visit = [](void *user, const vsmlrt_device_info *info) {
        EXPECT_GE(info->kind, VSMLRT_DEVICE_CPU) << info->id;
        EXPECT_LE(info->kind, VSMLRT_DEVICE_NPU) << info->id;
        EXPECT_EQ(std::string(info->id).rfind(info->group, 0), 0U) << info->id;
        EXPECT_GE(info->number, 0) << info->id;
        EXPECT_TRUE(
            static_cast<decltype(known) *>(user)->emplace(std::string(info->group), info->number).second)
            << info->id;
    };
    EXPECT_EQ(backend().list_devices(&known, visit, {}), VSMLRT_OK);
    EXPECT_FALSE(known.empty());
}

TEST_P(Conformance, RefusesAnUnknownDevice) {
    std::string message;
    const vsmlrt_sink sink = {&message, [](void *user, const void *data, std::size_t size) {
                                  static_cast<std::string *>(user)->append(static_cast<const char *>(data),
                                                                           size);
                              }};
    vsmlrt_device *device = nullptr;
    EXPECT_EQ(backend().open_device("no such device", &device, sink), VSMLRT_BAD_ARGUMENT);
    EXPECT_NE(message.find("no such device"), std::string::npos) << message;
}

TEST_P(Conformance, RefusesBytesThatAreNoNetwork) {
    std::string message;
    const std::vector<std::byte> noise(100, std::byte{0x5a});
    EXPECT_EQ(code_of(backend(), noise, {}, message), VSMLRT_BAD_MODEL) << message;
    EXPECT_NE(message, "");
}

TEST_P(Conformance, RefusesAnUnknownOption) {
    ProgramOptions options;
    options.options = {{"no.such.option", "1"}};
    std::string message;
    EXPECT_EQ(code_of(backend(), small_network(), options, message), VSMLRT_BAD_ARGUMENT) << message;
}

TEST_P(Conformance, GivesTheSameBuffersForTheSameSizeAndResultsForTheSameInput) {
    Program program(backend(), small_network(), {});
    Context context = program.context();
    const std::vector<Values> first = context.run_seeded({20, 12}, 5);
    static_cast<void>(context.run_seeded({33, 9}, 6));
    EXPECT_EQ(difference(context.run_seeded({20, 12}, 5), first), 0);
}

// The blob of a program, or nothing where the backend has none.
std::optional<std::string> blob_of(Program &program) {
    try {
        return program.blob();
    } catch (const Unsupported &) {
        return {};
    }
}

TEST_P(Conformance, AStoredProgramGivesWhatTheBuiltOneGave) {
    for (const vsmlrt_extent smallest : {vsmlrt_extent{8, 8}, vsmlrt_extent{64, 64}}) {
        ProgramOptions options;
        options.smallest = smallest;
        Program built(backend(), storable_network(), options);
        const auto blob = blob_of(built);
        if (!blob)
            GTEST_SKIP() << GetParam() << " has no programs to store on this device";
        options.blob = *blob;
        Program stored(backend(), storable_network(), options);
        EXPECT_EQ(stored.info().precision, built.info().precision);
        EXPECT_EQ(
            difference(stored.context().run_seeded({64, 64}, 3), built.context().run_seeded({64, 64}, 3)), 0);
    }
}

TEST_P(Conformance, RefusesABlobThatIsNone) {
    Program built(backend(), storable_network(), {});
    if (!blob_of(built))
        GTEST_SKIP() << GetParam() << " has no programs to store on this device";
    ProgramOptions options;
    options.blob = "no program at all";
    std::string message;
    EXPECT_NE(code_of(backend(), storable_network(), options, message), VSMLRT_OK);
    EXPECT_NE(message, "");
}

TEST_P(Conformance, RunsTwoContextsAtOnce) {
    ProgramOptions options;
    options.num_streams = 2;
    Program program(backend(), small_network(), options);
    Context one = program.context();
    Context other = program.context();
    const std::vector<Values> expected_one = one.run_seeded({20, 12}, 1);
    const std::vector<Values> expected_other = other.run_seeded({31, 17}, 2);
    double apart_one = 0;
    double apart_other = 0;
    const auto repeat = [](Context &context, vsmlrt_extent extent, std::uint64_t seed,
                           const std::vector<Values> &expected, double &apart) {
        for (int i = 0; i < 10; ++i)
            apart = std::max(apart, difference(context.run_seeded(extent, seed), expected));
    };
    std::thread first(repeat, std::ref(one), vsmlrt_extent{20, 12}, 1, std::cref(expected_one),
                      std::ref(apart_one));
    std::thread second(repeat, std::ref(other), vsmlrt_extent{31, 17}, 2, std::cref(expected_other),
                       std::ref(apart_other));
    first.join();
    second.join();
    EXPECT_EQ(apart_one, 0);
    EXPECT_EQ(apart_other, 0);
}

} // namespace
} // namespace vsmlrt::test
