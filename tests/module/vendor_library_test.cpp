// How a vendor's file is found; that its neighbours are opened before it is shown with a provider that needs
// one, in tests/backends/onnxruntime.
#include "module/vendor_library.h"

#include "base/error.h"

#include <fstream>
#include <gtest/gtest.h>

namespace {

using namespace vsmlrt;
namespace fs = std::filesystem;

class VendorLibrary : public testing::Test {
protected:
    VendorLibrary() : folder(fs::path(testing::TempDir()) / "vsmlrt_vendor_library") {
        fs::remove_all(folder);
        fs::create_directories(folder);
    }
    ~VendorLibrary() override { fs::remove_all(folder); }

    void put(const char *name) const { std::ofstream(folder / name) << "not a library"; }

    fs::path folder;
};

TEST_F(VendorLibrary, TheNewestIsByNumberAndNotByLetter) {
    for (const char *name : {"libx.so.1.9.0", "libx.so.1.10.0", "libx.so.1", "libxy.so.2", "libx.sock"})
        put(name);
    EXPECT_EQ(newest(folder, "libx.so").filename(), "libx.so.1.10.0");
}

TEST_F(VendorLibrary, ThereMayBeNone) {
    put("libxy.so.2");
    EXPECT_EQ(newest(folder, "libx.so"), fs::path());
    EXPECT_EQ(newest(folder / "nowhere", "libx.so"), fs::path());
}

TEST_F(VendorLibrary, AFileThatIsNoLibraryIsRefused) {
    put("libx.so");
    EXPECT_THROW(static_cast<void>(open_vendor_library(folder / "libx.so")), Unsupported);
}

} // namespace
