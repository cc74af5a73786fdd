// The families on a GPU against the interpreter in fp32, at odd sizes of a range, on random and on natural
// pictures; several contexts, several GPUs, and frames at changing sizes with flat memory.
#include "cuda/gpu.h"
#include "cuda/older_card.h"
#include "networks/families.h"

#include <thread>

namespace vsmlrt::test {
namespace {

struct Family {
    const char *name;
    model::Network (*make)();
    int multiple;
    int smallest; // of its sizes
};

const Family families[] = {
    {"compact", [] { return srvgg(64, 4); }, 1, 9}, {"upconv_7", [] { return upconv7(); }, 1, 33},
    {"cunet", [] { return cunet(); }, 4, 64},       {"drunet", [] { return drunet(); }, 8, 32},
    {"rrdb", [] { return rrdb(); }, 1, 16},         {"rife", [] { return rife(); }, 4, 32},
    {"swin", [] { return swin(); }, 4, 16},         {"down_and_up", [] { return down_and_up(); }, 2, 8},
};

// A family, a precision, and whether the kernels are those of older cards.
class GpuFamilies : public Gpu,
                    public testing::WithParamInterface<std::tuple<Family, vsmlrt_precision, bool>> {};

double tolerance(vsmlrt_precision precision) {
    return precision == VSMLRT_PRECISION_FP32 ? 1e-5 : precision == VSMLRT_PRECISION_BF16 ? 1.6e-2 : 2e-3;
}

TEST_P(GpuFamilies, AreWithinTheirPrecisionOfTheReferenceAtEverySize) {
    const Family &family = std::get<0>(GetParam());
    const vsmlrt_precision precision = std::get<1>(GetParam());
    const GpuNetwork network(family.make(), precision);
    const auto extent = [&](int wider, int higher) {
        return vsmlrt_extent{family.smallest + wider * family.multiple,
                             family.smallest + higher * family.multiple};
    };
    cuda::Device device = cuda::list_devices().front();
    if (std::get<2>(GetParam()))
        device = as_older_card(std::move(device));
    cuda::Program program(device, network.desc(extent(0, 0), extent(13, 12)));
    cuda::Context context(program);
    // What a kernel reads and nobody wrote is from then on NaN.
    static_cast<void>(
        gpu_run(context, extent(13, 12),
                std::vector<float>(static_cast<std::size_t>(network.channels() * extent(13, 12).width *
                                                            extent(13, 12).height),
                                   std::numeric_limits<float>::quiet_NaN())));
    std::uint64_t seed = seed_of_this_run();
    for (const vsmlrt_extent size : {extent(13, 12), extent(0, 0), extent(5, 2), extent(1, 7)})
        for (const bool natural : {false, true}) {
            const std::vector<float> input = gpu_picture(network.channels(), size, natural, ++seed);
            const std::vector<float> wanted =
                expected_result(network.source, network.channels(), size, input);
            for (int run = 0; run < 2; ++run) // kernel by kernel, and recorded
                EXPECT_LE(error_of(gpu_run(context, size, input), wanted), tolerance(precision))
                    << size.width << "x" << size.height << (natural ? ", natural" : ", random") << ", seed "
                    << seed;
        }
}

INSTANTIATE_TEST_SUITE_P(Networks, GpuFamilies,
                         testing::Combine(testing::ValuesIn(families),
                                          testing::Values(VSMLRT_PRECISION_FP32, VSMLRT_PRECISION_TF32,
                                                          VSMLRT_PRECISION_FP16, VSMLRT_PRECISION_BF16),
                                          testing::Bool()),
                         [](const auto &test) {
                             const vsmlrt_precision precision = std::get<1>(test.param);
                             return std::string(std::get<0>(test.param).name) +
                                    (precision == VSMLRT_PRECISION_FP32   ? "_fp32"
                                     : precision == VSMLRT_PRECISION_TF32 ? "_tf32"
                                     : precision == VSMLRT_PRECISION_FP16 ? "_fp16"
                                                                          : "_bf16") +
                                    (std::get<2>(test.param) ? "_of_older_cards" : "");
                         });

// Kernels that take two convolutions at once: strips of up to 240 columns, tiles of 8 by 30, at their edges.
struct FusedCase {
    const char *name;
    model::Network (*make)();
    const char *kernel; // that a Hopper GPU runs it by
};
const FusedCase fused[] = {{"pairs", [] { return pairs(); }, "hopper.pair"},
                           {"own_residuals", [] { return own_residuals(); }, "hopper.rows"},
                           {"transposed_tail", [] { return transposed_tail(); }, "hopper.tail"},
                           {"narrow_transposed_tail", [] { return transposed_tail(128); }, "hopper.tail"},
                           {"straight_tail", [] { return straight_tail(); }, "hopper.tail"},
                           {"thin_tails", [] { return thin_tails(); }, "hopper.row_tail"},
                           {"padded_thin_tails",
                            [] {
                                return thin_tails({{0, 1, 1, 1}, 64, 4});
                            },
                            "hopper.row_tail"},
                           {"cropped_thin_tails",
                            [] {
                                return thin_tails({{2, 1, 2, 2}, 40, 1});
                            },
                            "hopper.row_tail"},
                           {"enlarging", [] { return enlarging(64, 64); }, "hopper.up"},
                           {"ragged_enlarging", [] { return enlarging(96, 72); }, "hopper.up"}};

bool runs(cuda::Context &context, std::string_view kernel) {
    for (const auto &launch : context.launch_names())
        if (launch.kernel.starts_with(kernel))
            return true;
    return false;
}

// They serve what gives each multiprocessor enough to do, and so run here as on a GPU of two.
class GpuPairs : public Gpu, public testing::WithParamInterface<std::tuple<FusedCase, vsmlrt_precision>> {};

// Of a program that may already know which kernel it takes; `kernel`: what one of the sizes is to run by.
void expect_pairs_agree(const cuda::Device &device, const GpuNetwork &network, vsmlrt_precision precision,
                        const vsmlrt_program_desc &desc, const char *kernel) {
    cuda::Program program(device, desc);
    cuda::Context context(program);
    std::uint64_t seed = seed_of_this_run();
    bool ran = false;
    for (const vsmlrt_extent size :
         {vsmlrt_extent{241, 9}, {3, 3}, {120, 23}, {121, 3}, {11, 62}, {119, 5}, {250, 65}}) {
        const std::vector<float> input = gpu_picture(3, size, false, ++seed);
        const std::vector<float> wanted = expected_result(network.source, 3, size, input);
        for (int run = 0; run < 2; ++run) // kernel by kernel, and recorded
            EXPECT_LE(error_of(gpu_run(context, size, input), wanted), tolerance(precision))
                << size.width << "x" << size.height << ", seed " << seed;
        ran = ran || runs(context, kernel);
    }
    EXPECT_TRUE(ran) << kernel;
}

TEST_P(GpuPairs, AreWithinTheirPrecisionOfTheReferenceAtEverySize) {
    const auto &[network_case, precision] = GetParam();
    const GpuNetwork network(network_case.make(), precision);
    const cuda::Device device = as_small_card(cuda::list_devices().front());
    vsmlrt_program_desc desc = network.desc({3, 3}, {250, 65});
    const std::vector<std::byte> blob = blob_of_kernel(device, desc, network_case.kernel);
    desc.blob = blob.data();
    desc.blob_size = blob.size();
    const bool hopper = device.facts.architecture == 90;
    expect_pairs_agree(device, network, precision, desc, hopper ? network_case.kernel : "");
}

// The same of what other cards run as two convolutions at once.
class GpuOlderPairs : public Gpu,
                      public testing::WithParamInterface<std::tuple<FusedCase, vsmlrt_precision>> {};

TEST_P(GpuOlderPairs, AreWithinTheirPrecisionOfTheReferenceAtEverySize) {
    const auto &[network_case, precision] = GetParam();
    const GpuNetwork network(network_case.make(), precision);
    expect_pairs_agree(as_small_card(as_older_card(cuda::list_devices().front())), network, precision,
                       network.desc({3, 3}, {250, 65}), network_case.kernel);
}

// One of each such kernel with a few rows or tiles a block: for compute-sanitizer, whose racecheck would take
// minutes for more.
struct RacingCase {
    const char *name;
    model::Network (*make)();
    vsmlrt_extent size;
    const char *kernel;
};

const RacingCase racing[] = {
    {"pair",
     [] {
         return chain({3, 32, 64, 3});
     },
     {123, 17},
     "hopper.pair"},
    {"row_tail",
     [] {
         return chain({3, 64, 64, 3});
     },
     {193, 9},
     "hopper.row_tail"},
    {"transposed_row_tail", [] { return thin_tails(); }, {97, 20}, "hopper.row_tail"},
    {"tail", [] { return transposed_tail(128); }, {18, 34}, "hopper.tail"},
    {"up", [] { return enlarging(96, 64); }, {61, 17}, "hopper.up"},
};

// As on other cards; of one launch each, but for what is timed.
const RacingCase racing_on_older[] = {
    {"short", [] { return transposed_in_place(); }, {33, 17}, "mma stream of 64 channels, short"},
    {"transposed", [] { return transposed_in_place(); }, {48, 33}, "mma stream of 16 channels"},
    {"tail",
     [] {
         return chain({3, 64, 64, 3});
     },
     {49, 33},
     "mma stream of 64 channels and a tail"},
    {"shrink", [] { return down_and_up(); }, {50, 34}, "mma stream of 64 channels and half as large"},
    {"shrink_kept",
     [] { return down_and_up(); },
     {50, 34},
     "mma stream of 64 channels, weights kept and half as large"},
    {"sums", [] { return down_and_up(); }, {66, 98}, "mma stream of 64 channels"},
    {"winograd",
     [] {
         return chain({3, 32, 64}, true);
     },
     {49, 97},
     "mma stream of 32 channels, Winograd"},
};

void expect_agrees(const cuda::Device &device, const RacingCase &racing_case, bool has_it) {
    const GpuNetwork network(racing_case.make(), VSMLRT_PRECISION_FP16);
    vsmlrt_program_desc desc = network.desc(racing_case.size, racing_case.size);
    const std::vector<std::byte> blob = blob_of_kernel(device, desc, racing_case.kernel);
    desc.blob = blob.data();
    desc.blob_size = blob.size();
    cuda::Program program(device, desc);
    cuda::Context context(program);
    const std::uint64_t seed = seed_of_this_run();
    const std::vector<float> input = gpu_picture(3, racing_case.size, false, seed);
    EXPECT_LE(error_of(gpu_run(context, racing_case.size, input),
                       expected_result(network.source, 3, racing_case.size, input)),
              tolerance(VSMLRT_PRECISION_FP16))
        << "seed " << seed;
    EXPECT_TRUE(runs(context, racing_case.kernel) || !has_it) << racing_case.kernel;
}

class GpuRaces : public Gpu, public testing::WithParamInterface<RacingCase> {};

TEST_P(GpuRaces, AreWithinTheirPrecisionOfTheReference) {
    const cuda::Device device = as_small_card(cuda::list_devices().front());
    expect_agrees(device, GetParam(), device.facts.architecture == 90);
}

class GpuOlderRaces : public Gpu, public testing::WithParamInterface<RacingCase> {};

TEST_P(GpuOlderRaces, AreWithinTheirPrecisionOfTheReference) {
    expect_agrees(as_small_card(as_geforce(cuda::list_devices().front())), GetParam(), true);
}

INSTANTIATE_TEST_SUITE_P(Kernels, GpuOlderRaces, testing::ValuesIn(racing_on_older),
                         [](const auto &test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(Kernels, GpuRaces, testing::ValuesIn(racing),
                         [](const auto &test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(Networks, GpuPairs,
                         testing::Combine(testing::ValuesIn(fused),
                                          testing::Values(VSMLRT_PRECISION_FP16, VSMLRT_PRECISION_BF16)),
                         [](const auto &test) {
                             return std::string(std::get<0>(test.param).name) +
                                    (std::get<1>(test.param) == VSMLRT_PRECISION_BF16 ? "_bf16" : "_fp16");
                         });

const FusedCase fused_on_older[] = {{"thin_tails", [] { return thin_tails(); }, "mma.tail_sums"},
                                    {"padded_thin_tails",
                                     [] {
                                         return thin_tails({{0, 1, 1, 1}, 64, 4});
                                     },
                                     "mma.tail_sums"}};

INSTANTIATE_TEST_SUITE_P(Networks, GpuOlderPairs,
                         testing::Combine(testing::ValuesIn(fused_on_older),
                                          testing::Values(VSMLRT_PRECISION_FP16, VSMLRT_PRECISION_BF16)),
                         [](const auto &test) {
                             return std::string(std::get<0>(test.param).name) +
                                    (std::get<1>(test.param) == VSMLRT_PRECISION_BF16 ? "_bf16" : "_fp16");
                         });

using GpuEngine = Gpu;

// More contexts than a stream computes frames side by side at such sizes on any card.
void expect_side_by_side(const cuda::Device &device, model::Network (*make)(), int streams) {
    const GpuNetwork network(make(), VSMLRT_PRECISION_FP16);
    constexpr vsmlrt_extent least = {32, 32};
    constexpr vsmlrt_extent most = {200, 136};
    cuda::Program program(device, network.desc(least, most, streams));
    constexpr int frames = 60;
    const auto size = [](int frame) { return vsmlrt_extent{40 + frame % 5 * 40, 56 + frame % 3 * 40}; };
    const auto input = [&](int frame) {
        return gpu_picture(network.channels(), size(frame), false, static_cast<std::uint64_t>(frame));
    };
    std::vector<std::vector<float>> alone(frames);
    {
        cuda::Context context(program);
        for (int frame = 0; frame < frames; ++frame)
            alone[static_cast<std::size_t>(frame)] = gpu_run(context, size(frame), input(frame));
    }
    std::vector<std::thread> threads;
    std::vector<std::vector<float>> together(frames);
    constexpr int contexts = 10;
    for (int thread = 0; thread < contexts; ++thread)
        threads.emplace_back([&, thread] {
            cuda::Context context(program);
            for (int frame = thread; frame < frames; frame += contexts)
                together[static_cast<std::size_t>(frame)] = gpu_run(context, size(frame), input(frame));
        });
    for (std::thread &thread : threads)
        thread.join();
    for (std::size_t frame = 0; frame < frames; ++frame)
        EXPECT_EQ(together[frame], alone[frame])
            << device.id << ", " << streams << " streams, frame " << frame;
}

TEST_F(GpuEngine, ContextsSideBySideGiveWhatOneGives) {
    const cuda::Device device = cuda::list_devices().front();
    for (const cuda::Device &each : {device, as_older_card(device)})
        for (const int streams : {1, 2}) {
            expect_side_by_side(
                each, [] { return srvgg(64, 6); }, streams);
            expect_side_by_side(
                each, [] { return rife(); }, streams);
        }
}

TEST_F(GpuEngine, EveryGpuGivesWhatTheFirstGives) {
    const std::vector<cuda::Device> devices = cuda::list_devices();
    if (devices.size() < 2)
        GTEST_SKIP() << "there is one GPU";
    const GpuNetwork network(srvgg(64, 6), VSMLRT_PRECISION_FP16);
    constexpr vsmlrt_extent size = {123, 77};
    const std::vector<float> input = gpu_picture(3, size, true, seed_of_this_run());
    std::vector<float> first;
    for (const cuda::Device &device : devices) {
        cuda::Program program(device, network.desc(size, size));
        cuda::Context context(program);
        const std::vector<float> given = gpu_run(context, size, input);
        if (first.empty())
            first = given;
        // Each times the kernels itself and may choose another.
        EXPECT_LE(error_of(given, first), 2e-3) << device.id;
    }
}

TEST_F(GpuEngine, TenThousandFramesAtChangingSizesLeaveMemoryFlat) {
    const GpuNetwork network(srvgg(32, 3), VSMLRT_PRECISION_FP16);
    constexpr vsmlrt_extent most = {256, 160};
    cuda::Program program(cuda::list_devices().front(), network.desc({16, 16}, most));
    cuda::Context context(program);
    const std::vector<float> input = gpu_picture(3, most, false, seed_of_this_run());
    const auto run = [&](vsmlrt_extent size) {
        vsmlrt_tensor in = {};
        vsmlrt_tensor out = {};
        context.bind(size, &in, &out);
        std::copy_n(input.begin(), std::int64_t{3} * size.width * size.height, static_cast<float *>(in.data));
        context.run();
    };
    const auto size = [](int frame) {
        return vsmlrt_extent{16 + frame / 3 * 7 % 241, 16 + frame / 3 * 5 % 145};
    };
    constexpr int frames = 10000;
    for (int frame = 0; frame < frames / 10; ++frame)
        run(size(frame));
    program.device()->use();
    const std::size_t before = nvidia::memory_state().free;
    for (int frame = 0; frame < frames; ++frame)
        run(size(frame));
    const std::size_t after = nvidia::memory_state().free;
    constexpr std::size_t a_block_of_the_driver = 2 << 20;
    EXPECT_LE(before, after + a_block_of_the_driver);
}

} // namespace
} // namespace vsmlrt::test
