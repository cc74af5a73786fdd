#include "model/ncnn.h"

#include "model/card.h"
#include "model/ncnn_files.h"
#include "model/onnx.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace vsmlrt::model {
namespace {

std::vector<std::string> operators(const Network &network) {
    std::vector<std::string> names;
    for (const auto &node : network.nodes)
        names.push_back(node.op);
    return names;
}

std::vector<std::int64_t> pads_in_front(const Network &network) {
    const auto &pad = network.nodes.front();
    const auto values = network.initializers.at(pad.inputs.at(1)).as<std::int64_t>();
    return {values.begin(), values.end()};
}

TEST(NcnnImport, NamesInputAndOutputAndLeavesThePictureSizeOpen) {
    const auto network =
        import_ncnn(param_of(1, convolution), convolution_weights().content(), {.restore_size = false});
    ASSERT_EQ(network.inputs.size(), 1U);
    EXPECT_EQ(network.opset, 17);
    EXPECT_EQ(network.inputs[0].name, "input");
    EXPECT_EQ(network.inputs[0].dims[1].size, 3);
    EXPECT_EQ(network.inputs[0].dims[2].symbol, "height");
    EXPECT_EQ(network.inputs[0].dims[3].symbol, "width");
    ASSERT_EQ(network.outputs.size(), 1U);
    EXPECT_EQ(network.outputs[0].name, "output");
    EXPECT_EQ(operators(network), std::vector<std::string>{"Conv"});
}

TEST(NcnnImport, OutputKeepsItsRankInTheFile) {
    const auto network =
        import_ncnn(param_of(1, convolution), convolution_weights().content(), {.restore_size = false});
    const auto again = read_onnx(write_onnx(network));
    ASSERT_EQ(again.outputs[0].dims.size(), 4U);
    EXPECT_FALSE(again.outputs[0].dims[3].size);
}

TEST(NcnnImport, ChannelsThatTheInputDoesNotStateComeFromTheWeights) {
    const auto network = import_ncnn("7767517\n3 3\nInput in 0 1 in\nSplit s 1 1 in a\n"
                                     "Convolution conv 1 1 a out 0=3 1=3 5=1 6=81\n",
                                     convolution_weights().content());
    EXPECT_EQ(network.inputs[0].dims[1].size, 3);
}

TEST(NcnnImport, SeveralInputsKeepTheirNames) {
    const auto network =
        import_ncnn("7767517\n3 3\nInput a 0 1 in0 2=3\nInput b 0 1 in1 2=3\nConcat c 2 1 in0 in1 out\n", {});
    ASSERT_EQ(network.inputs.size(), 2U);
    EXPECT_EQ(network.inputs[0].name, "in0");
    EXPECT_EQ(network.inputs[1].name, "in1");
    EXPECT_EQ(network.outputs[0].dims[1].size, 6);
}

TEST(NcnnImport, AnInputThatIsTheOutputIsCopied) {
    const auto network = import_ncnn(param_of(1, "Noop n 1 1 in out\n"), {});
    EXPECT_EQ(operators(network), std::vector<std::string>{"Identity"});
    EXPECT_EQ(network.nodes[0].inputs[0], "input");
    EXPECT_EQ(network.nodes[0].outputs[0], "output");
}

TEST(NcnnImport, BytesInNamesBecomeText) {
    const auto network = import_ncnn(param_of(1, "ReLU \xff\xfe 1 1 in out\n"), {});
    EXPECT_EQ(network.nodes[0].name, "__/Relu");
}

TEST(NcnnRestoreSize, PadsWhatAConvolutionLoses) {
    const auto network = import_ncnn(param_of(1, convolution), convolution_weights().content());
    EXPECT_EQ(operators(network), (std::vector<std::string>{"Pad", "Conv"}));
    EXPECT_EQ(network.nodes[0].string("mode", ""), "reflect");
    EXPECT_EQ(pads_in_front(network), (std::vector<std::int64_t>{0, 0, 1, 1, 0, 0, 1, 1}));
    EXPECT_EQ(read_card(network).multiple, 1);
    EXPECT_EQ(read_card(network).minimum, 2);
}

TEST(NcnnRestoreSize, LeavesNetworksThatKeepTheirSize) {
    const auto network = import_ncnn(param_of(1, "Convolution conv 1 1 in out 0=3 1=3 4=1 5=1 6=81\n"),
                                     convolution_weights().content());
    EXPECT_EQ(operators(network), std::vector<std::string>{"Conv"});
    EXPECT_EQ(read_card(network).multiple, 1);
}

TEST(NcnnRestoreSize, TreatsRowsAndColumnsApart) {
    BinFile bin;
    bin.tag(0).floats(45, 1);
    const auto network =
        import_ncnn(param_of(1, "Convolution conv 1 1 in out 0=3 1=5 11=1 6=45\n"), bin.content());
    EXPECT_EQ(pads_in_front(network), (std::vector<std::int64_t>{0, 0, 0, 2, 0, 0, 0, 2}));
}

// What a network of stride 2 loses depends on whether the size is even; the halves must meet again.
TEST(NcnnRestoreSize, FindsTheMultipleThatStridesNeed) {
    BinFile bin;
    bin.tag(0).floats(36, 1).tag(0).floats(36, 1);
    const auto network = import_ncnn(param_of(4, "Split s 1 2 in a b\n"
                                                 "Convolution down 1 1 a c 0=3 1=2 3=2 6=36\n"
                                                 "Deconvolution up 1 1 c d 0=3 1=2 3=2 6=36\n"
                                                 "BinaryOp sum 2 1 b d out\n"),
                                     bin.content());
    EXPECT_EQ(read_card(network).multiple, 2);
    EXPECT_NE(operators(network).front(), "Pad");
}

// A loss that the scale does not divide is made up for by one pixel more in front and a crop behind.
TEST(NcnnRestoreSize, CropsWhatPadsCannotMakeEven) {
    const auto network = import_ncnn(param_of(2, "Interp up 1 1 in a 0=1 1=2.0 2=2.0\n"
                                                 "Convolution conv 1 1 a out 0=3 1=4 6=144\n"),
                                     BinFile().tag(0).floats(144, 1).content());
    EXPECT_EQ(operators(network), (std::vector<std::string>{"Pad", "Resize", "Conv", "Slice"}));
    EXPECT_EQ(pads_in_front(network), (std::vector<std::int64_t>{0, 0, 1, 1, 0, 0, 1, 1}));
}

TEST(NcnnRestoreSize, LeavesNetworksThatMakeNoPicture) {
    const auto network = import_ncnn(param_of(1, "Pooling p 1 1 in out 0=1 4=1\n"), {});
    EXPECT_EQ(operators(network), std::vector<std::string>{"GlobalAveragePool"});
    EXPECT_TRUE(network.metadata.empty());
}

} // namespace
} // namespace vsmlrt::model
