// The arguments of this process.
#pragma once

#include <string>
#include <vector>

namespace vsmlrt {

// In UTF-8, the program's own name first, from what main was given; on Windows from the system, which gives
// main the characters of an old code page.
[[nodiscard]] std::vector<std::string> command_line(int count, const char *const *arguments);

} // namespace vsmlrt
