// What contexts share of a program's memory on its way to the host and between tiles: a frame never has what
// another one still needs, in whatever order the device works, and there is no more of it than is said.
#include "backends/cuda/context.h"
#include "backends/cuda/result_store.h"
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"
#include "cuda/frame_conversions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <thread>

namespace vsmlrt::cuda {
namespace {

using nvidia::check;
using nvidia::driver;

constexpr std::size_t result_bytes = 4096;

class Results : public testing::Test {
protected:
    Results() {
        EXPECT_TRUE(test::named);
        emulated_reset(0);
        device_ = std::make_shared<const nvidia::DeviceContext>(list_devices().front().number);
        device_->use();
    }
    void TearDown() override {
        device_.reset();
        EXPECT_EQ(emulated_live(), 0U);
        EXPECT_STREQ(emulated_faults(), "");
    }

    // A frame as a context has it: made on one stream, copied to the host on another.
    struct Frame {
        explicit Frame(const nvidia::SharedContext &device)
            : network(nvidia::make_stream(device)), stream(nvidia::make_stream(device)),
              made(nvidia::make_event(device)) {}

        // Returns when all is on the streams.
        void start(const ResultStore::Share &share, unsigned char value) {
            wanted = value;
            result.emplace(share, network.get());
            check(driver().fill_async(result->address(), value, result_bytes, network.get()), "filling");
            check(driver().event_record(made.get(), network.get()), "an event");
            check(driver().stream_wait_event(stream.get(), made.get(), 0), "an event");
            check(driver().copy_to_host_async(copy.data(), result->address(), result_bytes, stream.get()),
                  "copying");
            result->copied_on(stream.get());
        }
        void wait() {
            check(driver().stream_synchronize(stream.get()), "waiting");
            result->complete();
            result.reset();
        }
        [[nodiscard]] bool is_right() const {
            return std::ranges::all_of(copy, [this](unsigned char each) { return each == wanted; });
        }

        nvidia::Stream network;
        nvidia::Stream stream;
        nvidia::Event made;
        std::optional<ResultStore::Result> result;
        std::vector<unsigned char> copy = std::vector<unsigned char>(result_bytes);
        unsigned char wanted = 0;
    };
    struct Sharing {
        Sharing(ResultStore &store, const nvidia::SharedContext &device, int count, std::size_t most) {
            for (int i = 0; i < count; ++i) {
                frames.push_back(std::make_unique<Frame>(device));
                shares.emplace_back(store, result_bytes, most, frames.back()->stream.get());
            }
        }
        std::vector<std::unique_ptr<Frame>> frames;
        std::vector<ResultStore::Share> shares; // go before the streams
    };

