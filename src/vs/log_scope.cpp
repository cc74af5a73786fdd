#include "vs/log_scope.h"

#include "base/log.h"
#include "base/text.h"

#include <cstdio>

namespace vsmlrt::vs {
namespace {

thread_local const Host *current_host = nullptr;

void log_line(const char *prefix, LogLevel level, const std::string &line) {
    const Host *host = current_host;
    if (!host) {
        if (level != LogLevel::debug)
            std::fprintf(stderr, "vsmlrt: %s\n", line.c_str());
        return;
    }
    const int type = level == LogLevel::warning       ? mtWarning
                     : level == LogLevel::information ? mtInformation
                                                      : mtDebug;
    host->api->logMessage(type, text(prefix, ": ", line).c_str(), host->core);
}

} // namespace

LogScope::LogScope(const Host &host) : before_(current_host) {
    current_host = &host;
}
LogScope::~LogScope() {
    current_host = before_;
}

void route_log(const char *prefix) {
    set_log_sink([prefix](LogLevel level, const std::string &line) { log_line(prefix, level, line); });
}

} // namespace vsmlrt::vs
