// The convolutions' kernels on the CPU, their blocks' threads as fibers: each way to multiply, straight,
// strided and transposed, against sums in double, with what nobody wrote poisoned.
#include "backends/cuda/mma_shrink.h"
#include "backends/cuda/mma_tail.h"
#include "base/set_variable.h"
#include "base/shared_library.h"
#include "base/text.h"
#include "cuda/hopper_problems.h"
#include "networks/builder.h"
#include "nvidia/compiler.h"
#include "tensor/half.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <memory>

namespace vsmlrt::cuda {
namespace {

using test::Random;

// Before the compiler is looked for.
const bool named = test::set_variable("VSMLRT_NVRTC", VSMLRT_EMULATED);

// Several tiles for each of the few blocks that one multiprocessor has.
constexpr int height = 18;
constexpr int width = 19;

// Values of a type at a pitch of channels, each the nearest that the type has.
class Values {
public:
    Values(Element type, std::size_t count) : type_(type), bytes_(count * element_size(type) + 64) {}

    [[nodiscard]] float at(std::size_t i) const {
        float value = 0;
        std::uint16_t bits = 0;
        std::memcpy(type_ == Element::f32 ? static_cast<void *>(&value) : &bits,
                    bytes_.data() + i * element_size(type_), element_size(type_));
        return type_ == Element::f32   ? value
               : type_ == Element::f16 ? half_to_float(bits)
                                       : bfloat_to_float(bits);
    }
    void set(std::size_t i, float value) {
        const std::uint16_t bits = type_ == Element::f16 ? float_to_half(value) : float_to_bfloat(value);
        std::memcpy(bytes_.data() + i * element_size(type_),
                    type_ == Element::f32 ? static_cast<const void *>(&value) : &bits, element_size(type_));
    }
    void poison() { std::fill(bytes_.begin(), bytes_.end(), std::byte{0xff}); }
    [[nodiscard]] std::uint64_t address() const { return reinterpret_cast<std::uint64_t>(bytes_.data()); }

private:
    Element type_;
    std::vector<std::byte> bytes_;
};

// A convolution of problem_of() with its operands: a bias, a slope and, where asked, a residual.
class Convolution {
public:
    explicit Convolution(const Asked &asked)
        : asked_(asked), problem_(problem_of(asked)), operands_(operands_of(problem_, height, width)),
          pitch_(pitch_of(asked.in)), out_pitch_(asked.out / block() + lanes()),
          out_pixels_(static_cast<std::size_t>(operands_.out_height * operands_.out_width)),
          input_(asked.storage, std::size_t{height} * width * pitch_), result_(asked.storage, results()),
          residual_(asked.storage, results()), bias_(512), slope_(512) {
        Random random(5);
        for (std::size_t pixel = 0; pixel < std::size_t{height} * width; ++pixel)
            for (int c = 0; c < asked.in; ++c)
                input_.set(pixel * pitch_ + static_cast<std::size_t>(c), random.next());
        for (std::size_t i = 0; i < results(); ++i)
            residual_.set(i, random.next());
        const auto taps = static_cast<std::size_t>(asked.kernel * asked.kernel);
        const float scale = 1 / std::sqrt(static_cast<float>(asked.in) * static_cast<float>(taps));
        Values rounded(asked.storage, 1);
        for (std::size_t i = 0; i < static_cast<std::size_t>(asked.in * asked.out) * taps; ++i) {
            rounded.set(0, random.next() * scale);
            weights_.push_back(rounded.at(0));
        }
        for (std::size_t i = 0; i < static_cast<std::size_t>(asked.out); ++i) {
            bias_[i] = random.next();
            slope_[i] = random.next();
        }
        forget();
    }

    [[nodiscard]] const ConvProblem &problem() const { return problem_; }

