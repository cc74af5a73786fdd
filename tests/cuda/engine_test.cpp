// The backend on the emulated driver: what it computes, what it leaves behind, and what happens when a call
// fails.
#include "backends/cuda/context.h"
#include "base/environment.h"
#include "base/error.h"
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"
#include "model/edit.h"
#include "networks/builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <thread>

namespace vsmlrt::cuda {
namespace {

using test::Random;

constexpr vsmlrt_extent extent = {12, 10};

vsmlrt_program_desc describe(const std::vector<std::byte> &onnx) {
    return test::described(onnx, {8, 8}, extent);
}

std::vector<float> run_twice(const std::vector<std::byte> &onnx, std::span<const float> input,
                             vsmlrt_extent size = extent) {
    vsmlrt_program_desc desc = describe(onnx);
    desc.min_extent = desc.opt_extent = desc.max_extent = size;
    Program program(list_devices().front(), desc);
    Context context(program);
    vsmlrt_tensor in = {};
    vsmlrt_tensor out = {};
    context.bind(size, &in, &out);
    std::copy(input.begin(), input.end(), static_cast<float *>(in.data));
    context.run();
    context.run(); // by the recorded graph
    std::int64_t count = 1;
    for (std::int32_t axis = 0; axis < out.rank; ++axis)
        count *= out.dims[axis];
    const auto *values = static_cast<const float *>(out.data);
    return {values, values + count};
}

std::vector<float> picture(vsmlrt_extent size = extent) {
    return Random(3).list(std::int64_t{3} * size.width * size.height);
}

TEST(Engine, WantsQueuesForAllStreamsOfTheDriver) {
    ASSERT_TRUE(test::named);
    static_cast<void>(nvidia::driver());
    const std::string wanted = environment("CUDA_DEVICE_MAX_CONNECTIONS"); // 32 unless who runs this set it
    EXPECT_FALSE(wanted.empty());
    EXPECT_EQ(emulated_queues(), wanted);
}

TEST(Engine, GivesWhatTheReferenceGivesAndLeavesNothingBehind) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const model::Network network = test::srvgg(8, 3);
    const std::vector<float> given = run_twice(model::write_onnx(network), picture());
    const std::vector<float> wanted = test::reference_result(network, extent, picture());
    ASSERT_EQ(given.size(), wanted.size());
    for (std::size_t i = 0; i < given.size(); ++i)
        ASSERT_NEAR(given[i], wanted[i], 1e-5F) << i;
    EXPECT_EQ(emulated_live(), 0U);
    EXPECT_STREQ(emulated_faults(), "");
}

TEST(Engine, AnyCallThatFailsIsADeviceErrorAndLeavesNothingBehind) {
    const std::vector<std::byte> onnx = model::write_onnx(test::srvgg(8, 3));
    emulated_reset(0);
    const std::vector<float> wanted = run_twice(onnx, picture());
    const long calls = emulated_calls();
    ASSERT_GT(calls, 10);
    long without_graph = 0;
    // The last one is what a context waits for when it is freed: nobody is left to be told.
    for (long call = 1; call < calls; ++call) {
        emulated_reset(call);
        try {
            EXPECT_EQ(run_twice(onnx, picture()), wanted) << "call " << call;
            ++without_graph;
        } catch (const DeviceError &) { // what all calls but a graph's end with
        }
        EXPECT_EQ(emulated_live(), 0U) << "call " << call;
        EXPECT_STREQ(emulated_faults(), "") << "call " << call;
    }
    // The calls that record a graph: begin, three kernels, end, instantiate.
    constexpr int of_recording = 6;
    EXPECT_EQ(without_graph, of_recording);
}

// Products of zeros take a card less power than a picture's, and clocks with it.
TEST(Engine, WhatIsTimedReadsAFrameInEveryArena) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const std::vector<std::byte> onnx = model::write_onnx(test::srvgg(8, 3));
    vsmlrt_program_desc desc = describe(onnx);
    desc.num_streams = 3;
    Program program(list_devices().front(), desc);
    Context context(program);
    vsmlrt_tensor in = {};
    vsmlrt_tensor out = {};
    context.bind(extent, &in, &out);
    const std::vector<float> shown = picture();
    std::copy(shown.begin(), shown.end(), static_cast<float *>(in.data));
    context.run();
    const Context second(program); // their arenas are free longer than the one that has the frame
    const Context third(program);
    EXPECT_EQ(context.time_side_by_side(1).frames, 3U);
    const nvidia::Stream stream = nvidia::make_stream(program.device());
    std::vector<std::unique_ptr<ArenaPool::Lease>> all;
    while (auto lease = ArenaPool::Lease::of_idle(program.arenas(), stream.get(), extent)) {
        const Launches &network = lease->launches([&](vsmlrt_extent size) { return program.plan(size); });
        std::vector<float> read(shown.size());
        nvidia::check(
            nvidia::driver().copy_to_host_async(read.data(), network.address(network.plan().inputs.front()),
                                                read.size() * sizeof(float), lease->arena().stream()),
            "copying");
        nvidia::check(nvidia::driver().stream_synchronize(lease->arena().stream()), "copying");
        EXPECT_EQ(read, shown) << lease->arena().number();
        all.push_back(std::move(lease));
    }
    EXPECT_EQ(all.size(), 3U);
    all.clear();
    EXPECT_STREQ(emulated_faults(), "");
}

