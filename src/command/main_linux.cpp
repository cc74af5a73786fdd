// The command `vsmlrt`: starts the script `vsmlrt-python` in its own folder, which the installer wrote for
// the interpreter that the package belongs to.
//
// Ctrl-C is held back meanwhile, because Python answers it with a traceback until the package's own handler
// is there (python/vsmlrt/_start.py, which lets it through). Blocked signals stay so across execv, and none
// is lost.
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <unistd.h>

int main(int /*count*/, char **arguments) {
    constexpr char ending[] = "-python";
    char script[PATH_MAX + sizeof ending] = {};
    const ssize_t length = readlink("/proc/self/exe", script, PATH_MAX);
    std::memcpy(script + (length > 0 ? length : 0), ending, sizeof ending);

    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigprocmask(SIG_BLOCK, &held, nullptr);

    arguments[0] = script;
    execv(script, arguments);
    std::fprintf(stderr, "vsmlrt: error: %s cannot be started (%s); install the package vsmlrt again\n",
                 script, std::strerror(errno));
    return 127;
}
