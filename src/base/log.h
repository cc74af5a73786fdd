// Where log lines go. One sink a process, set by the host (src/vs routes it to VapourSynth's log); standard
// error until then. Thread-safe.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace vsmlrt {

enum class LogLevel { debug = 0, information = 1, warning = 2 };

using LogSink = std::function<void(LogLevel, const std::string &)>;

void set_log_sink(LogSink sink);
void log(LogLevel level, const std::string &line);
// Logs a line the first time it is said in this process, and never again.
void log_once(LogLevel level, const std::string &line);

// While one lives, lines of its thread wait, and come when the outermost goes. A sink may wait for whom it
// likes: for Python's lock, say, whose owner waits for a lock of ours. To be made before a lock under which
// lines may be logged, so that it goes after that.
class LogLater {
public:
    LogLater();
    ~LogLater();
    LogLater(const LogLater &) = delete;
    LogLater &operator=(const LogLater &) = delete;

private:
    friend void log(LogLevel level, const std::string &line);
    std::vector<std::pair<LogLevel, std::string>> lines_; // of the outermost
};

} // namespace vsmlrt