    // By a candidate's kernel.
    void compute(const ConvCandidate &candidate) {
        std::vector<std::byte> packed = candidate.pack(problem_, weights_);
        packed.resize(packed.size() + 64);
        result_.poison();
        ConvOperands operands = operands_with(packed);
        const int rows = asked_.sums ? candidate.sum_rows(problem_, operands, DeviceFacts{}) : 0;
        const auto pitch = static_cast<std::size_t>(sum_pitch(asked_.out));
        sums_.assign(static_cast<std::size_t>(rows) * pitch, std::numeric_limits<float>::quiet_NaN());
        operands.epilogue = epilogue();
        Launch launch = candidate.launch(problem_, operands, DeviceFacts{});
        run(candidate.source(problem_), launch);
        for (int c = 0; asked_.sums && c < asked_.out; ++c) {
            double sum = 0;
            for (std::size_t i = static_cast<std::size_t>(c); i < sums_.size(); i += pitch)
                sum += sums_[i];
            double wanted = 0;
            for (std::size_t pixel = 0; pixel < out_pixels_; ++pixel)
                wanted += expected(pixel, c);
            EXPECT_NEAR(sum, wanted, 1e-2) << candidate.name << ", channel " << c;
        }
    }
    // By a candidate's kernel for the one before it, whose result it reads alone, and what adds up after it.
    void compute_behind(const Convolution &first, const ConvCandidate &candidate) {
        PairProblem problem{first.problem_, problem_};
        problem.first = mma_tail_problem(problem);
        const std::vector<std::byte> packed = candidate.pack(problem.first, first.weights_);
        const std::vector<std::byte> taps = pack_mma_tail(problem, weights_);
        const std::vector<float> sums(static_cast<std::size_t>(mma_tail_floats(problem, height, width)),
                                      std::numeric_limits<float>::quiet_NaN());
        const auto address = [](const auto &values) {
            return reinterpret_cast<std::uint64_t>(values.data());
        };
        result_.poison();
        Launch multiplied = launch_mma_tail(problem, candidate, first.operands_with(packed), address(taps),
                                            address(sums), DeviceFacts{});
        run(candidate.source(problem.first), multiplied);
        ConvOperands operands = operands_with({});
        operands.input = address(sums);
        Launch added = launch_mma_tail_sums(problem_, operands);
        run(mma_tail_sums_source(problem_), added);
    }
    // By a candidate's kernel for the one before it, which stores that one's result too.
    void compute_with(Convolution &first, const ConvCandidate &candidate) {
        PairProblem problem{first.problem_, problem_};
        problem.first = mma_shrink_problem(problem);
        const std::vector<std::byte> packed = candidate.pack(problem.first, first.weights_);
        const std::vector<std::byte> own = pack_mma_shrink(problem, weights_);
        first.result_.poison();
        result_.poison();
        Launch launch =
            launch_mma_shrink(problem, candidate, first.operands_with(packed),
                              reinterpret_cast<std::uint64_t>(own.data()), epilogue(), DeviceFacts{});
        run(candidate.source(problem.first), launch);
    }
    // Its input from now on: what the other gives, rounded.
    void read(const Convolution &first) {
        ASSERT_EQ(first.out_pixels_, std::size_t{height} * width);
        for (std::size_t pixel = 0; pixel < first.out_pixels_; ++pixel)
            for (int c = 0; c < asked_.in; ++c)
                input_.set(pixel * pitch_ + static_cast<std::size_t>(c),
                           static_cast<float>(first.expected(pixel, c)));
        forget();
    }
    // One pixel of its input from now on.
    void spoil(int y, int x, float value) {
        for (int c = 0; c < asked_.in; ++c)
            input_.set(pixel_at(y, x) * pitch_ + static_cast<std::size_t>(c), value);
        forget();
    }
    // The pixels of its result with a channel that is no finite number.
    [[nodiscard]] std::vector<std::size_t> spoilt() const {
        std::vector<std::size_t> pixels;
        for (std::size_t pixel = 0; pixel < out_pixels_; ++pixel)
            for (int c = 0; c < asked_.out; ++c)
                if (!std::isfinite(result_.at(place(pixel, c)))) {
                    pixels.push_back(pixel);
                    break;
                }
        return pixels;
    }
    // |given - expected| / |expected|, Euclidean. Padding lanes are to be 0.
    [[nodiscard]] double error() const {
        double apart = 0;
        double size = 0;
        for (std::size_t pixel = 0; pixel < out_pixels_; ++pixel) {
            for (int c = 0; c < asked_.out; ++c) {
                const double wanted = expected(pixel, c);
                apart += std::pow(result_.at(place(pixel, c)) - wanted, 2);
                size += wanted * wanted;
            }
            for (int c = asked_.out; c < asked_.out + lanes() * block(); ++c)
                EXPECT_EQ(result_.at(place(pixel, c)), 0) << "lane " << c;
        }
        return std::sqrt(apart / size);
    }

private:
    using Kernel = void (*)(const unsigned *grid, const unsigned *block, void **parameters);

