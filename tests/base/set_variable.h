// A variable of this process's environment, set on either system.
#pragma once

#include <cstdlib>

namespace vsmlrt::test {

inline bool set_variable(const char *name, const char *value) {
#ifdef _WIN32
    return ::_putenv_s(name, value) == 0;
#else
    return ::setenv(name, value, 1) == 0;
#endif
}

} // namespace vsmlrt::test
