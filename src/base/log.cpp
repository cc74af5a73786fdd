#include "base/log.h"

#include <cstdio>
#include <mutex>
#include <set>
#include <utility>

namespace vsmlrt {
namespace {

struct State {
    std::mutex mutex;
    LogSink sink;
    std::set<std::string> said;
};

State &state() {
    // Never destroyed: a module may log while the process ends.
    static auto *const instance = new State;
    return *instance;
}

thread_local LogLater *outermost = nullptr;

} // namespace

void set_log_sink(LogSink sink) {
    const std::lock_guard lock(state().mutex);
    state().sink = std::move(sink);
}

void log(LogLevel level, const std::string &line) {
    if (outermost != nullptr) {
        outermost->lines_.emplace_back(level, line);
        return;
    }
    LogSink sink;
    {
        const std::lock_guard lock(state().mutex);
        sink = state().sink;
    }
    if (sink)
        sink(level, line);
    else if (level != LogLevel::debug)
        std::fprintf(stderr, "vsmlrt: %s\n", line.c_str());
}

void log_once(LogLevel level, const std::string &line) {
    {
        const std::lock_guard lock(state().mutex);
        if (!state().said.insert(line).second)
            return;
    }
    log(level, line);
}

LogLater::LogLater() {
    if (outermost == nullptr)
        outermost = this;
}

LogLater::~LogLater() {
    if (outermost != this)
        return;
    outermost = nullptr;
    for (const auto &[level, line] : lines_) {
        try {
            log(level, line);
        } catch (...) { // as if nobody had listened
        }
    }
}

} // namespace vsmlrt
