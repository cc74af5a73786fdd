// A variable of this process's environment, set on either system, and read.
#pragma once

#include <cstdlib>
#include <string>

namespace vsmlrt::test {

inline bool set_variable(const char *name, const char *value) {
#ifdef _WIN32
    return ::_putenv_s(name, value) == 0;
#else
    return ::setenv(name, value, 1) == 0;
#endif
}

// Empty where there is none.
inline std::string variable(const char *name) {
    const char *const value = std::getenv(name);
    return value ? value : "";
}

} // namespace vsmlrt::test
