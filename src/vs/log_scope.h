// While a function or a frame of a core is being worked on, this thread's log lines go to that core's log.
#pragma once

#include "vs/handles.h"

namespace vsmlrt::vs {

class LogScope {
public:
    // `who` begins with what stands before each line, up to a dot: "mlrt.Model".
    LogScope(const Host &host, const char *who);
    ~LogScope();
    LogScope(const LogScope &) = delete;
    LogScope &operator=(const LogScope &) = delete;

private:
    const Host *before_;
    const char *who_before_;
};

// Sends this library's log lines there; to standard error, without those for debugging, where no core is
// being worked for.
void route_log();

} // namespace vsmlrt::vs
