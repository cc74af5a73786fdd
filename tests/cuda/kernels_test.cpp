// The kernels for every architecture, by NVIDIA's compiler, without a GPU: they compile, and nothing spills.
#include "backends/cuda/candidate.h"
#include "backends/cuda/frames.h"
#include "backends/cuda/kernel_text.h"
#include "backends/cuda/mma_shrink.h"
#include "backends/cuda/mma_tail.h"
#include "base/error.h"
#include "base/text.h"
#include "cuda/cubin.h"
#include "cuda/hopper_problems.h"
#include "nvidia/compiler.h"
#include "tensor/half.h"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

namespace vsmlrt::cuda {
namespace {

bool has_compiler() {
    try {
        nvidia::require_compiler();
        return true;
    } catch (const Unsupported &) {
        return false;
    }
}

// What the families have.
constexpr Asked family_problems[] = {
    {.in = 3, .out = 64},
    {.in = 64, .out = 64},
    {.in = 64, .out = 64, .residual = true},
    {.in = 64, .out = 64, .pad = 0, .sums = true},
    {.in = 64, .out = 48, .residual = true, .shuffle = 4},
    {.in = 64, .out = 3, .shuffle = 1},
    {.in = 128, .out = 128, .residual = true},
    {.in = 256, .out = 128, .pad = 0, .sums = true},
    {.in = 64, .out = 128, .kernel = 2, .stride = 2, .pad = 0},
    {.in = 96, .out = 32, .stride = 2, .storage = Element::bf16},
    {.in = 128, .out = 128, .kernel = 2, .stride = 2, .pad = 0, .transposed = true},
    {.in = 64, .out = 24, .kernel = 4, .stride = 2, .transposed = true, .storage = Element::bf16},
    {.in = 256, .out = 3, .kernel = 4, .stride = 2, .pad = 3, .transposed = true, .shuffle = 1},
    {.in = 64, .out = 64, .residual = true, .half_sums = true},
    {.in = 64, .out = 24, .kernel = 4, .stride = 2, .transposed = true, .half_sums = true},
    {.in = 128, .out = 128, .residual = true, .storage = Element::f32},
    {.in = 7, .out = 48, .stride = 2, .storage = Element::f32},
    {.in = 64, .out = 24, .kernel = 4, .stride = 2, .transposed = true, .storage = Element::f32},
    {.in = 128, .out = 128, .sums = true, .storage = Element::f32, .tf32 = true},
    {.in = 96, .out = 32, .stride = 2, .storage = Element::f32, .tf32 = true},
};

class WithCompiler : public testing::Test {
protected:
    void SetUp() override {
        if (!has_compiler())
            GTEST_SKIP() << "NVRTC is not installed";
    }
};

class Kernels : public WithCompiler, public testing::WithParamInterface<std::string> {};

// Of which it is asked alone whether they compile: nothing in them depends on the card, and the oldest has
// the fewest instructions.
class KernelForms : public WithCompiler {
protected:
    static void expect_compiles(const std::string &source) {
        static const std::string oldest = test::architectures().front();
        EXPECT_FALSE(test::compiled(source, oldest).empty());
    }
};

// Within what a GeForce card grants: 99 KiB of shared memory a block, 65536 registers, nothing in local
// memory.
TEST_P(Kernels, OfConvolutionsCompileForTheFamiliesWithoutSpills) {
    const DeviceFacts facts;
    // The first that serves is what runs while none is timed; all of them on the most frequent cards.
    const bool every = std::string(GetParam()) == "sm_86";
    for (const Asked &asked : family_problems) {
        const ConvProblem problem = problem_of(asked);
        bool served = false;
        for (const ConvCandidate &candidate : mma_candidates()) {
            if (!candidate.serves(problem, facts) || (served && !every))
                continue;
            served = true;
            const std::string name = text(candidate.name, " of ", asked.in, " to ", asked.out);
            const test::Cubin cubin = test::read_cubin(test::compiled(candidate.source(problem), GetParam()));
            const Launch launch = candidate.launch(problem, operands_of(problem, 64, 64), facts);
            // To have two blocks a multiprocessor, the compiler may keep one address there from chunk to
            // chunk: on sm_80 every release, on sm_86 13.5.
            const bool keeps_one = GetParam() == "sm_80" || GetParam() == "sm_86";
            EXPECT_LE(cubin.local_bytes, keeps_one ? 8U : 0U) << name;
            EXPECT_LE(cubin.registers * launch.block[0], 65536U) << name;
            EXPECT_LE(launch.shared_bytes, 99U << 10) << name;
        }
        EXPECT_TRUE(served) << asked.in << " to " << asked.out;
    }
}

void expect_no_spills(const std::string &source, const std::string &architecture, const std::string &name) {
    const test::Cubin cubin = test::read_cubin(test::compiled(source, architecture));
    EXPECT_EQ(cubin.local_bytes, 0U) << name;
    EXPECT_LE(cubin.registers, 255U) << name;
}

// With what the families have behind 64 channels.
TEST_P(Kernels, OfConvolutionsWithTailsCompileWithoutSpills) {
    const Asked behind{.in = 64, .out = 3, .residual = true, .shuffle = 1};
    PairProblem problem{problem_of({.in = 64, .out = 64}), problem_of(behind)};
    const auto candidates = mma_tail_candidates(problem, DeviceFacts{});
    EXPECT_EQ(candidates.size(), 2U);
    problem.first = mma_tail_problem(problem);
    for (const ConvCandidate *candidate : candidates) {
        const test::Cubin cubin =
            test::read_cubin(test::compiled(candidate->source(problem.first), GetParam()));
        EXPECT_EQ(cubin.local_bytes, 0U) << candidate->name;
        EXPECT_LE(cubin.registers, 256U) << candidate->name;
    }
    const std::string sums = mma_tail_sums_source(problem.second);
    EXPECT_EQ(test::read_cubin(test::compiled(sums, GetParam())).local_bytes, 0U);
    // Tensors before the tail would take registers that there are not.
    EXPECT_TRUE(mma_tail_candidates({problem_of({.in = 64, .out = 64, .residual = true}), problem_of(behind)},
                                    DeviceFacts{})
                    .empty());
}

// From the channels that Real-CUGAN has there.
TEST_P(Kernels, OfConvolutionsThatShrinkCompileWithoutSpills) {
    const Asked behind{.in = 64, .out = 64, .kernel = 2, .stride = 2, .pad = 0};
    PairProblem problem{problem_of({.in = 32, .out = 64, .pad = 0}), problem_of(behind)};
    const auto candidates = mma_shrink_candidates(problem, DeviceFacts{});
    EXPECT_EQ(candidates.size(), 2U);
    problem.first = mma_shrink_problem(problem);
    for (const ConvCandidate *candidate : candidates)
        expect_no_spills(candidate->source(problem.first), GetParam(), candidate->name);
    for (const Asked &other : {Asked{.in = 32, .out = 64, .residual = true}, Asked{.in = 32, .out = 128}})
        EXPECT_TRUE(mma_shrink_candidates({problem_of(other), problem_of(behind)}, DeviceFacts{}).empty());
}

TEST_P(Kernels, OfProductsCompileWithoutSpills) {
    struct Variant {
        int a_along_k, a_vector, b_along_k, b_vector, brain, pairs;
    };
    const Variant variants[] = {
        {1, 8, 0, 8, 0, 1}, {1, 4, 1, 4, 0, 1}, {1, 2, 1, 1, 1, 0}, {0, 8, 0, 1, 0, 0}};
    for (const Variant &each : variants) {
        const std::string type = each.brain ? "bfloat_t" : "half_t";
        // With a bias and a residual, as a perceptron has.
        const std::string generated =
            text("typedef ", type, " a_t;\ntypedef ", type, " b_t;\ntypedef ", type, " c_t;\ntypedef ", type,
                 " output_t;\n#define CHAINED 1\n#define EXTRAS 2\n#define A_ALONG_K ", each.a_along_k,
                 "\n#define A_VECTOR ", each.a_vector, "\n#define B_ALONG_K ", each.b_along_k,
                 "\n#define B_VECTOR ", each.b_vector, "\n#define STORE_PAIRS ", each.pairs,
                 "\n#define BRAIN ", each.brain,
                 "\nDEVICE float chain(float sum, const float *x) {\n    return sum + x[0] + x[1];\n}\n",
                 "#define LOAD_EXTRAS x[0] = load<a_t>(args.extra[0].data, places.extra[0] + column); "
                 "x[1] = load<a_t>(args.extra[1].data, places.extra[1] + row);\n");
        expect_no_spills(kernel_source(generated, "matmul_mma.cuh"), GetParam(),
                         text("product ", each.a_vector, " ", each.b_vector));
    }
}

TEST_P(Kernels, OfProductsOfFloatsCompileWithoutSpills) {
    struct Variant {
        int a_along_k, a_vector, b_along_k, b_vector, tf32;
    };
    for (const Variant &each :
         {Variant{1, 4, 0, 4, 0}, Variant{0, 2, 1, 1, 0}, Variant{1, 4, 1, 2, 1}, Variant{0, 1, 0, 4, 1}}) {
        const std::string generated =
            text("typedef float a_t;\ntypedef float b_t;\ntypedef float c_t;\ntypedef float output_t;\n"
                 "#define CHAINED 1\n#define EXTRAS 1\n#define BRAIN 0\n#define A_ALONG_K ",
                 each.a_along_k, "\n#define A_VECTOR ", each.a_vector, "\n#define B_ALONG_K ", each.b_along_k,
                 "\n#define B_VECTOR ", each.b_vector, "\n#define TF32_PRODUCTS ", each.tf32,
                 "\nDEVICE float chain(float sum, const float *x) {\n    return sum + x[0];\n}\n",
                 "#define LOAD_EXTRAS x[0] = load<a_t>(args.extra[0].data, places.extra[0] + column);\n");
        expect_no_spills(kernel_source(generated, "matmul_floats.cuh"), GetParam(),
                         text("product of floats ", each.a_vector, " ", each.b_vector, " ", each.tf32));
    }
}

// With a table or a mask. `slices`, as kernels/attention_tiled.cuh has them; none: kernels/attention.cuh.
std::string attention_source(int d_steps, int v_steps, int slices, int vector, bool brain, int blocks) {
    const std::string type = brain ? "bfloat_t" : "half_t";
    return kernel_source(
        text("typedef ", type, " a_t;\ntypedef ", type,
             " output_t;\n#define CHAINED 1\n#define EXTRAS 1\n#define D_SLICES ", slices,
             "\n#define D_STEPS ", d_steps, "\n#define V_SLICES ", slices, "\n#define V_STEPS ", v_steps,
             "\n#define BLOCKS ", blocks, "\n#define Q_VECTOR ", vector, "\n#define K_VECTOR ", vector,
             "\n#define V_VECTOR ", vector, "\n#define BRAIN ", brain ? 1 : 0,
             "\nDEVICE float chain(float sum, const float *x) {\n    return sum + x[0];\n}\n"
             "#define LOAD_EXTRAS x[0] = load<a_t>(args.extra[0].data, places.extra[0] + row * "
             "args.extra[0].stride[max_rank - 2] + column * args.extra[0].stride[max_rank - 1]);\n"),
        slices > 0 ? "attention_tiled.cuh" : "attention.cuh");
}

TEST_P(Kernels, OfAttentionCompileWithoutSpills) {
    struct Variant {
        int steps, vector;
        bool brain;
    };
    for (const Variant &each : {Variant{1, 2, false}, Variant{2, 8, true}, Variant{4, 8, false}})
        expect_no_spills(attention_source(each.steps, each.steps, 0, each.vector, each.brain, 1), GetParam(),
                         text("attention ", each.steps));
}

TEST_P(Kernels, OfAttentionInTilesCompileWithoutSpills) {
    struct Variant {
        int d_steps, v_steps, slices, vector, blocks;
        bool brain;
    };
    for (const Variant &each :
         {Variant{1, 1, 1, 1, 3, false}, Variant{2, 2, 1, 2, 3, false}, Variant{8, 2, 2, 8, 2, false},
          Variant{4, 4, 1, 8, 2, false}, Variant{8, 8, 1, 8, 2, false}, Variant{8, 8, 2, 8, 2, true},
          Variant{5, 10, 1, 1, 2, false}, Variant{8, 12, 2, 8, 2, true}})
        expect_no_spills(
            attention_source(each.d_steps, each.v_steps, each.slices, each.vector, each.brain, each.blocks),
            GetParam(), text("attention ", each.d_steps, " ", each.v_steps, " ", each.slices));
}

TEST_P(Kernels, OfTransposesCompileWithoutSpills) {
    for (const char *types : {"half_t input_t;\ntypedef half_t", "float input_t;\ntypedef half_t",
                              "unsigned char input_t;\ntypedef unsigned char", "i64 input_t;\ntypedef i64"})
        expect_no_spills(
            kernel_source(text("#define RANK 4\ntypedef ", types, " output_t;\n#define VALUE(x) x\n"),
                          "transpose.cuh"),
            GetParam(), types);
}

TEST_P(Kernels, OfTransformersCompileWithoutSpills) {
    struct Variant {
        int channels, heads, depth, hidden, vector, windows, blocks, brain;
    };
    // SwinIR, and SCUNet's levels.
    std::vector<Variant> variants{{60, 6, 10, 120, 4, 1, 3, 0}, {60, 6, 10, 120, 4, 1, 4, 0},
                                  {60, 6, 10, 120, 4, 2, 2, 0}, {32, 1, 32, 128, 8, 2, 2, 1},
                                  {64, 2, 32, 256, 8, 1, 3, 0}, {128, 4, 32, 512, 8, 1, 2, 0}};
    if (std::string(GetParam()) == "sm_90a")
        variants.insert(variants.end(), {{32, 1, 32, 128, 8, 1, 5, 0}, {64, 2, 32, 256, 8, 1, 4, 0}});
    for (const Variant &each : variants) {
        const std::string generated =
            text("typedef ", each.brain ? "bfloat_t" : "half_t", " element_t;\n#define BRAIN ", each.brain,
                 "\n#define MASKED ", each.windows == 1 && (each.blocks < 4 || each.channels == 60),
                 "\n#define ATTENTION 1\n#define PERCEPTRON 1\n#define CHANNELS ", each.channels,
                 "\n#define HEADS ", each.heads, "\n#define DEPTH ", each.depth, "\n#define HIDDEN ",
                 each.hidden, "\n#define READ_VECTOR ", each.vector, "\n#define WRITE_VECTOR ", each.vector,
                 "\n#define LANES 0\n#define WINDOWS ", each.windows, "\n#define BLOCKS ", each.blocks,
                 "\n#define WINDOW_ROWS 8\n#define WINDOW_COLUMNS 8\n#define EXTRAS 1\n"
                 "DEVICE float chain(float sum, const float *x) {\n    return op::Gelu<float>(sum + x[0], "
                 "0.0f, 0.0f);\n}\n");
        expect_no_spills(kernel_source(generated, "transformer.cuh"), GetParam(),
                         text("transformer ", each.channels, " ", each.windows));
    }
}

TEST_P(Kernels, OfRowsByWarpsCompileWithoutSpills) {
    for (const int lane : {1, 2, 32}) {
        const std::string generated =
            text("#define RANK 3\n#define LOGARITHM 0\n#define PER_LANE ", lane,
                 "\ntypedef half_t element_t;\ntypedef half_t output_t;\ntypedef float scale_t;\n");
        const std::string shape =
            text("#define VECTOR ", lane == 2 ? 4 : 1, "\n#define LANES ", lane == 1 ? 16 : 32, "\n");
        expect_no_spills(kernel_source(generated + shape, "layer_normalize.cuh"), GetParam(), "layer");
        expect_no_spills(kernel_source(generated, "softmax_warp.cuh"), GetParam(), "softmax");
    }
}

TEST_P(Kernels, OfExcitationCompileWithoutSpills) {
    const std::string chains =
        "DEVICE float first_chain(float sum) {\n    return op::Relu<float>(sum, 0, 0);\n}\n"
        "DEVICE float second_chain(float sum) {\n    return op::Sigmoid<float>(sum, 0, 0);\n}\n";
    const test::Cubin excite =
        test::read_cubin(test::compiled(kernel_source(chains, "excite.cuh"), GetParam()));
    EXPECT_EQ(excite.local_bytes, 0U);
    EXPECT_LE(excite.registers, 64U); // 1024 threads
    expect_no_spills(kernel_source("typedef half_t weight_t;\n", "scale_weights.cuh"), GetParam(), "scaling");
}

// The most frequent formats of clips, and those that keep the most rows of chroma.
TEST_P(Kernels, OfSubsampledFramesCompileWithoutSpills) {
    struct Form {
        vsmlrt_sample sample;
        int bits, subsampling;
        Element tensor;
    };
    for (const Form &form : {Form{VSMLRT_INTEGER, 8, 1, Element::f16},
                             {VSMLRT_INTEGER, 16, 1, Element::f16},
                             {VSMLRT_FLOAT, 32, 1, Element::f32},
                             {VSMLRT_FLOAT, 32, 2, Element::f32}}) {
        const vsmlrt_frame_format format = {VSMLRT_YUV,       form.sample, form.bits, form.subsampling,
                                            form.subsampling, 1,           0,         0};
        const std::string name = text(form.bits, " bits, subsampled ", form.subsampling);
        expect_no_spills(decode_source({format, {8, 8}, 3}, form.tensor), GetParam(), "from " + name);
        expect_no_spills(encode_source(format, 3, form.tensor), GetParam(), "to " + name);
    }
}

TEST_F(KernelForms, OfFramesCompileForEveryKindOfFormat) {
    const auto yuv = [](vsmlrt_sample sample, int bits, int subsampling) {
        return vsmlrt_frame_format{VSMLRT_YUV, sample, bits, subsampling, subsampling, 1, 0, 0};
    };
    const vsmlrt_frame_format rgb = {VSMLRT_RGB, VSMLRT_FLOAT, 16, 0, 0, 0, 1, 0};
    const vsmlrt_frame_format gray = {VSMLRT_GRAY, VSMLRT_INTEGER, 16, 0, 0, 1, 0, 0};
    std::vector<std::string> sources;
    for (const Element tensor : {Element::f16, Element::f32}) {
        for (const vsmlrt_frame_format &format :
             {yuv(VSMLRT_INTEGER, 8, 1), yuv(VSMLRT_INTEGER, 10, 0), yuv(VSMLRT_FLOAT, 32, 2), rgb, gray}) {
            sources.push_back(decode_source({format, {8, 8}, 3}, tensor));
            sources.push_back(encode_source(format, 3, tensor));
        }
        sources.push_back(decode_source({gray, {8, 8}, 1}, tensor));
        sources.push_back(encode_source(gray, 1, tensor));
        sources.push_back(blend_source(tensor));
    }
    for (const std::string &source : sources)
        expect_compiles(source);
}

TEST_F(KernelForms, OfResizesInEveryFormCompile) {
    for (const int mode : {0, 1, 2})
        for (const int coordinates : {0, 5, 6})
            for (const char *type : {"half_t", "i64"}) {
                if (mode != 0 && std::string_view(type) == "i64")
                    continue;
                const std::string source = kernel_source(
                    text("#define RANK 4\n#define MODE ", mode, "\n#define COORDINATES ", coordinates,
                         "\n#define NEAREST 0\n#define EXCLUDE_OUTSIDE 1\n#define ANTIALIAS ",
                         mode == 0 ? 0 : 1, "\ntypedef ", type, " element_t;\n"),
                    "resize_general.cuh");
                expect_compiles(source);
            }
}

TEST_F(KernelForms, OfIndicesAndLinesCompile) {
    std::vector<std::string> sources;
    for (const char *type : {"half_t", "bfloat_t", "float", "i64"}) {
        const std::string element = text("typedef ", type, " element_t;\n");
        for (const int to_plain : {0, 1})
            sources.push_back(kernel_source(text("#define RANK 4\n#define DEPTH 2\n#define TO_PLAIN ",
                                                 to_plain, "\ntypedef i64 index_t;\n", element),
                                            "indexed.cuh"));
        for (const int kind : {0, 1, 2})
            sources.push_back(kernel_source(text("#define RANK 4\n#define SECOND 1\n#define LAST 1\n",
                                                 "#define EXCLUSIVE 1\n#define SMALLEST 0\n#define KIND ",
                                                 kind, "\n", element),
                                            "line.cuh"));
    }
    for (const std::string &source : sources)
        expect_compiles(source);
}

INSTANTIATE_TEST_SUITE_P(Architectures, Kernels, testing::ValuesIn(test::architectures()),
                         [](const auto &tested) { return tested.param; });

// Each candidate's, of a problem that it serves.
TEST(MmaWeights, EveryWeightIsPackedOnceAndTheRestIsZero) {
    std::set<std::string> packed;
    for (const Asked &asked :
         {Asked{.in = 20, .out = 40}, Asked{.in = 20, .out = 50}, Asked{.in = 20, .out = 20},
          Asked{.in = 20, .out = 3}, Asked{.in = 20, .out = 100, .stride = 2},
          Asked{.in = 12, .out = 100, .stride = 2},
          Asked{.in = 20, .out = 3, .kernel = 4, .stride = 2, .transposed = true},
          Asked{.in = 20, .out = 3, .transposed = true}, Asked{.in = 20, .out = 40, .transposed = true},
          Asked{.in = 20, .out = 1, .kernel = 2, .stride = 3, .transposed = true},
          Asked{.in = 20, .out = 40, .half_sums = true}, Asked{.in = 20, .out = 20, .half_sums = true}}) {
        const ConvProblem problem = problem_of(asked);
        std::vector<float> weights(
            static_cast<std::size_t>(asked.out * asked.in * asked.kernel * asked.kernel));
        for (std::size_t i = 0; i < weights.size(); ++i)
            weights[i] = static_cast<float>(i % 2039 + 2048); // above, minus own, plus below is not 0
        for (const ConvCandidate &candidate : mma_candidates()) {
            if (!candidate.serves(problem, DeviceFacts{}))
                continue;
            packed.insert(candidate.name);
            const std::vector<std::byte> bytes = candidate.pack(problem, weights);
            std::size_t filled = 0;
            for (std::size_t i = 0; i < bytes.size(); i += 2) {
                std::uint16_t half = 0;
                std::memcpy(&half, &bytes[i], 2);
                filled += half != 0;
            }
            // Winograd's algorithm has four of each column of three.
            EXPECT_EQ(filled, candidate.holds ? weights.size() / 3 * 4 : weights.size()) << candidate.name;
        }
    }
    const std::vector<float> of_tail(std::size_t{3} * 64 * 9, 1.0F);
    const std::vector<std::byte> bytes = pack_mma_tail(tail_of(20, 64, false), of_tail);
    std::size_t filled = 0;
    for (std::size_t i = 0; i < bytes.size(); i += 2)
        filled += bytes[i] != std::byte{0} || bytes[i + 1] != std::byte{0};
    EXPECT_EQ(filled, of_tail.size());
    std::vector<float> of_shrink(std::size_t{64} * 64 * 4);
    std::set<std::uint16_t> found;
    for (std::size_t i = 0; i < of_shrink.size(); ++i)
        of_shrink[i] = half_to_float(static_cast<std::uint16_t>(i + 1));
    const Asked shrinking{.in = 64, .out = 64, .kernel = 2, .stride = 2, .pad = 0};
    const std::vector<std::byte> halves =
        pack_mma_shrink({problem_of({.in = 20, .out = 64}), problem_of(shrinking)}, of_shrink);
    for (std::size_t i = 0; i < halves.size(); i += 2) {
        std::uint16_t half = 0;
        std::memcpy(&half, &halves[i], 2);
        found.insert(half);
    }
    EXPECT_EQ(halves.size(), 2 * of_shrink.size());
    EXPECT_EQ(found.size(), of_shrink.size()); // each of them once
    for (const ConvCandidate &candidate : mma_candidates()) {
        const std::string name = candidate.name;
        EXPECT_TRUE(packed.contains(name) || !name.starts_with("mma")) << name;
    }
}

} // namespace
} // namespace vsmlrt::cuda
