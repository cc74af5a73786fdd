// Whatever bytes come, the import answers with a network or with one sentence that says where the fault is.
#include "model/ncnn.h"

#include "model/ncnn_files.h"

#include "base/error.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace vsmlrt::model {
namespace {

std::string refusal(std::string_view param, const BinFile &bin = {}) {
    try {
        static_cast<void>(import_ncnn(param, bin.content()));
    } catch (const BadModel &error) {
        return error.what();
    }
    return "(accepted)";
}

struct Bad {
    const char *name;
    std::string param;
    std::vector<std::string> said; // parts of the message
    BinFile bin = {};
};

std::string deep_cycle() {
    std::string lines;
    for (int i = 0; i < 20000; ++i)
        lines +=
            "ReLU r" + std::to_string(i) + " 1 1 b" + std::to_string(i + 1) + " b" + std::to_string(i) + "\n";
    lines += "ReLU last 1 1 b0 b20000\n";
    return "7767517\n20002 20002\nInput in 0 1 in\n" + lines;
}

std::vector<Bad> bad_texts() {
    const std::string conv(convolution);
    return {
        {"empty", "", {"7767517"}},
        {"garbage", std::string("\x00\xff\x7f\n\x01", 5), {"7767517"}},
        {"other_magic", "7767518\n1 1\nInput in 0 1 in\n", {"7767517"}},
        {"no_counts", "7767517\n", {"line 2", "layer count"}},
        {"counts_of_text", "7767517\nmany 2\nInput in 0 1 in\n", {"\"many\"", "32-bit integer"}},
        {"no_layers", "7767517\n0 0\n", {"no layers"}},
        {"fewer_layers_than_claimed",
         "7767517\n9 9\nInput in 0 1 in\n",
         {"line 2", "claims 9 layers", "has 1"}},
        {"more_layers_than_claimed", param_of(0, "ReLU r 1 1 in out\n"), {"claims 1 layers", "has 2"}},
        {"huge_layer_count", "7767517\n2147483647 2147483647\nInput in 0 1 in\n", {"2147483647", "has 1"}},
        {"overflowing_layer_count", "7767517\n99999999999 1\nInput in 0 1 in\n", {"32-bit integer"}},
        {"negative_layer_count", "7767517\n-1 1\nInput in 0 1 in\n", {"claims -1 layers"}},
        {"too_few_blobs", "7767517\n2 1\nInput in 0 1 in\nReLU r 1 1 in out\n", {"claims 1 blobs", "has 2"}},
        {"half_a_layer", param_of(1, "ReLU r 1\n"), {"line 4", "type, name"}},
        {"blob_counts_lie",
         param_of(1, "ReLU r 1000000000 1000000000 in out\n"),
         {"line 4", "2 words follow"}},
        {"negative_blob_count", param_of(1, "ReLU r -1 1 in out\n"), {"line 4", "claims -1"}},
        {"unknown_blob", param_of(1, "ReLU r 1 1 other out\n"), {"line 4", "no layer makes", "\"other\""}},
        {"blob_made_twice", param_of(2, "ReLU a 1 1 in x\nReLU b 1 1 in x\n"), {"line 5", "\"x\"", "line 4"}},
        {"cycle", param_of(2, "ReLU a 1 1 y x\nReLU b 1 1 x y\n"), {"line 4", "cycle"}},
        {"own_input", param_of(1, "ReLU a 1 1 x x\n"), {"line 4", "cycle"}},
        {"deep_cycle", deep_cycle(), {"cycle"}},
        {"unknown_type", param_of(1, "Teleport t 1 1 in out\n"), {"line 4", "\"Teleport\"", "not supported"}},
        {"binary_type", param_of(1, "\x01\xfe r 1 1 in out\n"), {"line 4", "\"??\"", "not supported"}},
        {"missing_input", param_of(1, "ReLU r 0 1 out\n"), {"line 4", "0 inputs"}},
        {"extra_output", param_of(1, "ReLU r 1 2 in a b\n"), {"line 4", "2 outputs"}},
        {"no_output_blob", param_of(1, "ReLU r 1 0 in\n"), {"0 outputs"}},
        {"everything_taken", "7767517\n2 1\nInput in 0 1 in\nReLU r 1 0 in\n", {"0 outputs"}},
        {"no_input", "7767517\n1 1\nMemoryData m 0 1 m 0=1\n", {"inputs"}},
        {"no_pair", param_of(1, "ReLU r 1 1 in out slope\n"), {"line 4", "\"slope\"", "key=value"}},
        {"key_out_of_range", param_of(1, "ReLU r 1 1 in out 32=1\n"), {"line 4", "key 32"}},
        {"key_twice", param_of(1, "ReLU r 1 1 in out 0=1 0=2\n"), {"line 4", "twice"}},
        {"not_a_number", param_of(1, "ReLU r 1 1 in out 0=nan\n"), {"line 4", "is not a number"}},
        {"infinite", param_of(1, "ReLU r 1 1 in out 0=1e99\n"), {"line 4", "not a number"}},
        {"integer_overflow", param_of(1, "ReLU r 1 1 in out 0=99999999999\n"), {"line 4", "32-bit"}},
        {"array_length_lies",
         param_of(1, "Eltwise r 2 1 in in out 0=1 -23301=2000000000,1.0,1.0\n"),
         {"line 4", "claims 2000000000 elements", "has 2"}},
        {"array_length_is_nan", param_of(1, "Eltwise r 2 1 in in out 0=1 -23301=nan,1.0\n"), {"\"nan\""}},
        {"coefficients_missing",
         param_of(1, "Eltwise r 2 1 in in out 0=1 -23301=1,1.0\n"),
         {"1 coefficients"}},
        {"real_for_integer",
         param_of(1, "Convolution c 1 1 in out 0=3.5 1=3 6=81\n"),
         {"parameter 0", "integer"}},
        {"no_kernel", param_of(1, "Convolution c 1 1 in out 0=3 6=81\n"), {"parameter 1 is 0"}},
        {"kernel_too_large", param_of(1, "Convolution c 1 1 in out 0=3 1=2147483647 6=81\n"), {"2147483647"}},
        {"negative_stride",
         param_of(1, "Convolution c 1 1 in out 0=3 1=3 3=-2 6=81\n"),
         {"parameter 3 is -2"}},
        {"huge_padding", param_of(1, "Convolution c 1 1 in out 0=3 1=3 4=2000000000 6=81\n"), {"2000000000"}},
        {"kernel_does_not_fit", param_of(1, "Convolution c 1 1 in out 0=3 1=3 6=80\n"), {"80 elements"}},
        {"groups_do_not_fit",
         param_of(1, "ConvolutionDepthWise c 1 1 in out 0=3 1=3 6=54 7=2\n"),
         {"2 groups"}},
        {"unknown_activation",
         param_of(1, "Convolution c 1 1 in out 0=3 1=3 6=81 9=7\n"),
         {"parameter 9 is 7"},
         convolution_weights()},
        {"same_with_dilation",
         param_of(1, "Convolution c 1 1 in out 0=3 1=3 2=2 3=2 4=-233 6=81\n"),
         {"line 4", "SAME with a dilation"},
         convolution_weights()},
        {"dynamic_weights", param_of(1, "Convolution c 1 1 in out 0=3 1=3 6=81 19=1\n"), {"parameter 19"}},
        {"huge_memory_data",
         param_of(1, "MemoryData m 0 1 m 0=16777216 1=16777216 2=16777216\n"),
         {"line 4"}},
        {"memory_data_without_weights",
         param_of(1, "MemoryData m 0 1 m 0=16777216\n"),
         {"67108864", "0 are left"}},
        {"crop_expression", param_of(1, "Crop c 1 1 in out 19=\"0\"\n"), {"parameter 19", "expression"}},
        {"crop_axis", param_of(1, "Crop c 1 1 in out -23309=1,0 -23310=1,1 -23311=1,7\n"), {"axis 7"}},
        {"crop_counts", param_of(1, "Crop c 1 1 in out -23309=1,0 -23310=2,1,1 -23311=1,0\n"), {"2 ends"}},
        {"crop_to_nothing",
         param_of(1, "Crop c 1 1 in out -23309=1,2 -23310=1,1 -23311=1,0\n"),
         {"nothing is left"}},
        {"wrong_shuffle", param_of(1, "PixelShuffle p 1 1 in out 0=2\n"), {"3 channels"}},
        {"shuffle_by_nothing", param_of(1, "PixelShuffle p 1 1 in out 0=0\n"), {"parameter 0 is 0"}},
        {"resize_by_nothing", param_of(1, "Interp i 1 1 in out 0=2 1=0.0 2=0.0\n"), {"a scale of 0"}},
        {"resize_kind", param_of(1, "Interp i 1 1 in out 0=9\n"), {"parameter 0 is 9"}},
        {"concat_axis", param_of(1, "Concat c 2 1 in in out 0=3\n"), {"parameter 0 is 3"}},
        {"reshape_of_nothing", param_of(1, "Reshape r 1 1 in out\n"), {"no shape"}},
        {"reshape_overflow",
         param_of(1, "Reshape r 1 1 in out 0=16777216 1=16777216 2=16777216\n"),
         {"16777216"}},
        {"binary_op", param_of(1, "BinaryOp b 2 1 in in out 0=99\n"), {"parameter 0 is 99"}},
        {"binary_with_one_input", param_of(1, "BinaryOp b 1 1 in out 0=0\n"), {"two inputs"}},
        {"pad_beyond_kernel", param_of(1, "Pooling p 1 1 in out 1=2 3=2\n"), {"smaller than the kernel"}},
    };
}

class NcnnBadText : public testing::TestWithParam<Bad> {};

TEST_P(NcnnBadText, IsRefusedInOneSentenceThatNamesTheFault) {
    const auto message = refusal(GetParam().param, GetParam().bin);
    for (const auto &part : GetParam().said)
        EXPECT_NE(message.find(part), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos);
    EXPECT_TRUE(std::ranges::all_of(message, [](unsigned char c) { return c >= ' ' && c < 0x7f; }))
        << message;
}

INSTANTIATE_TEST_SUITE_P(All, NcnnBadText, testing::ValuesIn(bad_texts()),
                         [](const auto &bad) { return std::string(bad.param.name); });

TEST(NcnnBadWeights, EndTooEarly) {
    const auto param = param_of(1, convolution);
    EXPECT_NE(refusal(param).find("4 bytes, and 0 are left"), std::string::npos) << refusal(param);
    const auto bytes = convolution_weights().content();
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        BinFile part;
        for (std::size_t i = 0; i < length; ++i)
            part.bytes(1, std::to_integer<int>(bytes[i]));
        EXPECT_NE(refusal(param, part).find("weights end too early"), std::string::npos) << length;
    }
}