    [[nodiscard]] std::size_t pitch_of(int channels) const {
        const std::size_t vector = 16 / element_size(asked_.storage);
        return (static_cast<std::size_t>(channels) + vector - 1) / vector * vector;
    }
    [[nodiscard]] bool planes() const { return asked_.shuffle > 0 && !asked_.pixels; }
    // Of pixels with channels innermost, that a shuffle makes of one.
    [[nodiscard]] int block() const { return asked_.pixels ? asked_.shuffle * asked_.shuffle : 1; }
    // As the epilogue of problem_of() knows them: pixels of whole eights.
    [[nodiscard]] int lanes() const {
        const int channels = asked_.out / block();
        return planes() ? 0 : (channels + 7) / 8 * 8 - channels;
    }
    [[nodiscard]] std::size_t results() const {
        return out_pixels_ * static_cast<std::size_t>(block() * out_pitch_);
    }
    [[nodiscard]] std::size_t place(std::size_t pixel, int channel) const {
        const auto c = static_cast<std::size_t>(channel);
        if (asked_.shuffle > 1) {
            const auto by = static_cast<std::size_t>(asked_.shuffle);
            const auto across = static_cast<std::size_t>(operands_.out_width);
            const std::size_t row = pixel / across * by + c % (by * by) / by;
            if (asked_.pixels)
                return (row * across * by + pixel % across * by + c % by) *
                           static_cast<std::size_t>(out_pitch_) +
                       c / (by * by);
            return c / (by * by) * (by * by * out_pixels_) + row * across * by + pixel % across * by + c % by;
        }
        return planes() ? c * out_pixels_ + pixel : pixel * static_cast<std::size_t>(out_pitch_) + c;
    }

    static void *bytes_of(Argument &argument) { return std::get<std::vector<std::byte>>(argument).data(); }

    static Kernel load(const std::vector<std::byte> &cubin) {
        // Of the emulated compiler a cubin is the name of a library. It stays open, as its threads' memory
        // does.
        auto *const library = new SharedLibrary(reinterpret_cast<const char *>(cubin.data()));
        return reinterpret_cast<Kernel>(library->symbol("kernel"));
    }
    static void run(const std::string &source, Launch &launch) {
        EXPECT_LE(launch.shared_bytes, 99U << 10);
        void *parameters[] = {bytes_of(launch.arguments[0]), bytes_of(launch.arguments[1])};
        load(nvidia::compile(source, "sm_80"))(launch.grid.data(), launch.block.data(), parameters);
    }
    [[nodiscard]] ConvOperands operands_with(const std::vector<std::byte> &weights) const {
        ConvOperands operands = operands_;
        operands.input = input_.address();
        operands.weights = reinterpret_cast<std::uint64_t>(weights.data());
        operands.in_stride_x = static_cast<std::int64_t>(pitch_);
        operands.in_stride_y = width * operands.in_stride_x;
        operands.epilogue = epilogue();
        return operands;
    }

