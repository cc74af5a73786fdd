#include "base/command_line.h"

namespace vsmlrt {

std::vector<std::string> command_line(int count, const char *const *arguments) {
    return {arguments, arguments + count};
}

} // namespace vsmlrt
