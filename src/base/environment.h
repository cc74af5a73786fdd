// The environment of this process.
#pragma once

#include <string>

namespace vsmlrt {

// The variable's value as UTF-8; empty where it is not set, which this project takes for the same thing. What
// the process's host set after it started counts: on Windows a C library has a copy of its own, which does
// not see that.
[[nodiscard]] std::string environment(const char *variable);

// Gives the variable, which libraries that are opened from then on read, this value (UTF-8) unless it is set.
// Not thread-safe on Linux, where the C library lets nobody set a variable while others read any.
void set_environment_default(const char *variable, const char *value);

} // namespace vsmlrt