TEST(NcnnBadWeights, LeftOver) {
    auto bin = convolution_weights();
    bin.bytes(5, 0);
    // As for ncnn itself; unless a layer was left out, whose weights they may be those of.
    EXPECT_NO_THROW(static_cast<void>(import_ncnn(param_of(1, convolution), bin.content())));
    const std::string unknown = std::string("Split s 1 2 in in_a in_b\nAbacus a 1 1 in_a unused\n") +
                                "Convolution c 1 1 in_b out 0=3 1=3 5=1 6=81\n";
    EXPECT_NE(refusal(param_of(3, unknown), bin).find("\"Abacus\" layer \"a\": this type of layer"),
              std::string::npos)
        << refusal(param_of(3, unknown), bin);
}

TEST(NcnnBadWeights, OfAnotherNumberOfChannels) {
    const auto message =
        refusal(param_of(1, "Convolution c 1 1 in out 0=3 1=3 6=108\n"), BinFile().tag(0).floats(108, 1));
    EXPECT_NE(message.find("3 and 4 differ"), std::string::npos) << message;
}

TEST(NcnnBadWeights, Int8WithoutScales) {
    const auto message = refusal(param_of(1, "Convolution c 1 1 in out 0=3 1=3 6=81\n"),
                                 BinFile().tag(0x000D4B38).bytes(84, 1));
    EXPECT_NE(message.find("need scales"), std::string::npos) << message;
}

TEST(NcnnBadWeights, Int8ScaleThatIsNoNumber) {
    BinFile bin;
    bin.tag(0x000D4B38).bytes(84, 1).tag(0x7fc00000).floats(3, 1);
    const auto message = refusal(param_of(1, "Convolution c 1 1 in out 0=3 1=3 6=81 8=1\n"), bin);
    EXPECT_NE(message.find("not a finite number"), std::string::npos) << message;
}

} // namespace
} // namespace vsmlrt::model
