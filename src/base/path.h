// Text is UTF-8 inside this project, paths included. std::filesystem takes plain characters for the system's
// own, which on Windows are not UTF-8: a path is made of text, and text of a path, by these two alone.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace vsmlrt {

[[nodiscard]] inline std::filesystem::path path_of(std::string_view utf8) {
    return {std::u8string(utf8.begin(), utf8.end())};
}

[[nodiscard]] inline std::string text_of(const std::filesystem::path &path) {
    const std::u8string text = path.u8string();
    return {text.begin(), text.end()};
}

} // namespace vsmlrt
