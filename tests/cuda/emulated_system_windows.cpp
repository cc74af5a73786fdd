// Under Wine the compiler is a program of Linux, which cannot be waited for from here: who runs the tests has
// tests/cuda/compile_for_wine.py compile what STEM.wanted asks for in VSMLRT_EMULATED_CACHE, until STEM.done.
#include "cuda/emulated_system.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <malloc.h>
#include <windows.h>

namespace vsmlrt::emulated {

void *open_library(const char *path, std::string &words) {
    const HMODULE library = ::LoadLibraryA(path);
    if (!library)
        words = "error " + std::to_string(::GetLastError());
    return library;
}

void *find_symbol(void *library, const char *name) {
    return reinterpret_cast<void *>(::GetProcAddress(static_cast<HMODULE>(library), name));
}

void *allocate(std::size_t alignment, std::size_t bytes) {
    return ::_aligned_malloc(bytes, alignment);
}

void release(void *memory) {
    ::_aligned_free(memory);
}

bool copy_if_readable(void *to, const void *from, std::size_t bytes) {
    return ::ReadProcessMemory(::GetCurrentProcess(), from, to, bytes, nullptr) != 0;
}

const char *const library_ending = ".dll";
const char *const compiler = "tests/cuda/compile_for_wine.py ";

std::string process_name() {
    return std::to_string(::GetCurrentProcessId());
}

std::string user_name() {
    return "wine";
}

// The C library has what was set when it started.
std::string variable(const char *name) {
    char value[64] = {};
    const DWORD length = ::GetEnvironmentVariableA(name, value, sizeof value);
    return length < sizeof value ? value : "";
}

// Twins are made here: publish() bears them.
Turn::Turn(const std::string &) {}
Turn::~Turn() = default;

void precompile(const std::string &, const std::string &) {}

bool compile(const std::string &stem) {
    namespace fs = std::filesystem;
    if (!std::getenv("VSMLRT_EMULATED_CACHE")) {
        std::ofstream(stem + ".log") << "VSMLRT_EMULATED_CACHE names no folder that is served";
        return false;
    }
    std::ofstream(stem + ".wanted").close();
    while (!fs::exists(stem + ".done"))
        ::Sleep(10);
    std::error_code ignored;
    fs::remove(stem + ".done", ignored);
    return fs::exists(stem + library_ending);
}

// A library that a process has loaded cannot be replaced, and is not to be had while it is.
bool publish(const std::string &made, const std::string &name) {
    if (::MoveFileExA(made.c_str(), name.c_str(), 0))
        return true;
    const bool there = ::GetFileAttributesA(name.c_str()) != INVALID_FILE_ATTRIBUTES;
    ::DeleteFileA(made.c_str());
    return there;
}

} // namespace vsmlrt::emulated
