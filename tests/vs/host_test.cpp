// The whole way of a frame in the core's threads, with the reference backend: what Python tests check the
// pictures of runs here under the sanitizers.
#include "base/file.h"
#include "base/path.h"
#include "model/onnx.h"
#include "networks/builder.h"
#include "networks/families.h"
#include "vs/host.h"

#include <VSHelper4.h>
#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>
#include <random>

namespace vsmlrt::test {
namespace {

std::vector<int> in_order(int count) {
    std::vector<int> numbers(static_cast<std::size_t>(count));
    std::iota(numbers.begin(), numbers.end(), 0);
    return numbers;
}

std::vector<int> mixed(int count) {
    std::vector<int> numbers = in_order(count);
    std::shuffle(numbers.begin(), numbers.end(), std::mt19937(1));
    return numbers;
}

// a + t (b - a): an interpolator of two pictures and a moment.
model::Network fade() {
    Builder b;
    const auto parts = b.nodes("Split", {b.input(7), b.integers({3, 3, 1})}, 3, {{"axis", std::int64_t{1}}});
    b.output(b.node("Add", {parts[0], b.node("Mul", {b.node("Sub", {parts[1], parts[0]}), parts[2]})}));
    return b.network();
}

class Host : public testing::Test {
protected:
    [[nodiscard]] Arguments model(const vs::Node &clip, const NetworkFile &network) const {
        return core.arguments()
            .with("clips", clip)
            .with("network_path", network.path())
            .with("backend", Strings{"reference"});
    }
    [[nodiscard]] Arguments interpolate(const vs::Node &clip, const NetworkFile &network) const {
        return core.arguments()
            .with("clip", clip)
            .with("network_path", network.path())
            .with("backend", Strings{"reference"});
    }

