// AddressSanitizer refuses RTLD_DEEPBIND, with which OpenVINO's thread library opens its parts. The flag
// changes nothing here, so it is taken off; an executable's own dlopen is found before the C library's.
#include <dlfcn.h>

extern "C" __attribute__((visibility("default"))) void *dlopen(const char *file, int mode) {
    using Dlopen = void *(*)(const char *, int);
    static const auto next = reinterpret_cast<Dlopen>(dlsym(RTLD_NEXT, "dlopen"));
    return next(file, mode & ~RTLD_DEEPBIND);
}

// What the vendors' thread libraries keep until the process ends is not ours.
extern "C" __attribute__((visibility("default"))) const char *__lsan_default_suppressions() {
    return "leak:libtbb.so\nleak:libtbbbind\nleak:libhwloc\nleak:CPUStreamsExecutor\n";
}
