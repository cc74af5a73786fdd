// Files that are broken or made to do harm: each gives BadModel with one clear sentence.
#include "base/error.h"
#include "model/onnx.h"
#include "model/onnx_format.h"
#include "networks.h"

#include <gtest/gtest.h>
#include <protozero/pbf_builder.hpp>
#include <protozero/pbf_reader.hpp>

#include <functional>
#include <random>

namespace vsmlrt::model {
namespace {

using namespace test;
using namespace onnx;

std::vector<std::byte> bytes_of(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    return {bytes.begin(), bytes.end()};
}

void expect_bad(std::span<const std::byte> bytes, std::string_view part) {
    try {
        (void)read_onnx(bytes);
        ADD_FAILURE() << "no error; expected: " << part;
    } catch (const BadModel &error) {
        EXPECT_NE(std::string_view(error.what()).find(part), std::string_view::npos) << error.what();
    }
}

void expect_bad(const Network &network, std::string_view part) {
    expect_bad(write_onnx(network), part);
}

using TensorBuilder = protozero::pbf_builder<TensorField>;

// A file around one hand-made initializer "t", which goes through an Identity to the output.
std::vector<std::byte> with_tensor(const std::function<void(TensorBuilder &)> &fill) {
    Network rest;
    rest.inputs = {image("t", 1)};
    rest.outputs = {image("y", 1)};
    rest.nodes = {node("Identity", {"t"}, {"y"})};
    const std::vector<std::byte> file = write_onnx(rest);
    const std::string_view text(reinterpret_cast<const char *>(file.data()), file.size());
    protozero::pbf_reader model(protozero::data_view(text.data(), text.size()));
    std::string graph;
    while (model.next()) {
        if (model.tag() == static_cast<Tag>(ModelField::graph))
            graph = model.get_string();
        else
            model.skip();
    }
    {
        protozero::pbf_builder<GraphField> builder(graph);
        TensorBuilder tensor(builder, GraphField::initializer);
        tensor.add_string(TensorField::name, "t");
        fill(tensor);
    }
    std::string result;
    protozero::pbf_builder<ModelField> out(result);
    out.add_int64(ModelField::ir_version, rest.ir_version);
    {
        protozero::pbf_builder<OpsetField> opset(out, ModelField::opset_import);
        opset.add_int64(OpsetField::version, rest.opset);
    }
    out.add_message(ModelField::graph, graph);
    return bytes_of(result);
}

TEST(HostileOnnx, WhatIsNoNetworkIsNamed) {
    expect_bad(bytes_of(""), "this is not an ONNX network: it is empty");
    expect_bad(bytes_of("7767517\n3 3\nInput data 0 1 data\n"), "name it .param");
    expect_bad(bytes_of("hello\n"), "this is not an ONNX network: it is text");
    expect_bad(bytes_of(std::string("\xDD\x85\x76\0 binary", 11)), "binary form");
    expect_bad(bytes_of("\x80\x02}q\x01"), "Python pickle");
    expect_bad(bytes_of(std::string("\x02\0\0\0\0\0\0\0{}", 10)), "safetensors");
    expect_bad(bytes_of("\x1F\x8B\x08"), "gzip");
    expect_bad(bytes_of("ptrt engine"), "TensorRT engine");
    expect_bad(bytes_of(std::string("\x1C\0\0\0ORTM", 8)), "ONNX Runtime's own format");
    expect_bad(bytes_of("<?xml version=\"1.0\"?>\n<net name=\"n\">"), "OpenVINO network");
    expect_bad(bytes_of("<!DOCTYPE html><html><body>404</body></html>"), "it is a web page");
    expect_bad(bytes_of("version https://git-lfs.github.com/spec/v1\noid sha256:0\n"), "git lfs pull");
    expect_bad(bytes_of("PK\x03\x04 archive/data.pkl"), "ZIP archive");
    expect_bad(bytes_of("7z\xBC\xAF\x27\x1C"), "7z archive");
}

TEST(HostileOnnx, AFileCutOffAtAnyByteIsRefused) {
    const std::vector<std::byte> file = write_onnx(conv_relu());
    for (std::size_t size = 0; size < file.size(); ++size)
        EXPECT_THROW((void)read_onnx(std::span(file).first(size)), BadModel) << size;
}

TEST(HostileOnnx, AnyChangedByteGivesANetworkOrBadModel) {
    const std::vector<std::byte> file = write_onnx(conv_relu());
    for (std::size_t i = 0; i < file.size(); ++i) {
        for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
            std::vector<std::byte> damaged = file;
            damaged[i] = static_cast<std::byte>(value);
            try {
                (void)read_onnx(damaged);
            } catch (const BadModel &) {
                continue;
            }
        }
    }
}

TEST(HostileOnnx, RandomBytesAreRefused) {
    std::mt19937 random(1); // NOLINT: the same bytes every time
    for (int round = 0; round < 200; ++round) {
        std::vector<std::byte> bytes(random() % 512);
        for (std::byte &byte : bytes)
            byte = static_cast<std::byte>(random());
        EXPECT_THROW((void)read_onnx(bytes), BadModel);
    }
}

TEST(HostileOnnx, AClaimOfTwoGigabytesAllocatesNothing) {
    // graph (field 7), length 2^31 - 1, and nothing behind it
    expect_bad(bytes_of("\x08\x08\x3a\xff\xff\xff\xff\x07"), "this is not an ONNX network");
    expect_bad(with_tensor([](TensorBuilder &tensor) {
                   const std::int64_t dims[] = {1 << 29};
                   tensor.add_packed_int64(TensorField::dims, std::begin(dims), std::end(dims));
                   tensor.add_int32(TensorField::data_type, 1);
               }),
               "need 2147483648 bytes, 0 are there");
}

TEST(HostileOnnx, DimensionsThatOverflowAreRefused) {
    expect_bad(with_tensor([](TensorBuilder &tensor) {
                   const std::int64_t dims[] = {std::int64_t{1} << 32, std::int64_t{1} << 32};
                   tensor.add_packed_int64(TensorField::dims, std::begin(dims), std::end(dims));
                   tensor.add_int32(TensorField::data_type, 1);
               }),
               "not a size that memory can hold");
    expect_bad(with_tensor([](TensorBuilder &tensor) {
                   const std::int64_t dims[] = {-4};
                   tensor.add_packed_int64(TensorField::dims, std::begin(dims), std::end(dims));
                   tensor.add_int32(TensorField::data_type, 1);
               }),
               "the negative dimension -4");
    expect_bad(with_tensor([](TensorBuilder &tensor) {
                   const std::vector<std::int64_t> dims(65, 1);
                   tensor.add_packed_int64(TensorField::dims, dims.begin(), dims.end());
               }),
               "more than 64 dimensions");
}

TEST(HostileOnnx, DataThatDoesNotFitItsTypeIsRefused) {
    expect_bad(with_tensor([](TensorBuilder &tensor) { tensor.add_int32(TensorField::data_type, 8); }),
               "of type 8");
    expect_bad(with_tensor([](TensorBuilder &tensor) { tensor.add_int32(TensorField::data_type, -5); }),
               "of type -5");
    expect_bad(with_tensor([](TensorBuilder &tensor) {
                   tensor.add_int32(TensorField::data_type, 3); // int8
                   tensor.add_int32(TensorField::int32_data, 200);
               }),
               "out of range");
    expect_bad(with_tensor([](TensorBuilder &tensor) {
                   tensor.add_int32(TensorField::data_type, 7); // int64
                   tensor.add_float(TensorField::float_data, 1);
               }),
               "does not hold values of its type");
    expect_bad(with_tensor([](TensorBuilder &tensor) {
                   tensor.add_int32(TensorField::data_type, 1);
                   tensor.add_bytes(TensorField::raw_data, "abc");
               }),
               "need 4 bytes, 3 are there");
}

TEST(HostileOnnx, TypedDataIsReadForEveryType) {
    const auto read = [](std::int32_t type, const auto &fill) {
        const Network network = read_onnx(with_tensor([&](TensorBuilder &tensor) {
            tensor.add_int32(TensorField::data_type, type);
            fill(tensor);
        }));
        return network.initializers.at("t");
    };
    const auto integer = [](TensorBuilder &tensor) { tensor.add_int32(TensorField::int32_data, 0x3c00); };
    EXPECT_EQ(read(10, integer).as<std::uint16_t>()[0], 0x3c00);
    EXPECT_EQ(read(16, integer).as<std::uint16_t>()[0], 0x3c00);
    EXPECT_EQ(read(4, integer).as<std::uint16_t>()[0], 0x3c00);
    EXPECT_EQ(read(5, integer).as<std::int16_t>()[0], 0x3c00);
    EXPECT_EQ(read(6, integer).as<std::int32_t>()[0], 0x3c00);
    EXPECT_EQ(read(9, integer).as<std::uint8_t>()[0], 1);
    const auto small = [](TensorBuilder &tensor) { tensor.add_int32(TensorField::int32_data, -7); };
    EXPECT_EQ(read(3, small).as<std::int8_t>()[0], -7);
    EXPECT_EQ(read(6, small).as<std::int32_t>()[0], -7);
    EXPECT_EQ(read(7, [](TensorBuilder &t) { t.add_int64(TensorField::int64_data, INT64_MIN); })
                  .as<std::int64_t>()[0],
              INT64_MIN);
    EXPECT_EQ(read(13, [](TensorBuilder &t) { t.add_uint64(TensorField::uint64_data, UINT64_MAX); })
                  .as<std::uint64_t>()[0],
              UINT64_MAX);
    EXPECT_EQ(
        read(12, [](TensorBuilder &t) { t.add_uint64(TensorField::uint64_data, 9); }).as<std::uint32_t>()[0],
        9U);
    EXPECT_EQ(read(1, [](TensorBuilder &t) { t.add_float(TensorField::float_data, 0.5F); }).as<float>()[0],
              0.5F);
    EXPECT_EQ(read(11, [](TensorBuilder &t) { t.add_double(TensorField::double_data, 0.5); }).as<double>()[0],
              0.5);
}

TEST(HostileOnnx, BrokenReferencesAreNamed) {
    Network network = conv_relu();
    network.nodes[0].inputs[0] = "nowhere";
    expect_bad(network, "Conv \"Conv_c\": nothing defines its input \"nowhere\"");
    network = conv_relu();
    network.initializers.erase("weight");
    expect_bad(network, "nothing defines its input \"weight\"");
    network = conv_relu();
    network.outputs[0].name = "nowhere";
    expect_bad(network, "nothing produces the output \"nowhere\"");
    network = conv_relu();
    network.nodes[0].inputs[0] = "y";
    expect_bad(network, "cycle");
    network = conv_relu();
    network.nodes[0].inputs[0] = "c";
    expect_bad(network, "cycle");
}

TEST(HostileOnnx, NamesDefinedTwiceAreRefused) {
    Network network = conv_relu();
    network.nodes.push_back(network.nodes.back());
    expect_bad(network, "\"y\" is defined twice");
    network = conv_relu();
    network.nodes.push_back(node("Relu", {"c"}, {"x"}));
    expect_bad(network, "\"x\" is defined twice");
    network = conv_relu();
    network.inputs.push_back(network.inputs.front());
    expect_bad(network, "\"x\" is defined twice");
    network = conv_relu();
    network.outputs.push_back(network.outputs.front());
    expect_bad(network, "\"y\" is defined twice");
}

TEST(HostileOnnx, VersionsAndEmptinessAreChecked) {
    Network network = conv_relu();
    network.ir_version = 99;
    expect_bad(network, "ONNX IR version 99; 3 to 13 are supported");
    network = conv_relu();
    network.opset = 0;
    expect_bad(network, "impossible version 0");
    network = conv_relu();
    network.outputs.clear();
    expect_bad(network, "no outputs");
    network = conv_relu();
    network.nodes[0].op.clear();
    expect_bad(network, "has no operator");
}

} // namespace
} // namespace vsmlrt::model
