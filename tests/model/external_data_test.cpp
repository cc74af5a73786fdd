#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "model/external_data.h"
#include "model/load.h"
#include "model/onnx.h"
#include "networks.h"

#include <gtest/gtest.h>

#include <random>

namespace vsmlrt::model {
namespace {

namespace fs = std::filesystem;

class Folder : public testing::Test {
protected:
    void SetUp() override {
        root_ = fs::temp_directory_path() / ("vsmlrt_external_" + std::to_string(std::random_device{}()));
        fs::create_directories(root_ / "model");
        write("model/weights.bin", "0123456789");
        write("secret.bin", "secret");
    }
    void TearDown() override {
        std::error_code ignored;
        fs::remove_all(system_path(root_, 400), ignored);
    }

    void write(const char *name, std::string_view content) const {
        replace_file(root_ / name, std::as_bytes(std::span(content)));
    }
    [[nodiscard]] fs::path model() const { return root_ / "model"; }

private:
    fs::path root_;
};

TEST_F(Folder, ExternalDataIsASliceOfTheFile) {
    ExternalData data(model());
    const auto bytes = data.slice("weights.bin", 3, 4);
    EXPECT_EQ(std::string(reinterpret_cast<const char *>(bytes.data()), bytes.size()), "3456");
    EXPECT_EQ(data.files().size(), 1U);
}

TEST_F(Folder, ExternalDataStaysInsideTheFolder) {
    ExternalData data(model());
    for (const char *location :
         {"../secret.bin", "sub/../../secret.bin", "/etc/hostname", "", ".", "..\\secret.bin", "C:secret.bin",
          "\\\\server\\share\\secret.bin", "\\\\?\\C:\\secret.bin", "NUL"})
        EXPECT_THROW((void)data.slice(location, 0, 1), BadModel) << location;
}

TEST_F(Folder, ExternalDataStaysInsideTheFolderThroughLinks) {
    std::error_code refused;
    fs::create_symlink("../secret.bin", model() / "link.bin", refused);
    if (refused)
        GTEST_SKIP() << "no links can be made here: " << refused.message();
    ExternalData data(model());
    EXPECT_THROW((void)data.slice("link.bin", 0, 1), BadModel);
}

TEST_F(Folder, ExternalDataMayHaveANameOfAnyScriptInAFolderOfAnyLength) {
    fs::path deep = model();
    while (text_of(deep).size() < 400)
        deep /= "a folder with a name of forty characters";
    fs::create_directories(system_path(deep));
    const std::string name = "gr\xc3\xb6\xc3\x9f"
                             "e \xe7\xbd\x91.bin";
    replace_file(deep / path_of(name), std::as_bytes(std::span("0123456789", 10)));
    ExternalData data(deep);
    const auto bytes = data.slice(name, 3, 4);
    EXPECT_EQ(std::string(reinterpret_cast<const char *>(bytes.data()), bytes.size()), "3456");
}

TEST_F(Folder, ExternalDataIsBoundedByTheFile) {
    ExternalData data(model());
    EXPECT_THROW((void)data.slice("weights.bin", 8, 3), BadModel);
    EXPECT_THROW((void)data.slice("weights.bin", 11, 0), BadModel);
    EXPECT_THROW((void)data.slice("weights.bin", INT64_MAX, INT64_MAX), BadModel);
    EXPECT_THROW((void)data.slice("weights.bin", -1, 1), BadModel);
    EXPECT_THROW((void)data.slice("missing.bin", 0, 1), BadModel);
}

TEST_F(Folder, ExternalDataWithoutAFolderIsRefused) {
    EXPECT_THROW((void)ExternalData({}).slice("weights.bin", 0, 1), BadModel);
}

TEST_F(Folder, LoadingGivesFingerprintAndStem) {
    Network network = test::conv_relu();
    replace_file(model() / "a.onnx", write_onnx(network));
    replace_file(model() / "b.onnx", write_onnx(network));
    network.producer = "another";
    replace_file(model() / "c.onnx", write_onnx(network));
    const Loaded loaded = load_network(model() / "a.onnx");
    EXPECT_EQ(loaded.stem, "a");
    EXPECT_EQ(loaded.fingerprint.size(), 32U);
    EXPECT_EQ(loaded.fingerprint, load_network(model() / "b.onnx").fingerprint);
    EXPECT_NE(loaded.fingerprint, load_network(model() / "c.onnx").fingerprint);
}

TEST_F(Folder, LoadingNamesThePath) {
    write("model/text.onnx", "hello");
    write("model/text.param", "hello");
    write("model/text.bin", "");
    for (const char *name : {"text.onnx", "text.param", "missing.onnx", "missing.param"}) {
        try {
            (void)load_network(model() / name);
            ADD_FAILURE() << name;
        } catch (const Error &error) {
            EXPECT_NE(std::string(error.what()).find((model() / name).string()), std::string::npos)
                << error.what();
        }
    }
    EXPECT_THROW((void)load_network(model() / "missing.onnx"), BadArgument);
    EXPECT_THROW((void)load_network(model() / "text.onnx"), BadModel);
}

TEST_F(Folder, HalfOfAnNcnnNetworkNamesTheOther) {
    write("model/text.param", "7767517\n2 2\n");
    write("model/pair.param", "7767517\n2 2\n");
    write("model/pair.bin", "");
    const auto refusal = [&](const char *name) -> std::string {
        try {
            (void)load_network(model() / name);
        } catch (const BadArgument &error) {
            return error.what();
        }
        return {};
    };
    EXPECT_NE(refusal("text.param").find("text.bin"), std::string::npos) << refusal("text.param");
    EXPECT_NE(refusal("pair.bin").find("pair.param"), std::string::npos) << refusal("pair.bin");
}

} // namespace
} // namespace vsmlrt::model
