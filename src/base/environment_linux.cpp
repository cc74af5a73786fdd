#include "base/environment.h"

#include <cstdlib>

namespace vsmlrt {

std::string environment(const char *variable) {
    const char *const value = std::getenv(variable);
    return value ? value : "";
}

void set_environment_default(const char *variable, const char *value) {
    constexpr int overwrite = 1;
    if (environment(variable).empty())
        ::setenv(variable, value, overwrite);
}

} // namespace vsmlrt
