// The kernels for every architecture, by NVIDIA's compiler, without a GPU: they compile, and nothing spills.
#include "backends/cuda/candidate.h"
#include "backends/cuda/epilogue.h"
#include "backends/cuda/frames.h"
#include "backends/cuda/kernel_text.h"
#include "nvidia/compiler.h"

#include "base/error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

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

Tensor pixels(Element type, std::int64_t channels) {
    return channels_last(0, type, {1, channels, 9, 11}, (channels + 7) / 8 * 8);
}

// A bias and a slope a channel; with a tensor to add where asked.
Epilogue prelu_epilogue(Element storage, int channels, bool residual) {
    EpilogueBuilder builder;
    builder.add_bias(0);
    builder.add_channel("x0", 0);
    std::string chain = "    const float v0 = op::PRelu<float>(sum, x0);\n";
    std::string result = "v0";
    if (residual) {
        builder.add_tensor("x1", pixels(storage, channels), OperandPlace::sum);
        chain += "    const float v1 = op::Add<float>(v0, x1);\n";
        result = "v1";
    }
    return builder.finish(chain, result, pixels(storage, channels), 1);
}

ConvProblem problem(Element storage, int in, int out, int kernel, int stride, bool transposed) {
    ConvProblem asked;
    asked.storage = storage;
    asked.in_channels = in;
    asked.out_channels = out;
    asked.kernel = {kernel, kernel};
    asked.strides = {stride, stride};
    asked.pads = {1, 1, 1, 1};
    asked.transposed = transposed;
    asked.epilogue = prelu_epilogue(storage, out, !transposed);
    return asked;
}

// What the families have.
std::vector<ConvProblem> family_problems() {
    std::vector<ConvProblem> all;
    all.push_back(problem(Element::f16, 64, 128, 3, 1, false));
    all.push_back(problem(Element::f16, 96, 32, 3, 2, false));
    all.push_back(problem(Element::bf16, 64, 24, 4, 2, true));
    return all;
}

class Kernels : public testing::TestWithParam<const char *> {
protected:
    void SetUp() override {
        if (!has_compiler())
            GTEST_SKIP() << "NVRTC is not installed";
    }
};

TEST_P(Kernels, OfConvolutionsCompileForTheFamilies) {
    DeviceFacts facts;
    for (const ConvProblem &asked : family_problems()) {
        const auto candidates = mma_candidates();
        const auto served =
            std::find_if(candidates.begin(), candidates.end(),
                         [&](const ConvCandidate &each) { return each.serves(asked, facts); });
        ASSERT_NE(served, candidates.end()) << asked.in_channels << " to " << asked.out_channels;
        EXPECT_GT(nvidia::compile(served->source(asked), GetParam()).size(), 0U) << served->name;
    }
}

TEST_P(Kernels, OfFramesCompileForEveryKindOfFormat) {
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
            const EncodeSources encode = encode_sources(format, 3, tensor);
            for (const std::string &source : {encode.pixels, encode.chroma_rows, encode.chroma})
                if (!source.empty())
                    sources.push_back(source);
        }
        sources.push_back(decode_source({gray, {8, 8}, 1}, tensor));
        sources.push_back(encode_sources(gray, 1, tensor).pixels);
        sources.push_back(blend_source(tensor));
    }
    for (const std::string &source : sources)
        try {
            EXPECT_FALSE(nvidia::compile(source, GetParam()).empty());
        } catch (const Unsupported &unknown) {
            GTEST_SKIP() << unknown.what();
        }
}

TEST_P(Kernels, OfResizesInEveryFormCompile) {
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
                try {
                    EXPECT_FALSE(nvidia::compile(source, GetParam()).empty());
                } catch (const Unsupported &unknown) {
                    GTEST_SKIP() << unknown.what();
                }
            }
}

INSTANTIATE_TEST_SUITE_P(Architectures, Kernels,
                         testing::Values("sm_80", "sm_86", "sm_89", "sm_90a", "sm_100", "sm_120"));

// The sum of one pixel by the weights as they were packed, in the order in which the kernel reads them.
TEST(MmaWeights, EveryWeightIsPackedOnceAndTheRestIsZero) {
    ConvProblem asked = problem(Element::f16, 20, 40, 3, 1, false);
    std::vector<float> weights(40 * 20 * 9);
    for (std::size_t i = 0; i < weights.size(); ++i)
        weights[i] = static_cast<float>(i % 2039 + 1);
    for (const ConvCandidate &candidate : mma_candidates()) {
        const std::vector<std::byte> bytes = candidate.pack(asked, weights);
        std::size_t filled = 0;
        for (std::size_t i = 0; i < bytes.size(); i += 2) {
            std::uint16_t half = 0;
            std::memcpy(&half, &bytes[i], 2);
            filled += half != 0;
        }
        EXPECT_EQ(filled, weights.size()) << candidate.name;
    }
}

} // namespace
} // namespace vsmlrt::cuda
