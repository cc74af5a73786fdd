// Nothing that is thrown inside a module leaves it: every kind becomes a code and one sentence.
#include "module/door.h"

#include <gtest/gtest.h>

namespace {

using namespace vsmlrt;

vsmlrt_sink sink_of(std::string &text) {
    return {&text, [](void *user, const void *data, std::size_t size) {
                static_cast<std::string *>(user)->append(static_cast<const char *>(data), size);
            }};
}

TEST(Door, EveryFailureHasItsCodeAndItsText) {
    const auto outcome = [](auto body) {
        std::string text;
        const vsmlrt_code code = guarded(sink_of(text), body);
        return std::pair(code, text);
    };
    using Outcome = std::pair<vsmlrt_code, std::string>;
    EXPECT_EQ(outcome([] {}), Outcome(VSMLRT_OK, ""));
    EXPECT_EQ(outcome([] { throw BadArgument("a ", 1); }), Outcome(VSMLRT_BAD_ARGUMENT, "a 1"));
    EXPECT_EQ(outcome([] { throw BadModel("b"); }), Outcome(VSMLRT_BAD_MODEL, "b"));
    EXPECT_EQ(outcome([] { throw std::bad_alloc(); }), Outcome(VSMLRT_DEVICE, "out of memory"));
    EXPECT_EQ(outcome([] { throw std::runtime_error("c"); }), Outcome(VSMLRT_INTERNAL, "c"));
    EXPECT_EQ(outcome([] { throw 7; }), Outcome(VSMLRT_INTERNAL, "a failure of unknown kind"));
}

TEST(Door, ASinkWithoutAWriterSwallowsTheText) {
    EXPECT_EQ(guarded({}, [] { throw DeviceError("d"); }), VSMLRT_DEVICE);
}

struct Device {};

// A program as the entries want it.
struct Program {
    Program(Device &, const vsmlrt_program_desc &desc) : streams(desc.num_streams) {
        if (streams < 0)
            throw BadArgument("fewer than none");
    }
    [[nodiscard]] vsmlrt_program_info info() const {
        vsmlrt_program_info info = {};
        info.num_inputs = streams;
        return info;
    }
    [[nodiscard]] std::string blob() const { return {"b\0b", 3}; }
    std::int32_t streams;
};

TEST(Door, EntriesBuildDescribeAndExport) {
    Device device;
    vsmlrt_program_desc desc = {};
    desc.num_streams = 3;
    Program *program = nullptr;
    ASSERT_EQ(build_program(&device, &desc, &program, {}), VSMLRT_OK);
    vsmlrt_program_info info = {};
    describe_program(program, &info);
    EXPECT_EQ(info.num_inputs, 3);
    std::string blob;
    EXPECT_EQ(export_program(program, sink_of(blob), {}), VSMLRT_OK);
    EXPECT_EQ(blob, std::string("b\0b", 3));
    destroy(program);

    desc.num_streams = -1;
    program = nullptr;
    std::string error;
    EXPECT_EQ(build_program(&device, &desc, &program, sink_of(error)), VSMLRT_BAD_ARGUMENT);
    EXPECT_EQ(error, "fewer than none");
    EXPECT_EQ(program, nullptr);
}

} // namespace
