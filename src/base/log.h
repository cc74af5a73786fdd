// Where log lines go. One sink a process, set by the host (src/vs routes it to VapourSynth's log); standard
// error until then. Thread-safe.
#pragma once

#include <functional>
#include <string>

namespace vsmlrt {

enum class LogLevel { debug = 0, information = 1, warning = 2 };

using LogSink = std::function<void(LogLevel, const std::string &)>;

void set_log_sink(LogSink sink);
void log(LogLevel level, const std::string &line);
// Logs a line the first time it is said in this process, and never again.
void log_once(LogLevel level, const std::string &line);

} // namespace vsmlrt