// Each waits for the arena that has the frame, and leaves it one.
TEST(Engine, ContextsAreTimedAtOnce) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const std::vector<std::byte> onnx = model::write_onnx(test::srvgg(8, 3));
    vsmlrt_program_desc desc = describe(onnx);
    desc.num_streams = 2;
    Program program(list_devices().front(), desc);
    std::array<std::optional<Context>, 2> contexts;
    vsmlrt_tensor in = {};
    vsmlrt_tensor out = {};
    for (std::optional<Context> &context : contexts) {
        context.emplace(program);
        context->bind(extent, &in, &out);
    }
    contexts.back()->run();
    std::vector<std::thread> threads;
    for (std::optional<Context> &context : contexts)
        threads.emplace_back([&context] {
            for (int i = 0; i < 20; ++i)
                EXPECT_GE(context->time_side_by_side(1).frames, 1U);
        });
    for (std::thread &thread : threads)
        thread.join();
    EXPECT_STREQ(emulated_faults(), "");
}

TEST(Engine, WhatIsTimedIsAFrameOfItsSize) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const std::vector<std::byte> onnx = model::write_onnx(test::srvgg(8, 3));
    Program program(list_devices().front(), describe(onnx));
    Context context(program);
    Context other(program);
    vsmlrt_tensor in = {};
    vsmlrt_tensor out = {};
    context.bind(extent, &in, &out);
    context.run();
    EXPECT_GT(context.time_launches(0, 1, 1), 0);
    other.bind({8, 8}, &in, &out);
    other.run(); // in the same memory
    EXPECT_THROW(static_cast<void>(context.time_launches(0, 1, 1)), DeviceError);
    EXPECT_GT(other.time_launches(0, 1, 1), 0);
    context.run();
    EXPECT_GT(context.time_launches(0, 1, 1), 0);
    EXPECT_STREQ(emulated_faults(), "");
}

TEST(Engine, EachKernelOfTheBoundSizeIsTimedInOrder) {
    emulated_reset(0);
    const std::vector<std::byte> onnx = model::write_onnx(test::srvgg(8, 3));
    Program program(list_devices().front(), describe(onnx));
    Context context(program);
    const auto nothing = [](const vsmlrt_layer_time &) {};
    EXPECT_THROW(static_cast<void>(context.time_layers(nothing)), InternalError); // nothing is bound
    vsmlrt_tensor in = {};
    vsmlrt_tensor out = {};
    context.bind(extent, &in, &out);
    EXPECT_THROW(static_cast<void>(context.time_layers(nothing)), DeviceError); // no frame has run
    context.run();
    std::vector<std::string> labels;
    double operations = 0;
    const double whole = context.time_layers([&](const vsmlrt_layer_time &layer) {
        EXPECT_STRNE(layer.kernel, "");
        EXPECT_GT(layer.milliseconds, 0);
        EXPECT_GT(layer.bytes, 0);
        EXPECT_GT(layer.bytes_rate, 0);
        EXPECT_EQ(layer.operations_rate > 0, layer.operations > 0);
        operations += layer.operations;
        labels.emplace_back(layer.layers);
    });
    EXPECT_GT(whole, 0);
    // 3 to 8 channels, 8 to 8, 8 to 48.
    EXPECT_EQ(operations, 2.0 * 9 * extent.width * extent.height * (3 * 8 + 8 * 8 + 8 * 48));
    const Plan plan = program.plan(extent);
    ASSERT_EQ(labels.size(), plan.steps.size());
    for (std::size_t i = 0; i < labels.size(); ++i)
        EXPECT_EQ(labels[i], plan.steps[i].label);
    EXPECT_STREQ(emulated_faults(), "");
}

TEST(Engine, MorePageLockedMemoryThanThereIsIsRefusedBeforeItIsTaken) {
    emulated_reset(0);
    const auto context = std::make_shared<const nvidia::DeviceContext>(0);
    const long calls = emulated_calls();
    try {
        const nvidia::PinnedMemory memory(context, std::size_t{1} << 50);
        FAIL() << "it was taken";
    } catch (const DeviceError &refused) {
        EXPECT_NE(std::string(refused.what()).find("take 1073741825 MiB of page-locked memory"),
                  std::string::npos)
            << refused.what();
    }
    EXPECT_EQ(emulated_calls(), calls);
}