    nvidia::SharedContext device_;
};

TEST_F(Results, OfFramesPutOnTheDeviceBehindEachOther) {
    constexpr int count = 7;
    ResultStore store(device_);
    for (const unsigned order : {0U, 1U, 2U, 3U, 4U, 5U})
        for (const std::size_t most : {1U, 2U, 3U}) {
            Sharing all(store, device_, count, most);
            emulated_late(order);
            for (int round = 0; round < 3; ++round) {
                for (std::size_t i = 0; i < count; ++i)
                    all.frames[i]->start(all.shares[i], static_cast<unsigned char>(1 + 10 * round + i));
                for (const auto &frame : all.frames) {
                    frame->wait();
                    EXPECT_TRUE(frame->is_right()) << "order " << order << ", of " << most;
                }
            }
            emulated_late(0);
        }
}

TEST_F(Results, OfFramesInThreads) {
    constexpr int count = 6;
    ResultStore store(device_);
    for (const unsigned order : {0U, 1U, 2U})
        for (const std::size_t most : {1U, 2U, 6U}) {
            Sharing all(store, device_, count, most);
            emulated_late(order);
            std::vector<std::thread> threads;
            for (std::size_t thread = 0; thread < count; ++thread)
                threads.emplace_back([&, thread] {
                    device_->use();
                    for (int frame = 0; frame < 30; ++frame) {
                        all.frames[thread]->start(all.shares[thread],
                                                  static_cast<unsigned char>(frame * count + thread));
                        all.frames[thread]->wait();
                        EXPECT_TRUE(all.frames[thread]->is_right()) << "order " << order << ", of " << most;
                    }
                });
            for (std::thread &thread : threads)
                thread.join();
            emulated_late(0);
        }
}

TEST_F(Results, AreNumberedApart) {
    ResultStore store(device_);
    Sharing all(store, device_, 2, 1);
    std::set<std::uint32_t> numbers;
    for (int i = 0; i < 10; ++i) {
        Frame &frame = *all.frames[static_cast<std::size_t>(i % 2)];
        frame.start(all.shares[static_cast<std::size_t>(i % 2)], 1);
        numbers.insert(frame.result->frame());
        frame.wait();
    }
    EXPECT_EQ(numbers.size(), 10U);
    EXPECT_FALSE(numbers.contains(0));
}

TEST_F(Results, AreNoMoreThanThereAreSharesOrThanIsSaid) {
    ResultStore store(device_);
    const nvidia::Stream stream = nvidia::make_stream(device_);
    const std::size_t before = emulated_live_bytes();
    const auto buffers = [&] { return (emulated_live_bytes() - before) / result_bytes; };
    std::vector<ResultStore::Share> shares;
    const auto add = [&](std::size_t most) { shares.emplace_back(store, result_bytes, most, stream.get()); };
    add(2);
    EXPECT_EQ(buffers(), 1U);
    add(2);
    add(2);
    add(2);
    EXPECT_EQ(buffers(), 2U);
    add(3);
    EXPECT_EQ(buffers(), 3U);
    add(1); // the largest counts
    EXPECT_EQ(buffers(), 3U);
    const ResultStore::Share other(store, 2 * result_bytes, 1, stream.get());
    EXPECT_EQ(buffers(), 3U + 2);
    shares.resize(3);
    EXPECT_EQ(buffers(), 3U + 2);
    shares.resize(2);
    EXPECT_EQ(buffers(), 2U + 2);
    shares.clear();
    EXPECT_EQ(buffers(), 2U);
}

TEST_F(Results, ForWhichThereIsNoMemoryLeaveTheOthers) {
    ResultStore store(device_);
    const nvidia::Stream stream = nvidia::make_stream(device_);
    emulated_capacity(emulated_live_bytes() + result_bytes + result_bytes / 2);
    const std::size_t before = emulated_live_bytes();
    {
        EXPECT_THROW(ResultStore::Share(store, 2 * result_bytes, 1, stream.get()), DeviceError);
        Sharing all(store, device_, 3, 3); // which is warned of
        EXPECT_EQ(emulated_live_bytes() - before, result_bytes);
        for (std::size_t i = 0; i < 3; ++i)
            all.frames[i]->start(all.shares[i], static_cast<unsigned char>(i + 1));
        for (const auto &frame : all.frames) {
            frame->wait();
            EXPECT_TRUE(frame->is_right());
        }
    }
    emulated_capacity(std::size_t{80} << 30);
}

// Whichever call fails, other contexts go on.
TEST_F(Results, OfFramesThatFailAreGivenBack) {
    ResultStore store(device_);
    Sharing all(store, device_, 3, 1);
    const auto run = [&] {
        for (std::size_t i = 0; i < 3; ++i)
            all.frames[i]->start(all.shares[i], static_cast<unsigned char>(i + 1));
        for (const auto &frame : all.frames) {
            frame->wait();
            EXPECT_TRUE(frame->is_right());
        }
    };
    run();
    emulated_reset(0);
    run();
    const long calls = emulated_calls();
    ASSERT_GT(calls, 15);
    for (long call = 1; call <= calls; ++call) {
        emulated_reset(call);
        EXPECT_THROW(run(), DeviceError) << "call " << call;
        for (const auto &frame : all.frames) {
            for (const nvidia::Stream *stream : {&frame->network, &frame->stream})
                check(driver().stream_synchronize(stream->get()), "waiting");
            frame->result.reset();
        }
        run();
    }
}

constexpr vsmlrt_frame_format floats = {VSMLRT_RGB, VSMLRT_FLOAT, 32, 0, 0, 0, 1, 0};

// A result of which six take more than 64 MiB.
constexpr vsmlrt_extent large_extent = {1200, 800};
constexpr std::size_t large_samples = std::size_t{3} * 1200 * 800;

vsmlrt_frame frame_of(std::vector<float> &large_picture) {
    vsmlrt_frame frame = {};
    for (std::size_t plane = 0; plane < 3; ++plane)
        frame.planes[plane] = {large_picture.data() + plane * large_samples / 3,
                               large_extent.width * static_cast<std::ptrdiff_t>(sizeof(float))};
    return frame;
}

// Through a network that changes nothing.
class ResultsOfContexts : public Results {
protected:
    // A program for frames of that size, of which five contexts more than streams are wanted.
    void open(vsmlrt_extent extent, int streams = 1) {
        vsmlrt_program_desc desc = test::described(onnx_, {1, 1}, extent);
        desc.num_streams = streams;
        program_.emplace(list_devices().front(), desc);
    }
    void TearDown() override {
        program_.reset();
        Results::TearDown();
    }

