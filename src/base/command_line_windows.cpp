#include "base/command_line.h"

#include "base/windows_text.h"

#include <memory>
#include <windows.h>
// Needs the one above.
#include <shellapi.h>

namespace vsmlrt {

std::vector<std::string> command_line(int, const char *const *) {
    int count = 0;
    const std::unique_ptr<wchar_t *, decltype(&::LocalFree)> words(
        ::CommandLineToArgvW(::GetCommandLineW(), &count), &::LocalFree);
    std::vector<std::string> arguments;
    for (int i = 0; i < count; ++i)
        arguments.push_back(utf8(words.get()[i]));
    return arguments;
}

} // namespace vsmlrt
