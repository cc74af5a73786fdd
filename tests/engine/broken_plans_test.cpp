// Plans that are of no use: built again with one log line and right pictures.
#include "stored_plans.h"

#include <fstream>

namespace vsmlrt::test {
namespace {

namespace fs = std::filesystem;

class BrokenPlans : public StoredPlans {
protected:
    // A plan of the machine as it is.
    void SetUp() override {
        ASSERT_EQ(picture(), "");
        ASSERT_EQ(files().size(), 1U);
        file_ = folder() / files().front();
        static_cast<void>(journal());
    }

    // The next start builds, says why in one line, and the one after it loads.
    void expect_built_again(const std::string &why, const engine::SessionOptions &given, float gain = 1) {
        EXPECT_EQ(picture(given, gain), "");
        EXPECT_EQ(lines(),
                  Strings{text("the stored plan ", file_.stem().string(), " is built again: ", why)});
        EXPECT_EQ(journal(), Strings{"built"});
        EXPECT_EQ(picture(given, gain), "");
        EXPECT_EQ(lines(), Strings{});
        ASSERT_EQ(journal().size(), 1U);
        EXPECT_EQ(files(), Strings{file_.filename().string()});
    }
    void expect_built_again(const std::string &why) { expect_built_again(why, options()); }

    void flip(std::streamoff offset) const {
        std::fstream bytes(file_, std::ios::in | std::ios::out | std::ios::binary);
        bytes.seekg(offset);
        const int byte = bytes.get();
        bytes.seekp(offset);
        bytes.put(static_cast<char>(byte ^ 0x10));
    }

    fs::path file_;
};

const char *const changed = "the network, an option, the driver or a library has changed since";

TEST_F(BrokenPlans, Truncated) {
    const std::uintmax_t whole = fs::file_size(file_);
    fs::resize_file(file_, whole - 1);
    expect_built_again("it is damaged");
    fs::resize_file(file_, 20);
    expect_built_again("it is shorter than its header");
    fs::resize_file(file_, 0);
    expect_built_again("it is shorter than its header");
}

TEST_F(BrokenPlans, ABitFlipped) {
    const auto size = static_cast<std::streamoff>(fs::file_size(file_));
    for (const std::streamoff offset : {std::streamoff{8}, std::streamoff{60}, size / 2, size - 1}) {
        flip(offset);
        expect_built_again("it is damaged");
    }
    flip(0);
    expect_built_again("it is not a plan");
}

TEST_F(BrokenPlans, OfAnotherDriver) {
    set("DRIVER", "D2");
    expect_built_again(changed);
    EXPECT_EQ(picture(), "");
    EXPECT_EQ(journal(), Strings{"loaded D2"});
}

TEST_F(BrokenPlans, OfAnotherOption) {
    engine::SessionOptions other = options();
    other.program.properties = {{"fault.delay_ms", "1"}};
    expect_built_again(changed, other);
}

TEST_F(BrokenPlans, OfAnotherNetworkOfTheSameName) {
    expect_built_again(changed, options(), 2);
}

// These are in the file's name: the other's plan stays for whoever wants it.
TEST_F(BrokenPlans, OfAnotherLibraryOrDeviceIsLeftAlone) {
    for (const auto &[name, value] :
         {std::pair("LIBRARY", "planning 2"), std::pair("DEVICE", "Slide rule")}) {
        set(name, value);
        EXPECT_EQ(picture(), "") << name;
        EXPECT_EQ(journal(), Strings{"built"}) << name;
        EXPECT_EQ(picture(), "") << name;
        EXPECT_EQ(journal(), Strings{"loaded D1"}) << name;
    }
    EXPECT_EQ(files().size(), 3U);
    // What has another's content under its name is another's still.
    set("LIBRARY", "planning 1");
    set("DEVICE", "Abacus");
    fs::remove(file_);
    for (const std::string &other : files())
        fs::rename(folder() / other, file_);
    expect_built_again(changed);
}

TEST_F(BrokenPlans, RefusedByTheLibrary) {
    set("REFUSES", "1");
    EXPECT_EQ(picture(), "");
    EXPECT_EQ(journal(), Strings{"built"});
    EXPECT_EQ(lines(), Strings{text("the stored plan ", file_.stem().string(),
                                    " is built again: planning: the blob is refused")});
}

} // namespace
} // namespace vsmlrt::test
