// The kernels for Hopper's matrix products and bulk copies, on the CPU (kernels/host_hopper.h), against the
// reference: one of each always, in float16; with VSMLRT_TEST_HOPPER=all (.ci/run) also in bfloat16, and
// every way that a plan has for the families' layers.
#include "cuda/emulated_driver.h"
#include "cuda/emulated_plan.h"
#include "cuda/engine_networks.h"
#include "networks/builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace vsmlrt::cuda {
namespace {

using test::Builder;
using test::Name;

// Of few multiprocessors, so that a block has several tiles, or rows of several strips.
constexpr DeviceFacts facts{90, 2, 232448, true};

bool all_wanted() {
    const char *wanted = std::getenv("VSMLRT_TEST_HOPPER");
    return wanted && std::string(wanted) == "all";
}

// A network at one size, in which `choice` names what computes a step, or leaves it; the kernels that ran.
class Trial {
public:
    Trial(const model::Network &network, vsmlrt_extent extent, vsmlrt_precision precision)
        : precision_(precision),
          input_(test::Random(3).list(test::channels_of(network) * extent.width * extent.height)),
          wanted_(test::reference_result(network, extent, input_)),
          emulated_(network, extent, precision, facts) {}

    [[nodiscard]] const Plan &plan() const { return emulated_.plan(); }
    // `order`: of the threads' turns.
    std::set<std::string> run(const std::function<std::string(const Step &)> &choice, int order = 0) {
        test::set_variable("VSMLRT_EMULATED_ORDER", std::to_string(order).c_str());
        std::set<std::string> ran;
        const std::vector<float> given = emulated_.computed(input_, [&](Step &step) {
            choose(step, choice(step));
            ran.insert(step.alternatives.front().name);
        });
        EXPECT_EQ(given.size(), wanted_.size());
        const double bound = precision_ == VSMLRT_PRECISION_BF16 ? 1.6e-2 : 2e-3;
        EXPECT_LE(relative_error(given, wanted_), bound) << describe(plan());
        return ran;
    }

private:
    vsmlrt_precision precision_;
    std::vector<float> input_;
    std::vector<float> wanted_;
    EmulatedPlan emulated_;
};

struct Kernel {
    const char *name;
    model::Network (*network)();
    vsmlrt_extent extent;
    const char *kernel;
};

// As a block of RIFE ends.
model::Network shuffled_enlarging() {
    Builder b;
    const Name features = b.node("Relu", {b.conv(b.input(3), 3, 96)});
    const Name grown =
        b.node("ConvTranspose", {features, b.weights({96, 24, 4, 4}), b.random({24}, -0.1F, 0.1F)},
               {{"strides", test::ints({2, 2})}, {"pads", test::ints({1, 1, 1, 1})}});
    const Name shuffled =
        b.node("DepthToSpace", {grown}, {{"blocksize", std::int64_t{2}}, {"mode", std::string("CRD")}});
    return b.output(b.conv(shuffled, 6, 3)).network();
}

const Kernel kernels[] = {
    {"rows",
     [] {
         return test::chain({3, 64, 64, 48});
     },
     {123, 9},
     "hopper.rows 128"},
    {"narrow_rows",
     [] {
         return test::chain({3, 40, 24, 3});
     },
     {90, 9},
     "hopper.rows 96"},
    {"taps",
     [] {
         return test::chain({3, 40, 24, 3});
     },
     {101, 9},
     "hopper.taps"},
    {"tiles",
     [] {
         return test::chain({3, 128, 128, 8});
     },
     {35, 18},
     "hopper.tiles 17"},
    {"high_tiles",
     [] {
         return test::chain({3, 192, 72, 8});
     },
     {17, 33},
     "hopper.tiles 30"},
    {"pixels",
     [] {
         return test::chain({3, 192, 96, 8});
     },
     {35, 18},
     "hopper.pixels"},
    {"pair",
     [] {
         return test::chain({3, 32, 64, 3});
     },
     {123, 17},
     "hopper.pair"},
    {"row_tail",
     [] {
         return test::chain({3, 64, 64, 3});
     },
     {193, 9},
     "hopper.row_tail"},
    {"transposed_row_tail", [] { return test::thin_tails(); }, {97, 20}, "hopper.row_tail"},
    {"tail", [] { return test::transposed_tail(128); }, {18, 34}, "hopper.tail 30"},
    {"tap_sums", [] { return test::transposed_tail(128); }, {34, 18}, "hopper.tap_sums"},
    {"up", [] { return test::enlarging(96, 64); }, {61, 17}, "hopper.up"},
    {"phases", shuffled_enlarging, {29, 18}, "hopper.phases"},
};

class HopperKernels : public testing::TestWithParam<std::tuple<Kernel, vsmlrt_precision>> {};

TEST_P(HopperKernels, GiveWhatTheReferenceGives) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    const auto &[of, precision] = GetParam();
    Trial trial(of.network(), of.extent, precision);
    const char *const kernel = of.kernel;
    const int orders = all_wanted() ? 4 : 2;
    for (int order = 0; order < orders; ++order)
        EXPECT_TRUE(trial.run([&](const Step &) { return kernel; }, order).contains(kernel))
            << describe(trial.plan());
    EXPECT_STREQ(emulated_faults(), "");
}

