#include "base/apart.h"

#include "base/shared_library.h"

#include <stdexcept>
#include <windows.h>

namespace vsmlrt::test {

Apart::Apart(const std::string &test) : process_(0) {
    // Its parts and its results are this process's.
    for (const wchar_t *own : {L"GTEST_OUTPUT", L"GTEST_TOTAL_SHARDS", L"GTEST_SHARD_INDEX"})
        ::SetEnvironmentVariableW(own, nullptr);
    const std::wstring program = own_file().native();
    std::wstring line = L"apart --gtest_filter=" + std::wstring(test.begin(), test.end()) +
                        L" --gtest_also_run_disabled_tests --gtest_brief=1";
    STARTUPINFOW how = {};
    how.cb = sizeof how;
    PROCESS_INFORMATION started = {};
    if (!::CreateProcessW(program.c_str(), line.data(), nullptr, nullptr, TRUE, 0, nullptr, nullptr, &how,
                          &started))
        throw std::runtime_error("this program cannot be started once more");
    ::CloseHandle(started.hThread);
    process_ = reinterpret_cast<std::intptr_t>(started.hProcess);
}

Apart::~Apart() {
    if (process_ != 0) {
        kill();
        static_cast<void>(wait());
    }
}

void Apart::kill() {
    ::TerminateProcess(reinterpret_cast<HANDLE>(process_), static_cast<UINT>(killed));
}

int Apart::wait() {
    auto *const process = reinterpret_cast<HANDLE>(process_);
    process_ = 0;
    DWORD status = 1;
    ::WaitForSingleObject(process, INFINITE);
    ::GetExitCodeProcess(process, &status);
    ::CloseHandle(process);
    return static_cast<int>(status);
}

} // namespace vsmlrt::test