    // EpilogueArgs, as epilogue.cpp lays them.
    [[nodiscard]] std::vector<std::byte> epilogue() const {
        std::vector<std::byte> bytes;
        const auto add = [&](auto value) {
            const auto *const begin = reinterpret_cast<const std::byte *>(&value);
            bytes.insert(bytes.end(), begin, begin + sizeof value);
        };
        const auto add_tensor = [&](std::uint64_t address) {
            const std::int64_t pixel = planes() ? 1 : out_pitch_;
            const std::int64_t by = std::max(asked_.shuffle, 1);
            add(address);
            add(operands_.out_width * by * pixel);
            add(pixel);
            add(planes() ? static_cast<std::int64_t>(out_pixels_) * by * by : std::int64_t{1});
        };
        add(reinterpret_cast<std::uint64_t>(bias_.data()));
        add(reinterpret_cast<std::uint64_t>(slope_.data()));
        add_tensor(asked_.residual ? residual_.address() : 0);
        add_tensor(result_.address());
        add(reinterpret_cast<std::uint64_t>(sums_.data()));
        add(static_cast<int>(operands_.out_width));
        add(static_cast<int>(operands_.out_height));
        add(asked_.out);
        add(lanes());
        return bytes;
    }

    // Where tap `tap` of the result at `at` reads along an axis of `size`; -1: nowhere.
    [[nodiscard]] int source(int at, int tap, int size) const {
        const int stride = static_cast<int>(asked_.stride);
        const int pad = static_cast<int>(asked_.pad);
        const int shifted = asked_.transposed ? at + pad - tap : at * stride + tap - pad;
        if (shifted < 0 || (asked_.transposed && shifted % stride != 0))
            return -1;
        const int from = asked_.transposed ? shifted / stride : shifted;
        return from < size ? from : -1;
    }
    [[nodiscard]] float weight(int filter, int y, int x) const {
        const auto kernel = static_cast<std::size_t>(asked_.kernel);
        return weights_[(static_cast<std::size_t>(filter) * kernel + static_cast<std::size_t>(y)) * kernel +
                        static_cast<std::size_t>(x)];
    }
    static std::size_t pixel_at(int y, int x) {
        return static_cast<std::size_t>(y) * width + static_cast<std::size_t>(x);
    }
    // By the definition; computed when it is first asked for, since every candidate is compared with it.
    [[nodiscard]] double expected(std::size_t pixel, int channel) const {
        double &known =
            known_[pixel * static_cast<std::size_t>(asked_.out) + static_cast<std::size_t>(channel)];
        if (std::isnan(known))
            known = defined(pixel, channel);
        return known;
    }
    void forget() {
        known_.assign(out_pixels_ * static_cast<std::size_t>(asked_.out),
                      std::numeric_limits<double>::quiet_NaN());
    }
    [[nodiscard]] double defined(std::size_t pixel, int channel) const {
        const int y = static_cast<int>(pixel) / static_cast<int>(operands_.out_width);
        const int x = static_cast<int>(pixel) % static_cast<int>(operands_.out_width);
        const int kernel = static_cast<int>(asked_.kernel);
        double sum = bias_[static_cast<std::size_t>(channel)];
        for (int i = 0; i < kernel; ++i)
            for (int j = 0; j < kernel; ++j) {
                const int from_y = source(y, i, height);
                const int from_x = source(x, j, width);
                for (int k = 0; from_y >= 0 && from_x >= 0 && k < asked_.in; ++k) {
                    const int filter = asked_.transposed ? k * asked_.out + channel : channel * asked_.in + k;
                    sum += double{weight(filter, i, j)} *
                           input_.at(pixel_at(from_y, from_x) * pitch_ + static_cast<std::size_t>(k));
                }
            }
        if (sum < 0)
            sum *= slope_[static_cast<std::size_t>(channel)];
        return sum + (asked_.residual ? residual_.at(place(pixel, channel)) : 0);
    }