std::vector<vsmlrt_precision> precisions() {
    return all_wanted() ? std::vector{VSMLRT_PRECISION_FP16, VSMLRT_PRECISION_BF16}
                        : std::vector{VSMLRT_PRECISION_FP16};
}
INSTANTIATE_TEST_SUITE_P(Of, HopperKernels,
                         testing::Combine(testing::ValuesIn(kernels), testing::ValuesIn(precisions())),
                         [](const auto &test) {
                             return std::string(std::get<0>(test.param).name) +
                                    (std::get<1>(test.param) == VSMLRT_PRECISION_BF16 ? "_bf16" : "_fp16");
                         });

struct Family {
    const char *name;
    model::Network (*network)();
    vsmlrt_extent extent;
};

const Family families[] = {
    {"compact", [] { return test::srvgg(64, 3); }, {161, 9}},
    {"upconv_7", [] { return test::upconv7(); }, {61, 33}},
    {"cunet", [] { return test::cunet(); }, {64, 68}},
    {"drunet", [] { return test::drunet(); }, {40, 32}},
    {"rrdb", [] { return test::rrdb(); }, {35, 16}},
    {"rife", [] { return test::rife(); }, {64, 32}},
    {"rife_v4",
     [] {
         return test::rife_v4({{192, 128, 96, 64}, {1, 1, 1, 1}, 1});
     },
     {64, 32}},
    {"down_and_up", [] { return test::down_and_up(); }, {50, 34}},
    {"pairs", [] { return test::pairs(); }, {121, 9}},
    {"own_residuals", [] { return test::own_residuals(); }, {121, 9}},
    {"transposed_tail", [] { return test::transposed_tail(); }, {34, 18}},
    {"straight_tail", [] { return test::straight_tail(); }, {34, 18}},
    {"thin_tails", [] { return test::thin_tails(); }, {97, 20}},
    {"padded_thin_tails",
     [] {
         return test::thin_tails({{0, 1, 1, 1}, 64, 4});
     },
     {130, 9}},
    {"cropped_thin_tails",
     [] {
         return test::thin_tails({{2, 1, 2, 2}, 40, 1});
     },
     {97, 11}},
    {"enlarging", [] { return test::enlarging(64, 64); }, {61, 17}},
    {"ragged_enlarging", [] { return test::enlarging(96, 72); }, {61, 17}},
};

// Those kernels of a step, or where it has none what computes it otherwise.
std::vector<std::string> ways(const Step &step) {
    std::vector<std::string> names;
    for (const Alternative &alternative : step.alternatives)
        if (alternative.name.starts_with("hopper."))
            names.push_back(alternative.name);
    return names.empty() ? std::vector{step.alternatives.front().name} : names;
}

class HopperFamilies : public testing::TestWithParam<Family> {};

TEST_P(HopperFamilies, GiveWhatTheReferenceGivesEveryWay) {
    ASSERT_TRUE(test::named);
    emulated_reset(0);
    Trial trial(GetParam().network(), GetParam().extent, VSMLRT_PRECISION_FP16);
    std::size_t most = 0;
    for (const Step &step : trial.plan().steps)
        most = std::max(most, ways(step).size());
    for (std::size_t number = 0; number < most; ++number)
        trial.run([&](const Step &step) {
            const std::vector<std::string> names = ways(step);
            return names[number % names.size()];
        });
    EXPECT_GT(most, 1U);
    EXPECT_STREQ(emulated_faults(), "");
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(HopperFamilies);
INSTANTIATE_TEST_SUITE_P(Of, HopperFamilies,
                         testing::ValuesIn(all_wanted() ? std::span<const Family>(families)
                                                        : std::span<const Family>()),
                         [](const auto &test) { return std::string(test.param.name); });

} // namespace
} // namespace vsmlrt::cuda