    const std::vector<std::byte> onnx_ = model::write_onnx(test::that_changes_nothing());
    std::optional<Program> program_;
};

TEST_F(ResultsOfContexts, AreSharedWhereTheyAreLarge) {
    constexpr int contexts = 6;
    open(large_extent);
    EXPECT_EQ(program_->info(large_extent).spare_contexts, contexts - 1);
    const vsmlrt_frame_input input = {floats, large_extent, 3};
    const test::WholeFrames whole(std::span(&input, 1), floats, large_extent);
    std::vector<std::unique_ptr<Context>> all;
    for (int i = 0; i < contexts; ++i) {
        all.push_back(std::make_unique<Context>(*program_));
        const std::size_t before = emulated_live_bytes();
        all.back()->bind_frames(whole.plan);
        const auto of_arena = static_cast<std::size_t>(i == 0 ? program_->plan(large_extent).arena_bytes : 0);
        const std::size_t taken =
            (emulated_live_bytes() - before - of_arena) / (large_samples * sizeof(float));
        // What is page-locked, for both ends.
        EXPECT_EQ(taken, i < 2 ? 2U + 1 : 2U) << i;
    }
    EXPECT_EQ(program_->arenas().results_wanted(large_extent, large_samples * sizeof(float)), 2U);
    for (const unsigned order : {0U, 1U, 2U}) {
        emulated_late(order);
        std::vector<std::thread> threads;
        for (int thread = 0; thread < contexts; ++thread)
            threads.emplace_back([&, thread] {
                std::vector<float> given(large_samples);
                std::vector<float> made(large_samples);
                for (int number = 0; number < 4; ++number) {
                    const auto value = static_cast<float>(100 * thread + number);
                    std::ranges::fill(given, value);
                    const bool is_spoilt = thread % 2 == 1 && number % 3 == 1;
                    if (is_spoilt)
                        given[large_samples / 2] = std::numeric_limits<float>::quiet_NaN();
                    const vsmlrt_frame in = frame_of(given);
                    EXPECT_EQ(all[static_cast<std::size_t>(thread)]->run_frames(&in, frame_of(made)),
                              is_spoilt);
                    const auto right = std::ranges::count(made, value);
                    EXPECT_EQ(right, static_cast<std::ptrdiff_t>(large_samples) - (is_spoilt ? 1 : 0))
                        << "order " << order << ", frame " << value;
                }
            });
        for (std::thread &thread : threads)
            thread.join();
        emulated_late(0);
    }
}

// Whether they are is asked of each filter's own: others may have larger ones of the same size.
TEST_F(ResultsOfContexts, AreSharedByTheirOwnSize) {
    open(large_extent);
    const Context context(*program_);
    const BytesOfFrames large = {0, large_samples * sizeof(float), 0};
    const BytesOfFrames bytes = {0, large_samples / 2, 0};
    program_->serve(large_extent, &bytes);
    program_->serve(large_extent, &large);
    EXPECT_EQ(program_->arenas().results_wanted(large_extent, large_samples * sizeof(float)), 2U);
    EXPECT_EQ(program_->arenas().results_wanted(large_extent, large_samples / 2), 6U);
}

// Whichever call of the driver fails: the next frames of all contexts are right.
TEST_F(ResultsOfContexts, OfWhichAFrameFailsAreRightAfterwards) {
    open(large_extent);
    const vsmlrt_frame_input input = {floats, large_extent, 3};
    const test::WholeFrames whole(std::span(&input, 1), floats, large_extent);
    std::array<std::optional<Context>, 3> contexts;
    for (std::optional<Context> &context : contexts) {
        context.emplace(*program_);
        context->bind_frames(whole.plan);
    }
    std::vector<float> given(large_samples);
    std::vector<float> made(large_samples);
    float value = 0;
    const auto run = [&](Context &context) {
        std::ranges::fill(given, ++value);
        const vsmlrt_frame in = frame_of(given);
        EXPECT_FALSE(context.run_frames(&in, frame_of(made)));
        EXPECT_EQ(std::ranges::count(made, value), static_cast<std::ptrdiff_t>(made.size()));
    };
    for (int i = 0; i < 12; ++i) // until all is recorded
        run(*contexts.at(static_cast<std::size_t>(i) % 3));
    emulated_reset(0);
    run(*contexts.front());
    const long calls = emulated_calls();
    ASSERT_GT(calls, 5);
    for (long call = 1; call <= calls; ++call) {
        emulated_reset(call);
        EXPECT_THROW(run(*contexts.front()), DeviceError) << "call " << call;
        for (std::optional<Context> &context : contexts)
            run(*context);
    }
}

// Frames in tiles are added up where they are computed.
TEST_F(ResultsOfContexts, InTilesTakeMemoryForEachArena) {
    open(test::conversion_extent);
    constexpr std::size_t samples =
        std::size_t{3} * test::conversion_extent.width * test::conversion_extent.height;
    const auto taken = [&](int contexts, int tiles) {
        const std::size_t before = emulated_live_bytes();
        std::vector<std::unique_ptr<Context>> all;
        for (int i = 0; i < contexts; ++i) {
            all.push_back(std::make_unique<Context>(*program_));
            test::check_conversion(*all.back(), floats, floats, tiles, 0, 5);
        }
        return emulated_live_bytes() - before;
    };
    static_cast<void>(taken(1, 1)); // what stays
    static_cast<void>(taken(1, 2));
    const std::size_t of_one = taken(1, 2);
    EXPECT_GT(of_one, 3 * samples * sizeof(float));
    constexpr int more = 3;
    const std::size_t of_others = taken(1 + more, 2) - of_one;
    // For each a frame both ways, page-locked and on the device, where one that came may stay for the next,
    // and the weights of rows and columns.
    EXPECT_GE(of_others, more * 3 * samples * sizeof(float));
    EXPECT_LT(of_others, more * 4 * samples * sizeof(float) + more * (std::size_t{16} << 10));
}

// What a context has taken when there is no memory for all of it is there for others.
TEST_F(ResultsOfContexts, InTilesForWhichThereIsNoMemoryLeaveNone) {
    open(test::conversion_extent);
    constexpr std::size_t of_frame =
        std::size_t{3} * test::conversion_extent.width * test::conversion_extent.height * sizeof(float);
    const vsmlrt_frame_input input = {floats, test::conversion_extent, 3};
    test::WholeFrames halves(std::span(&input, 1), floats, test::conversion_extent);
    const std::array<vsmlrt_tile_span, 2> columns = {halves.column, halves.column};
    halves.plan.columns = columns.data();
    halves.plan.num_columns = 2;
    Context context(*program_);
    const std::size_t before = emulated_live_bytes();
    const auto of_arena = static_cast<std::size_t>(
        program_->plan(test::conversion_extent).arena_bytes); // which is the program's
    std::size_t bytes = 0;
    for (bool is_bound = false; !is_bound; bytes += of_frame / 8) {
        emulated_capacity(before + bytes);
        try {
            context.bind_frames(halves.plan);
            is_bound = true;
        } catch (const DeviceError &) {
            EXPECT_LE(emulated_live_bytes(), before + of_arena) << bytes;
        }
    }
    EXPECT_GT(bytes, 2 * of_frame);
    emulated_capacity(std::size_t{80} << 30);
    test::check_conversion(context, floats, floats, 2, 0, 5);
}

// What is said of contexts is what they take on the device: frames in the clip's format, results, sums.
TEST_F(ResultsOfContexts, TakeTheMemoryThatIsSaidOfTheirFrames) {
    constexpr vsmlrt_frame_format bytes = {VSMLRT_YUV, VSMLRT_INTEGER, 8, 1, 1, 1, 0, 0};
    const auto used = [] {
        const nvidia::MemoryState memory = nvidia::memory_state();
        return static_cast<std::int64_t>(memory.total - memory.free);
    };
    for (const int streams : {1, 3})
        for (const vsmlrt_frame_format &format : {floats, bytes})
            for (const int tiles : {1, 2}) {
                open(large_extent, streams);
                const vsmlrt_frame_input input = {format, large_extent, 3};
                test::WholeFrames frames(std::span(&input, 1), format, large_extent);
                const std::array<vsmlrt_tile_span, 2> columns = {frames.column, frames.column};
                frames.plan.columns = columns.data();
                frames.plan.num_columns = tiles;
                const vsmlrt_program_info info = program_->info(large_extent, &frames.plan);
                EXPECT_EQ(info.spare_contexts, 5);
                const std::int64_t before = used();
                std::vector<float> given(large_samples);
                std::vector<float> made(large_samples);
                std::vector<std::unique_ptr<Context>> all;
                for (int i = 0; i < streams + info.spare_contexts; ++i) {
                    all.push_back(std::make_unique<Context>(*program_));
                    all.back()->bind_frames(frames.plan);
                    const vsmlrt_frame in = frame_of(given);
                    EXPECT_FALSE(all.back()->run_frames(&in, frame_of(made)));
                }
                const std::int64_t said =
                    streams * info.context_bytes + info.spare_contexts * info.spare_context_bytes;
                constexpr std::int64_t weights_of_tiles = 16 << 10;
                const std::int64_t taken = used() - before;
                EXPECT_LE(taken, said + (streams + 5) * weights_of_tiles) << streams << " " << tiles;
                const int rounded_up = streams + info.spare_contexts;
                EXPECT_GE(taken, said - rounded_up) << streams << " " << tiles;
                all.clear();
            }
}

TEST_F(ResultsOfContexts, InTilesAreRightInThreads) {
    open(test::conversion_extent);
    constexpr int contexts = 4;
    for (const unsigned order : {0U, 1U, 2U, 3U}) {
        emulated_late(order);
        std::vector<std::thread> threads;
        for (int thread = 0; thread < contexts; ++thread)
            threads.emplace_back([&, thread] {
                Context context(*program_);
                for (int number = 0; number < 3; ++number)
                    test::check_conversion(context, floats, floats, 1 + (thread + number) % 2, 0,
                                           static_cast<std::uint64_t>(thread) * 10 +
                                               static_cast<std::uint64_t>(number));
            });
        for (std::thread &thread : threads)
            thread.join();
        emulated_late(0);
    }
}

} // namespace
} // namespace vsmlrt::cuda
