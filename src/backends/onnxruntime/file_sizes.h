// The sizes of libraries, which tell their versions apart where no API tells these reliably.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace vsmlrt::ort {

// A line for each file, with its name and its size, in the order of the lines: "libnvinfer.so.10 541234567".
[[nodiscard]] std::string file_sizes(const std::vector<std::filesystem::path> &files);

} // namespace vsmlrt::ort