TEST(Engine, TooLittleMemoryIsSaidWithFigures) {
    emulated_reset(0);
    emulated_capacity(1 << 10);
    try {
        static_cast<void>(run_twice(model::write_onnx(test::srvgg(8, 3)), picture()));
        ADD_FAILURE() << "1 KiB was enough";
    } catch (const DeviceError &failure) {
        EXPECT_NE(std::string(failure.what()).find("MiB free; use fewer streams"), std::string::npos)
            << failure.what();
    }
    emulated_capacity(std::size_t{4} << 30);
    EXPECT_EQ(emulated_live(), 0U);
}

// First and last step that touches each buffer, found anew.
struct Life {
    std::size_t first = SIZE_MAX;
    std::size_t last = 0;
};

std::vector<Life> lives_of(const Plan &plan) {
    std::vector<Life> lives(plan.buffers.size());
    for (std::size_t step = 0; step < plan.steps.size(); ++step)
        for (const std::vector<int> *list : {&plan.steps[step].reads, &plan.steps[step].writes})
            for (const int buffer : *list) {
                Life &life = lives[static_cast<std::size_t>(buffer)];
                life.first = std::min(life.first, step);
                life.last = std::max(life.last, step);
            }
    return lives;
}

class Plans : public testing::TestWithParam<model::Network (*)()> {};

TEST_P(Plans, NoTwoBuffersThatLiveAtOnceShareMemory) {
    emulated_reset(0);
    const std::vector<std::byte> onnx = model::write_onnx(GetParam()());
    vsmlrt_program_desc desc = describe(onnx);
    desc.min_extent = desc.opt_extent = desc.max_extent = {32, 32};
    Program program(list_devices().front(), desc);
    const Plan plan = program.plan({32, 32});
    const std::vector<Life> lives = lives_of(plan);
    for (std::size_t a = 0; a < plan.buffers.size(); ++a)
        for (std::size_t b = a + 1; b < plan.buffers.size(); ++b) {
            const Buffer &one = plan.buffers[a];
            const Buffer &other = plan.buffers[b];
            if (one.kind != BufferKind::arena || other.kind != BufferKind::arena ||
                lives[a].last < lives[b].first || lives[b].last < lives[a].first)
                continue;
            EXPECT_TRUE(one.offset + one.bytes <= other.offset || other.offset + other.bytes <= one.offset)
                << a << " and " << b << "\n"
                << describe(plan);
        }
}

model::Network small_srvgg() {
    return test::srvgg(8, 3);
}
INSTANTIATE_TEST_SUITE_P(Families, Plans, testing::Values(small_srvgg, test::cunet, test::rrdb));

// Factors of channels that a convolution, a transposed one, a sum in an epilogue and a chain of its own read,
// whole and cropped.
model::Network excited() {
    test::Builder b;
    const auto gate = [&](const test::Name &x, int channels, int hidden) {
        const test::Name mean = b.node("GlobalAveragePool", {x});
        const test::Name inner = b.node("Relu", {b.conv(mean, channels, hidden, 1)});
        return b.node("Sigmoid", {b.conv(inner, hidden, channels, 1)});
    };
    const auto crop = [&](const test::Name &x, std::int64_t by) {
        return b.node("Slice", {x, b.integers({by, by}), b.integers({-by, -by}), b.integers({2, 3})});
    };
    const test::Name x = b.node("Relu", {b.conv(b.input(3), 3, 24)});
    const test::Name factors = gate(x, 24, 5);
    const test::Name y = b.node("Mul", {factors, x});
    const test::Name down = b.conv(y, 24, 12, 2, 2, 0);
    const test::Name up =
        b.node("ConvTranspose", {b.node("Mul", {down, gate(down, 12, 3)}), b.weights({12, 24, 2, 2})},
               {{"strides", test::ints({2, 2})}});
    const test::Name sum = b.node("Add", {b.node("Relu", {b.conv(up, 24, 24, 5, 1, 0)}), crop(y, 2)});
    const test::Name other = b.node("Sub", {crop(crop(y, 1), 1), b.node("Abs", {crop(x, 2)})});
    return b.output(b.conv(b.node("Concat", {sum, other}, {{"axis", std::int64_t{1}}}), 48, 3)).network();
}

