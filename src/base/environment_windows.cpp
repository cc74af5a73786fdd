#include "base/environment.h"

#include "base/windows_text.h"

#include <windows.h>

namespace vsmlrt {

std::string environment(const char *variable) {
    const std::wstring name = wide(variable);
    std::wstring value;
    // Once more if another thread made it longer in between.
    for (DWORD needed = ::GetEnvironmentVariableW(name.c_str(), nullptr, 0); needed > value.size();) {
        value.resize(needed);
        needed = ::GetEnvironmentVariableW(name.c_str(), value.data(), needed);
        if (needed < value.size()) {
            value.resize(needed);
            break;
        }
    }
    return utf8(value);
}

void set_environment_default(const char *variable, const char *value) {
    if (environment(variable).empty())
        ::SetEnvironmentVariableW(wide(variable).c_str(), wide(value).c_str());
}

} // namespace vsmlrt