    Asked asked_;
    ConvProblem problem_;
    ConvOperands operands_;
    std::size_t pitch_;
    std::int64_t out_pitch_;
    std::size_t out_pixels_;
    Values input_;
    Values result_;
    Values residual_;
    std::vector<float> weights_;
    std::vector<float> bias_;
    std::vector<float> slope_;
    std::vector<float> sums_;           // rows of them
    mutable std::vector<double> known_; // what expected() has given; NaN: not asked for
};

struct Problem {
    const char *name;
    Asked asked;
    double tolerance;
};

constexpr Problem problems[] = {
    {"halves", {.in = 20, .out = 40, .residual = true}, 5e-4},
    {"brain", {.in = 12, .out = 20, .stride = 2, .storage = Element::bf16}, 4e-3},
    {"half_sums", {.in = 40, .out = 40, .residual = true, .half_sums = true}, 5e-4},
    {"floats", {.in = 20, .out = 40, .residual = true, .storage = Element::f32}, 5e-7},
    {"floats_strided", {.in = 12, .out = 20, .stride = 2, .storage = Element::f32}, 5e-7},
    {"floats_transposed",
     {.in = 12,
      .out = 40,
      .kernel = 4,
      .stride = 2,
      .transposed = true,
      .shuffle = 1,
      .storage = Element::f32},
     5e-7},
    {"tf32", {.in = 20, .out = 70, .storage = Element::f32, .tf32 = true}, 5e-4},
    {"of_64", {.in = 20, .out = 64, .residual = true}, 5e-4},
    {"of_128", {.in = 12, .out = 128, .storage = Element::bf16}, 4e-3},
    {"of_64_added_up", {.in = 20, .out = 64, .pad = 0, .sums = true}, 5e-4},
    {"of_128_added_up", {.in = 12, .out = 128, .sums = true}, 5e-4},
    {"of_32", {.in = 20, .out = 27, .residual = true}, 5e-4},
    {"of_16", {.in = 24, .out = 16, .residual = true}, 5e-4},
    {"of_3_to_planes", {.in = 24, .out = 3, .residual = true, .shuffle = 1}, 5e-4},
    {"of_48_shuffled", {.in = 20, .out = 48, .residual = true, .shuffle = 4}, 5e-4},
    {"of_32_shuffled", {.in = 20, .out = 32, .shuffle = 4}, 5e-4},
    {"of_24_shuffled_to_pixels",
     {.in = 20, .out = 24, .kernel = 4, .stride = 2, .transposed = true, .shuffle = 2, .pixels = true},
     5e-4},
    {"of_20_shuffled_to_pixels", {.in = 12, .out = 20, .shuffle = 2, .pixels = true}, 5e-4},
    {"five_taps_a_side", {.in = 12, .out = 48, .kernel = 5, .pad = 2}, 5e-4},
    {"half_as_large", {.in = 20, .out = 64, .kernel = 2, .stride = 2, .pad = 0}, 5e-4},
    {"one_tap", {.in = 72, .out = 64, .kernel = 1, .pad = 0}, 5e-4},
    {"one_tap_a_phase", {.in = 72, .out = 64, .kernel = 2, .stride = 2, .pad = 0, .transposed = true}, 5e-4},
    {"phases_that_share_pixels", {.in = 12, .out = 40, .kernel = 4, .stride = 2, .transposed = true}, 5e-4},
    {"transposed_without_phases",
     {.in = 20, .out = 3, .transposed = true, .residual = true, .shuffle = 1},
     5e-4},
    {"phases_as_channels",
     {.in = 20, .out = 3, .kernel = 4, .stride = 2, .transposed = true, .shuffle = 1},
     5e-4},
    {"phases_as_channels_of_pixels",
     {.in = 20, .out = 3, .kernel = 4, .stride = 2, .pad = 3, .transposed = true, .residual = true},
     5e-4},
};

class Convolutions : public testing::TestWithParam<Problem> {};

TEST_P(Convolutions, GiveTheirSumsByEveryKernelThatServesThem) {
    ASSERT_TRUE(named);
    Convolution convolution(GetParam().asked);
    int served = 0;
    for (const ConvCandidate &candidate : mma_candidates())
        if (candidate.serves(convolution.problem(), DeviceFacts{}) &&
            (!GetParam().asked.sums || candidate.sum_rows)) {
            ++served;
            convolution.compute(candidate);
            EXPECT_LE(convolution.error(), GetParam().tolerance) << candidate.name;
        }
    EXPECT_GE(served, 1);
}

// By Winograd's algorithm too, which adds up pixels before it multiplies them.
TEST(ConvolutionsOfWhatIsNoNumber, SpoilWhatReadsItAlone) {
    ASSERT_TRUE(named);
    using Limits = std::numeric_limits<float>;
    // The first and the second line of two.
    for (const auto &[y, value] : {std::pair{6, Limits::quiet_NaN()}, {7, Limits::infinity()}}) {
        Convolution convolution({.in = 12, .out = 32});
        convolution.spoil(y, 9, value);
        std::vector<std::size_t> readers;
        for (int line = y - 1; line <= y + 1; ++line)
            for (std::size_t x = 8; x <= 10; ++x)
                readers.push_back(static_cast<std::size_t>(line) * width + x);
        for (const ConvCandidate &candidate : mma_candidates())
            if (candidate.serves(convolution.problem(), DeviceFacts{})) {
                convolution.compute(candidate);
                EXPECT_EQ(convolution.spoilt(), readers) << candidate.name;
            }
    }
}

struct TailCase {
    const char *name;
    Asked first, second;
    double tolerance;
};

constexpr TailCase tails[] = {
    {"straight", {.in = 20, .out = 64}, {.in = 64, .out = 3, .pad = 0, .shuffle = 1}, 5e-4},
    {"padded", {.in = 36, .out = 64}, {.in = 64, .out = 3, .residual = true, .shuffle = 1}, 5e-4},
    {"wider", {.in = 12, .out = 64}, {.in = 64, .out = 1, .pad = 2, .shuffle = 1}, 5e-4},
    {"of_four_to_pixels", {.in = 12, .out = 64}, {.in = 64, .out = 4, .residual = true}, 5e-4},
    {"brain",
     {.in = 20, .out = 64, .storage = Element::bf16},
     {.in = 64, .out = 3, .residual = true, .shuffle = 1, .storage = Element::bf16},
     4e-3},
    {"five_taps_a_side",
     {.in = 12, .out = 64, .kernel = 5, .pad = 2},
     {.in = 64, .out = 2, .pad = 0, .shuffle = 1},
     5e-4},
};

class ConvolutionsWithTails : public testing::TestWithParam<TailCase> {};

TEST_P(ConvolutionsWithTails, GiveWhatBothWouldByEveryKernelThatServesThem) {
    ASSERT_TRUE(named);
    const Convolution first(GetParam().first);
    Convolution second(GetParam().second);
    second.read(first);
    const std::vector<const ConvCandidate *> candidates =
        mma_tail_candidates({first.problem(), second.problem()}, DeviceFacts{});
    EXPECT_FALSE(candidates.empty());
    for (const ConvCandidate *candidate : candidates) {
        second.compute_behind(first, *candidate);
        EXPECT_LE(second.error(), GetParam().tolerance) << candidate->name;
    }
}

constexpr TailCase shrinks[] = {
    {"padded", {.in = 36, .out = 64}, {.in = 64, .out = 64, .kernel = 2, .stride = 2, .pad = 0}, 5e-4},
    {"brain",
     {.in = 20, .out = 64, .storage = Element::bf16},
     {.in = 64, .out = 64, .kernel = 2, .stride = 2, .pad = 0, .storage = Element::bf16},
     4e-3},
};

class ConvolutionsThatShrink : public testing::TestWithParam<TailCase> {};

TEST_P(ConvolutionsThatShrink, GiveWhatBothWouldByEveryKernelThatServesThem) {
    ASSERT_TRUE(named);
    Convolution first(GetParam().first);
    Convolution second(GetParam().second);
    second.read(first);
    const std::vector<const ConvCandidate *> candidates =
        mma_shrink_candidates({first.problem(), second.problem()}, DeviceFacts{});
    EXPECT_FALSE(candidates.empty());
    for (const ConvCandidate *candidate : candidates) {
        second.compute_with(first, *candidate);
        EXPECT_LE(first.error(), GetParam().tolerance) << candidate->name;
        EXPECT_LE(second.error(), GetParam().tolerance) << candidate->name;
    }
}

INSTANTIATE_TEST_SUITE_P(Ways, ConvolutionsThatShrink, testing::ValuesIn(shrinks),
                         [](const auto &test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(Ways, ConvolutionsWithTails, testing::ValuesIn(tails),
                         [](const auto &test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(Ways, Convolutions, testing::ValuesIn(problems),
                         [](const auto &test) { return std::string(test.param.name); });

} // namespace
} // namespace vsmlrt::cuda
