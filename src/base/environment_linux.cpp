#include "base/environment.h"

#include <cstdlib>

namespace vsmlrt {

std::string environment(const char *variable) {
    const char *const value = std::getenv(variable);
    return value ? value : "";
}

} // namespace vsmlrt
