#include "base/log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace vsmlrt {
namespace {

// Takes the sink for the length of a test.
class LogTest : public testing::Test {
protected:
    LogTest() {
        set_log_sink([this](LogLevel level, const std::string &line) {
            ++count_;
            level_ = level;
            if (line.starts_with("keep"))
                last_ = line;
        });
    }
    ~LogTest() override { set_log_sink(nullptr); }
    LogTest(const LogTest &) = delete;
    LogTest &operator=(const LogTest &) = delete;

    std::atomic<int> count_ = 0;
    std::atomic<LogLevel> level_ = LogLevel::debug;
    std::string last_;
};

TEST_F(LogTest, GoesToTheSinkWithItsLevel) {
    log(LogLevel::warning, "keep this");
    EXPECT_EQ(last_, "keep this");
    EXPECT_EQ(level_, LogLevel::warning);
}

// Lines of a thread that holds a lock come behind that.
TEST_F(LogTest, LaterIsWhenTheOutermostGoes) {
    log_once(LogLevel::debug, "not held back");
    EXPECT_EQ(count_, 1);
    {
        const LogLater outermost;
        log(LogLevel::information, "keep the first");
        {
            const LogLater inner;
            log_once(LogLevel::warning, "keep the last");
            log_once(LogLevel::warning, "keep the last");
        }
        EXPECT_EQ(count_, 1);
        std::thread([] { log(LogLevel::information, "of another thread"); }).join();
        EXPECT_EQ(count_, 2);
        EXPECT_EQ(last_, "");
    }
    EXPECT_EQ(count_, 4);
    EXPECT_EQ(last_, "keep the last");
    EXPECT_EQ(level_, LogLevel::warning);
    log(LogLevel::debug, "keep at once");
    EXPECT_EQ(last_, "keep at once");
}

// What a sink throws is not for who has let a lock go.
TEST_F(LogTest, LaterNobodyListens) {
    set_log_sink([](LogLevel, const std::string &) { throw 1; });
    {
        const LogLater later;
        log(LogLevel::warning, "thrown away");
    }
    EXPECT_THROW(log(LogLevel::warning, "thrown away"), int);
}

TEST_F(LogTest, OnceIsOncePerLine) {
    for (int i = 0; i < 3; ++i) {
        log_once(LogLevel::information, "said once");
        log_once(LogLevel::information, "said once too");
    }
    EXPECT_EQ(count_, 2);
}

TEST_F(LogTest, OnceHoldsForManyThreads) {
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([] {
            for (int line = 0; line < 50; ++line)
                log_once(LogLevel::information, "line " + std::to_string(line));
        });
    for (std::thread &thread : threads)
        thread.join();
    EXPECT_EQ(count_, 50);
}

TEST_F(LogTest, SinkMayLogItselfAndBeReplaced) {
    set_log_sink([this](LogLevel, const std::string &line) {
        ++count_;
        set_log_sink([this](LogLevel, const std::string &) { ++count_; });
        log(LogLevel::debug, line);
    });
    log(LogLevel::debug, "x");
    EXPECT_EQ(count_, 2);
}

TEST(LogWithoutSink, WritesToStandardErrorButNoDebugLines) {
    testing::internal::CaptureStderr();
    log(LogLevel::debug, "a detail");
    log(LogLevel::warning, "a warning");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "vsmlrt: a warning\n");
}

} // namespace
} // namespace vsmlrt
