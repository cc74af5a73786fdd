#include "base/windows_text.h"

#include <windows.h>

namespace vsmlrt {

std::wstring wide(std::string_view utf8) {
    const int size = static_cast<int>(utf8.size());
    const int units = ::MultiByteToWideChar(CP_UTF8, 0, utf8.data(), size, nullptr, 0);
    std::wstring converted(static_cast<std::size_t>(units), L'\0');
    ::MultiByteToWideChar(CP_UTF8, 0, utf8.data(), size, converted.data(), units);
    return converted;
}

std::string utf8(std::wstring_view wide) {
    const int size = static_cast<int>(wide.size());
    const int bytes = ::WideCharToMultiByte(CP_UTF8, 0, wide.data(), size, nullptr, 0, nullptr, nullptr);
    std::string converted(static_cast<std::size_t>(bytes), '\0');
    ::WideCharToMultiByte(CP_UTF8, 0, wide.data(), size, converted.data(), bytes, nullptr, nullptr);
    return converted;
}

std::string windows_message(unsigned long error) {
    wchar_t words[512] = {};
    const DWORD length = ::FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
                                              FORMAT_MESSAGE_MAX_WIDTH_MASK,
                                          nullptr, error, 0, words, 512, nullptr);
    std::string message = utf8(std::wstring_view(words, length));
    while (!message.empty() && (message.back() == ' ' || message.back() == '.'))
        message.pop_back();
    return message.empty() ? "Windows' error " + std::to_string(error) : message;
}

} // namespace vsmlrt
