// Windows' own words and characters: UTF-16 outside, UTF-8 inside. Included by *_windows.cpp only.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace vsmlrt {

[[nodiscard]] std::wstring wide(std::string_view utf8);
[[nodiscard]] std::string utf8(std::wstring_view wide);

// What Windows says of one of its error numbers, in one line without a full stop.
[[nodiscard]] std::string windows_message(unsigned long error);

} // namespace vsmlrt
