// Text is UTF-8 inside this project, paths included. std::filesystem takes plain characters for the system's
// own, which on Windows are not UTF-8: a path is made of text, and text of a path, by these two alone.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace vsmlrt {

[[nodiscard]] std::filesystem::path path_of(std::string_view utf8);
[[nodiscard]] std::string text_of(const std::filesystem::path &path);

} // namespace vsmlrt
