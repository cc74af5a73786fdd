#include "cuda/emulated_system.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/uio.h>
#include <unistd.h>

namespace vsmlrt::emulated {

void *open_library(const char *path, std::string &words) {
    void *const library = ::dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        words = ::dlerror();
    return library;
}

void *find_symbol(void *library, const char *name) {
    return ::dlsym(library, name);
}

void *allocate(std::size_t alignment, std::size_t bytes) {
    return std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

void release(void *memory) {
    std::free(memory);
}

bool copy_if_readable(void *to, const void *from, std::size_t bytes) {
    const iovec local = {to, bytes};
    const iovec remote = {const_cast<void *>(from), bytes};
    return ::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes);
}

const char *const library_ending = ".so";
#define VSMLRT_COMMAND VSMLRT_COMPILER " -std=c++17 -O1 -w -fPIC"
const char *const compiler = VSMLRT_COMMAND VSMLRT_LINKER " -shared -o ";

std::string process_name() {
    return std::to_string(::getpid());
}

std::string user_name() {
    return std::to_string(::getuid());
}

std::string variable(const char *name) {
    const char *const value = std::getenv(name);
    return value ? value : "";
}

// Released by the system where a process dies. Without the lock, as where a disk has none, twins are made.
Turn::Turn(const std::string &library)
    : file_(::open((library + ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)) {
    while (file_ >= 0 && ::flock(file_, LOCK_EX) != 0 && errno == EINTR)
        ;
}

Turn::~Turn() {
    if (file_ >= 0)
        ::close(file_);
}

void precompile(const std::string &text, const std::string &header) {
    const std::string made = text + ".gch";
    const std::string command =
        VSMLRT_COMMAND " -x c++-header -o " + made + " " + text + " > " + text + ".log 2>&1";
    if (std::system(command.c_str()) != 0 || ::rename(made.c_str(), (header + ".gch").c_str()) != 0)
        ::unlink(made.c_str());
    ::unlink((text + ".log").c_str());
}

bool compile(const std::string &stem) {
    const std::string command = compiler + stem + ".so " + stem + ".cpp > " + stem + ".log 2>&1";
    return std::system(command.c_str()) == 0;
}

bool publish(const std::string &made, const std::string &name) {
    const bool first = ::link(made.c_str(), name.c_str()) == 0;
    const bool there = first || errno == EEXIST;
    ::unlink(made.c_str());
    return there;
}

} // namespace vsmlrt::emulated
