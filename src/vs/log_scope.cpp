#include "vs/log_scope.h"

#include "base/log.h"
#include "base/text.h"

#include <cstdio>
#include <string_view>

namespace vsmlrt::vs {
namespace {

thread_local const Host *current_host = nullptr;
thread_local const char *current_who = "";

void log_line(LogLevel level, const std::string &line) {
    const Host *host = current_host;
    if (!host) {
        if (level != LogLevel::debug)
            std::fprintf(stderr, "vsmlrt: %s\n", line.c_str());
        return;
    }
    const int type = level == LogLevel::warning       ? mtWarning
                     : level == LogLevel::information ? mtInformation
                                                      : mtDebug;
    const std::string_view who = current_who;
    host->api->logMessage(type, text(who.substr(0, who.find('.')), ": ", line).c_str(), host->core);
}

} // namespace

LogScope::LogScope(const Host &host, const char *who) : before_(current_host), who_before_(current_who) {
    current_host = &host;
    current_who = who;
}
LogScope::~LogScope() {
    current_host = before_;
    current_who = who_before_;
}

void route_log() {
    set_log_sink(log_line);
}

} // namespace vsmlrt::vs
