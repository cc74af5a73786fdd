// A device that drops out while another one is there: every frame still comes, and comes right.
#include "stored_plans.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

namespace vsmlrt::test {
namespace {

class LostDevices : public StoredPlans {
protected:
    LostDevices() {
        unset("DRIVER");
        set("GONE", (base() / "gone").string());
    }

    [[nodiscard]] engine::SessionOptions both() const {
        engine::SessionOptions asked = options();
        asked.device_ids = {0, 1};
        asked.program.num_streams = 2;
        asked.program.properties = {{"fault.delay_ms", "1"}}; // so that both are busy
        return asked;
    }
    // How many lines say that a device gets no more frames.
    [[nodiscard]] std::ptrdiff_t given_up(const std::string &id) {
        const Strings said = lines();
        return std::count_if(said.begin(), said.end(), [&](const std::string &line) {
            return line.find("the device " + id + " failed on frame") != std::string::npos;
        });
    }
    [[nodiscard]] std::vector<float> expected(const Image &from) const {
        engine::Session session(blur(), options(), {from.width, from.height});
        Image to(from.width, from.height);
        test::run(session, 0, from, to);
        return to.pixels;
    }
    void gone(const std::string &numbers) const { std::ofstream(base() / "gone") << numbers; }
};

TEST_F(LostDevices, TheOtherGoesOnWithEveryFrame) {
    for (const char number : {'0', '1'}) {
        const Image from = Image::noise(20, 12);
        const std::vector<float> right = expected(from);
        engine::Session session(blur(), both(), {20, 12});
        static_cast<void>(lines());
        std::atomic<int> next = 0;
        std::atomic<int> wrong = 0;
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t)
            threads.emplace_back([&] {
                for (int n = next++; n < 200; n = next++) {
                    if (n == 50)
                        gone(std::string(1, number));
                    Image to(20, 12);
                    test::run(session, n, from, to);
                    wrong += to.pixels != right;
                }
            });
        for (std::thread &thread : threads)
            thread.join();
        EXPECT_EQ(wrong.load(), 0);
        EXPECT_EQ(given_up(std::string("Plan.") + number), 1);
        gone("");
    }
}

TEST_F(LostDevices, OneThatIsGivenUpGetsNoMoreFrames) {
    engine::Session session(blur(), both(), {20, 12});
    const Image from = Image::noise(20, 12);
    Image to(20, 12);
    gone("0");
    test::run(session, 0, from, to);
    gone("1"); // were the first one asked again, it would compute this frame
    EXPECT_THROW(test::run(session, 1, from, to), DeviceError);
    gone("");
    EXPECT_NO_THROW(test::run(session, 1, from, to)); // and the last one is never given up
}

TEST_F(LostDevices, AFrameOnWhichAllFailCostsNone) {
    engine::Session session(blur(), both(), {20, 12});
    const Image from = Image::noise(20, 12);
    Image to(20, 12);
    static_cast<void>(lines());
    gone("01");
    EXPECT_THROW(test::run(session, 0, from, to), DeviceError);
    EXPECT_EQ(given_up("Plan.0") + given_up("Plan.1"), 0);
    for (const char *one : {"0", "1"}) {
        engine::Session again(blur(), both(), {20, 12});
        gone(one);
        EXPECT_NO_THROW(test::run(again, 0, from, to));
    }
    gone("");
    EXPECT_NO_THROW(test::run(session, 1, from, to));
}

TEST_F(LostDevices, WithoutAnotherTheFrameFails) {
    engine::Session session(blur(), options(), {20, 12});
    const Image from = Image::noise(20, 12);
    Image to(20, 12);
    gone("0");
    EXPECT_THROW(test::run(session, 0, from, to), DeviceError);
}

} // namespace
} // namespace vsmlrt::test