    Core core;
    NetworkFile enlarges{srvgg(4, 2)};
};

TEST_F(Host, FramesAskedForAtOnceAreThoseAskedForOneByOne) {
    for (const int format : {pfYUV420P8, pfRGBS, pfGray8}) {
        NetworkFile network(format == pfGray8 ? [] {
            Builder b;
            b.output(b.conv(b.input(1), 1, 1));
            return b.network();
        }()
                                              : srvgg(4, 2));
        const vs::Node clip = core.noise(format, 24, 20, 6);
        for (const bool tiles : {false, true}) {
            Arguments arguments = model(clip, network);
            if (tiles)
                arguments.with("tilesize", Integers{16, 12}).with("overlap", Integers{2, 2});
            const vs::Node one = core.clip("Model", arguments);
            std::vector<Result> wanted;
            for (const int n : in_order(6))
                wanted.push_back(core.frames(one, {n}).front());
            for (const Result &frame : wanted)
                ASSERT_EQ(frame.error, "");
            EXPECT_NE(wanted[0], wanted[1]);
            const vs::Node several = core.clip("Model", arguments.with("num_streams", Integers{3}));
            const std::vector<int> order = mixed(6);
            const std::vector<Result> given = core.frames(several, order);
            for (std::size_t i = 0; i < order.size(); ++i)
                EXPECT_EQ(given[i], wanted[static_cast<std::size_t>(order[i])]) << "frame " << order[i];
        }
    }
}

TEST_F(Host, EveryFormatComesOutAsItWentIn) {
    Builder b;
    b.output(b.conv(b.input(1), 1, 1));
    const NetworkFile gray(b.network());
    const NetworkFile between(fade());
    for (const int format :
         {pfGray8,     pfGray9,     pfGray10,    pfGray12,    pfGray14,    pfGray16,    pfGrayS,
          pfGrayH,     pfYUV420P8,  pfYUV422P8,  pfYUV444P8,  pfYUV410P8,  pfYUV411P8,  pfYUV440P8,
          pfYUV420P9,  pfYUV422P9,  pfYUV444P9,  pfYUV420P10, pfYUV422P10, pfYUV444P10, pfYUV420P12,
          pfYUV422P12, pfYUV444P12, pfYUV420P14, pfYUV422P14, pfYUV444P14, pfYUV420P16, pfYUV422P16,
          pfYUV444P16, pfYUV420PH,  pfYUV420PS,  pfYUV422PH,  pfYUV422PS,  pfYUV444PH,  pfYUV444PS,
          pfRGB24,     pfRGB27,     pfRGB30,     pfRGB36,     pfRGB42,     pfRGB48,     pfRGBH,
          pfRGBS}) {
        const vs::Node clip = core.noise(format, 32, 32, 2);
        const VSVideoFormat given = core.api()->getVideoInfo(clip.get())->format;
        const vs::Node filter =
            core.clip("Model", model(clip, given.colorFamily == cfGray ? gray : enlarges));
        const VSVideoFormat &made = core.api()->getVideoInfo(filter.get())->format;
        EXPECT_TRUE(vsh::isSameVideoFormat(&made, &given)) << "format " << format;
        EXPECT_EQ(core.frames(filter, {1}).front().error, "") << "format " << format;
        if (given.colorFamily == cfGray)
            continue;
        const vs::Node doubled =
            core.clip("Interpolate", interpolate(clip, between).with("multi", Integers{2}));
        EXPECT_TRUE(vsh::isSameVideoFormat(&core.api()->getVideoInfo(doubled.get())->format, &given));
        EXPECT_EQ(core.frames(doubled, {1}).front().error, "") << "format " << format;
    }
}

TEST_F(Host, FiltersOfOneNetworkWorkSideBySide) {
    const vs::Node clip = core.noise(pfRGBS, 8, 6, 4);
    const Arguments arguments = model(clip, enlarges);
    const std::vector<Result> wanted = core.frames(core.clip("Model", arguments), in_order(4));
    for (int turn = 0; turn < 3; ++turn) {
        const vs::Node first = core.clip("Model", arguments);
        const vs::Node second = core.clip("Model", model(first, enlarges)); // one after another
        EXPECT_EQ(core.frames(first, in_order(4)), wanted);
        EXPECT_EQ(core.frames(second, {3, 0, 2}).size(), 3U);
    }
}

TEST_F(Host, AFrameThatFailsLeavesTheOthers) {
    const vs::Node clip = core.noise(pfRGBS, 24, 16, 12);
    Arguments arguments = model(clip, enlarges);
    arguments.with("options", Strings{"fault.run=5"}).with("num_streams", Integers{2});
    const vs::Node filter = core.clip("Model", arguments);
    const std::vector<Result> first = core.frames(filter, in_order(12));
    EXPECT_EQ(
        std::count_if(first.begin(), first.end(), [](const Result &frame) { return !frame.error.empty(); }),
        1);
    const std::vector<Result> again = core.frames(filter, in_order(12));
    for (const Result &frame : again)
        EXPECT_EQ(frame.error, "");
}

TEST_F(Host, WhatIsNotFiniteFailsAloneAndNamesItsFrame) {
    const vs::Node clip = core.noise(pfRGBS, 24, 16, 6);
    const std::vector<Result> wanted = core.frames(core.clip("Model", model(clip, enlarges)), in_order(6));
    Arguments arguments = model(clip, enlarges);
    arguments.with("options", Strings{"fault.nan=2"}).with("num_streams", Integers{2});
    const std::vector<Result> given = core.frames(core.clip("Model", arguments), in_order(6));
    int failed = 0;
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (given[i] == wanted[i])
            continue;
        ++failed;
        EXPECT_NE(given[i].error.find("frame " + std::to_string(i)), std::string::npos) << given[i].error;
    }
    EXPECT_EQ(failed, 1);
}

TEST_F(Host, ACoreMayGoWithItsFramesComputed) {
    for (int turn = 0; turn < 3; ++turn) {
        const Core other(2);
        const vs::Node clip = other.noise(pfYUV420P8, 24, 16, 6);
        const vs::Node filter = other.clip("Model", other.arguments()
                                                        .with("clips", clip)
                                                        .with("network_path", enlarges.path())
                                                        .with("backend", Strings{"reference"})
                                                        .with("num_streams", Integers{2}));
        for (const Result &frame : other.frames(filter, mixed(6)))
            EXPECT_EQ(frame.error, "");
    }
}

TEST_F(Host, FramesBetweenFramesAskedForAtOnceAreThoseAskedForOneByOne) {
    const NetworkFile network(fade());
    const vs::Node clip = core.noise(pfYUV420P8, 32, 32, 6);
    const vs::Node one = core.clip("Interpolate", interpolate(clip, network).with("multi", Integers{3}));
    const int count = core.api()->getVideoInfo(one.get())->numFrames;
    EXPECT_EQ(count, 18);
    std::vector<Result> wanted;
    for (const int n : in_order(count)) {
        wanted.push_back(core.frames(one, {n}).front());
        ASSERT_EQ(wanted.back().error, "");
    }
    Arguments arguments = interpolate(clip, network);
    arguments.with("multi", Integers{3}).with("num_streams", Integers{3});
    const vs::Node several = core.clip("Interpolate", arguments);
    const std::vector<int> order = mixed(count);
    const std::vector<Result> given = core.frames(several, order);
    for (std::size_t i = 0; i < order.size(); ++i)
        EXPECT_EQ(given[i], wanted[static_cast<std::size_t>(order[i])]) << "frame " << order[i];
}

TEST_F(Host, ScenesAreSoughtInPairsOnce) {
    const NetworkFile network(fade());
    const vs::Node clip = core.noise(pfYUV420P8, 32, 32, 6);
    Arguments arguments = interpolate(clip, network);
    arguments.with("scene_threshold", 0.05);
    const std::vector<Result> frames = core.frames(core.clip("Interpolate", arguments), mixed(12));
    for (const Result &frame : frames)
        EXPECT_EQ(frame.error, "");
}

TEST_F(Host, RefusesWithASentence) {
    const vs::Node clip = core.noise(pfRGBS, 24, 16, 2);
    const auto refused = [&](const Arguments &arguments) {
        return core.error(core.call("Model", arguments));
    };
    EXPECT_NE(refused(model(clip, enlarges).with("tilesize", Integers{0})).find("tilesize"),
              std::string::npos);
    EXPECT_NE(refused(model(clip, enlarges).with("options", Strings{"fault.build=1"})), "");
    EXPECT_NE(refused(model(clip, enlarges).with("options", Strings{"nonsense"})), "");
    EXPECT_NE(refused(core.arguments()
                          .with("clips", clip)
                          .with("network_path", Strings{"/no/such.onnx"})
                          .with("backend", Strings{"reference"}))
                  .find("/no/such.onnx"),
              std::string::npos);
}

TEST_F(Host, ANetworkMayLieInAFolderOfAnyScriptAndOfAnyLength) {
    const std::filesystem::path top = std::filesystem::temp_directory_path() /
                                      ("vsmlrt-host-folder-" + std::to_string(std::random_device{}()));
    std::filesystem::path folder = top / path_of("\xe7\xbd\x91\xe7\xbb\x9c gr\xc3\xb6\xc3\x9f"
                                                 "e");
    while (text_of(folder).size() < 400)
        folder /= "a folder with a name of forty characters";
    std::filesystem::create_directories(system_path(folder));
    replace_file(folder / path_of("\xe5\x9b\xbe.onnx"), model::write_onnx(srvgg(4, 2)));
    const Strings path = {text_of(folder / path_of("\xe5\x9b\xbe.onnx"))};
    const vs::Node clip = core.noise(pfRGBS, 24, 16, 1);
    const Arguments there =
        core.arguments().with("clips", clip).with("network_path", path).with("backend", Strings{"reference"});
    EXPECT_EQ(core.frames(core.clip("Model", there), {0}),
              core.frames(core.clip("Model", model(clip, enlarges)), {0}));
    EXPECT_EQ(core.frames(core.clip("Model", there), {0}).front().error, "");
    std::error_code ignored;
    std::filesystem::remove_all(top, ignored);
}

TEST_F(Host, AThousandFiltersComeAndGo) {
    Builder b;
    b.output(b.conv(b.input(1), 1, 1));
    const NetworkFile network(b.network());
    const vs::Node clip = core.noise(pfGray8, 8, 8, 1);
    const std::vector<Result> wanted = core.frames(core.clip("Model", model(clip, network)), {0});
    ASSERT_EQ(wanted.front().error, "");
    for (int i = 0; i < 1000; ++i) {
        const vs::Node filter = core.clip("Model", model(clip, network));
        if (i % 100 == 0) {
            ASSERT_EQ(core.frames(filter, {0}), wanted);
        }
    }
}

TEST_F(Host, SaysWhatIsHereAndWhatANetworkIs) {
    const vs::Map devices = core.call("Devices", core.arguments());
    EXPECT_GT(core.api()->mapNumElements(devices.get(), "backend"), 0);
    EXPECT_EQ(core.api()->mapNumElements(devices.get(), "backend"),
              core.api()->mapNumElements(devices.get(), "id"));
    for (int i = 0; i < core.api()->mapNumElements(devices.get(), "missing"); ++i) {
        const std::string name = core.api()->mapGetData(devices.get(), "missing", i, nullptr);
        const std::string reason = core.api()->mapGetData(devices.get(), "reason", i, nullptr);
        if (name == "cuda") {
            EXPECT_TRUE(reason.find("install the NVIDIA driver") != std::string::npos ||
                        reason.find("pip install") != std::string::npos)
                << reason;
        }
    }
    const vs::Map version = core.call("Version", core.arguments());
    EXPECT_EQ(core.api()->mapNumElements(version.get(), "version"), 1);
    const vs::Map card = core.call("Inspect", core.arguments().with("network_path", enlarges.path()));
    EXPECT_EQ(core.api()->mapGetInt(card.get(), "scale", 0, nullptr), 4);
}

} // namespace
} // namespace vsmlrt::test
