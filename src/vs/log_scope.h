// While a function or a frame of a core is being worked on, this thread's log lines go to that core's log.
#pragma once

#include "vs/handles.h"

namespace vsmlrt::vs {

class LogScope {
public:
    explicit LogScope(const Host &host);
    ~LogScope();
    LogScope(const LogScope &) = delete;
    LogScope &operator=(const LogScope &) = delete;

private:
    const Host *before_;
};

// Sends this library's log lines there, each after `prefix` ("mlrt"); to standard error, without those for
// debugging, where no core is being worked for.
void route_log(const char *prefix);

} // namespace vsmlrt::vs