// Activations that read their operand twice: of a convolution, with another operand, of a product.
model::Network activated() {
    test::Builder b;
    const test::Name around =
        b.node("Pad", {b.input(3), b.integers({0, 0, 2, 1, 0, 0, 0, 3})}, {{"mode", std::string("reflect")}});
    const test::Name x = b.conv(around, 3, 8);
    const auto swish = [&](const test::Name &y) { return b.node("Mul", {y, b.node("Sigmoid", {y})}); };
    const test::Name y = b.conv(swish(b.conv(x, 8, 8)), 8, 8);
    const test::Name attention = b.node("Sub", {b.node("Sigmoid", {y}), b.real(0.5F)});
    const test::Name sum = b.node("Mul", {b.node("Add", {y, x}), attention});
    const test::Name product = b.node(
        "MatMul", {b.node("Transpose", {sum}, {{"perm", test::ints({0, 2, 3, 1})}}), b.weights({8, 8})});
    const test::Name back = b.node("Transpose", {swish(product)}, {{"perm", test::ints({0, 3, 1, 2})}});
    return b.output(b.conv(back, 8, 3)).network();
}

struct Sized {
    model::Network (*network)();
    vsmlrt_extent size;
};

std::string steps_of(const Sized &sized) {
    emulated_reset(0);
    const std::vector<std::byte> onnx = model::write_onnx(sized.network());
    vsmlrt_program_desc desc = describe(onnx);
    desc.min_extent = desc.opt_extent = desc.max_extent = sized.size;
    Program program(list_devices().front(), desc);
    return describe(program.plan(sized.size));
}

class Networks : public testing::TestWithParam<Sized> {};

TEST_P(Networks, GiveWhatTheReferenceGives) {
    emulated_reset(0);
    const auto [make, size] = GetParam();
    const model::Network network = make();
    const std::vector<float> wanted = test::reference_result(network, size, picture(size));
    const std::vector<float> given = run_twice(model::write_onnx(network), picture(size), size);
    ASSERT_EQ(given.size(), wanted.size());
    for (std::size_t i = 0; i < given.size(); ++i)
        ASSERT_NEAR(given[i], wanted[i], 2e-5F) << i;
    EXPECT_STREQ(emulated_faults(), "");
}

// Values stored as float16, sums in fp32.
TEST_P(Networks, InHalfAreCloseToTheReference) {
    emulated_reset(0);
    const auto [make, size] = GetParam();
    const std::vector<float> wanted = test::reference_result(make(), size, picture(size));
    const std::vector<float> given =
        run_twice(model::write_onnx(model::to_half(make())), picture(size), size);
    ASSERT_EQ(given.size(), wanted.size());
    double apart = 0;
    double whole = 0;
    for (std::size_t i = 0; i < given.size(); ++i) {
        apart += std::pow(static_cast<double>(given[i]) - static_cast<double>(wanted[i]), 2);
        whole += std::pow(static_cast<double>(wanted[i]), 2);
    }
    EXPECT_LE(std::sqrt(apart / whole), 2e-3);
    EXPECT_STREQ(emulated_faults(), "");
}

constexpr Sized excited_networks[] = {{excited, {14, 12}}, {test::cunet, {28, 24}}};
constexpr Sized other_networks[] = {{test::rrdb, {9, 7}}, {test::swin, {12, 8}}, {activated, {9, 6}}};
INSTANTIATE_TEST_SUITE_P(Excited, Networks, testing::ValuesIn(excited_networks));
INSTANTIATE_TEST_SUITE_P(Others, Networks, testing::ValuesIn(other_networks));

TEST(PlanText, SqueezeAndExcitationIsNoPassOverThePicture) {
    for (const Sized &sized : excited_networks) {
        const std::string steps = steps_of(sized);
        EXPECT_EQ(steps.find("Mul"), std::string::npos) << steps;
        EXPECT_NE(steps.find(": excite"), std::string::npos) << steps;
        EXPECT_NE(steps.find("factors in the weights of ConvTranspose"), std::string::npos) << steps;
    }
}

TEST(PlanText, DenseBlocksConcatenateWithoutCopies) {
    const std::string steps = steps_of({test::rrdb, {9, 7}});
    EXPECT_EQ(steps.find("Concat"), std::string::npos) << steps;
}

TEST(PlanText, WhatReadsAResultTwiceJoinsItsKernel) {
    const std::string steps = steps_of({activated, {9, 6}});
    EXPECT_EQ(steps.find(": pointwise"), std::string::npos) << steps;
}

TEST(Groups, ACompactNetworkIsItsConvolutions) {
    graph::Graph graph = graph::lower(test::srvgg(8, 3));
    const graph::Shape shape{1, 3, 8, 8};
    const graph::Shapes shapes = graph::infer(graph, std::span(&shape, 1));
    const std::vector<Group> groups = make_groups(graph, shapes);
    // Two with their PReLU; one with the shuffle, the enlarged input and the sum.
    ASSERT_EQ(groups.size(), 3U) << describe(groups, graph);
    EXPECT_EQ(groups[0].members.size(), 1U);
    EXPECT_EQ(groups[2].behind.size(), 1U);
    EXPECT_EQ(groups[2].enlarged.size(), 1U);
}

} // namespace
} // namespace vsmlrt::cuda
