// The environment of this process.
#pragma once

#include <string>

namespace vsmlrt {

// The variable's value as UTF-8; empty where it is not set, which this project takes for the same thing. What
// the process's host set after it started counts: on Windows a C library has a copy of its own, which does
// not see that.
[[nodiscard]] std::string environment(const char *variable);

} // namespace vsmlrt
