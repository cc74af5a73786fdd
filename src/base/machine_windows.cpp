#include "base/machine.h"

#include "base/windows_text.h"

#include <algorithm>
#include <bitset>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>
#include <windows.h>

namespace vsmlrt {

namespace {

// One thread at a time: Wine's answer may be half written by another one's question.
std::optional<MEMORYSTATUSEX> memory_status() {
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    MEMORYSTATUSEX status = {};
    status.dwLength = sizeof status;
    return ::GlobalMemoryStatusEx(&status) ? std::optional(status) : std::nullopt;
}

} // namespace

std::int64_t memory_bytes() {
    const auto status = memory_status();
    return status ? static_cast<std::int64_t>(status->ullTotalPhys) : 0;
}

std::uint64_t available_memory_bytes() {
    const auto status = memory_status();
    return status ? status->ullAvailPhys : std::numeric_limits<std::uint64_t>::max();
}

std::string processor_name() {
    wchar_t name[256] = {};
    DWORD bytes = sizeof name - sizeof(wchar_t);
    if (::RegGetValueW(HKEY_LOCAL_MACHINE, L"HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0",
                       L"ProcessorNameString", RRF_RT_REG_SZ, nullptr, name, &bytes) != ERROR_SUCCESS)
        return "CPU";
    std::string found = utf8(name);
    found.erase(std::find_if(found.rbegin(), found.rend(), [](char c) { return c != ' '; }).base(),
                found.end());
    return found.empty() ? "CPU" : found;
}

int usable_processors() {
    // A mask is of one group of at most 64; a process that spans groups is not held to a mask.
    DWORD_PTR process = 0;
    DWORD_PTR system = 0;
    const auto all = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    if (all > 64 || !::GetProcessAffinityMask(::GetCurrentProcess(), &process, &system) || process == 0)
        return all;
    return static_cast<int>(std::bitset<64>(process).count());
}

// The version of the driver's file: 32.0.15.8095 is release 580.95.
std::string nvidia_driver_release() {
    const wchar_t *const file = L"nvcuda.dll";
    DWORD ignored = 0;
    const DWORD bytes = ::GetFileVersionInfoSizeW(file, &ignored);
    std::vector<std::byte> memory(bytes);
    void *found = nullptr;
    UINT size = 0;
    if (bytes == 0 || !::GetFileVersionInfoW(file, 0, bytes, memory.data()) ||
        !::VerQueryValueW(memory.data(), L"\\", &found, &size) || size < sizeof(VS_FIXEDFILEINFO))
        return {};
    const auto &info = *static_cast<const VS_FIXEDFILEINFO *>(found);
    std::string release;
    for (const DWORD part : {info.dwFileVersionMS >> 16, info.dwFileVersionMS & 0xffff,
                             info.dwFileVersionLS >> 16, info.dwFileVersionLS & 0xffff})
        release += (release.empty() ? "" : ".") + std::to_string(part);
    return release;
}

} // namespace vsmlrt
