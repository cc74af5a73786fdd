#include "base/apart.h"

#include <csignal>
#include <cstdlib>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace vsmlrt::test {

Apart::Apart(const std::string &test) : process_(0) {
    // Its parts and its results are this process's.
    for (const char *own : {"GTEST_OUTPUT", "GTEST_TOTAL_SHARDS", "GTEST_SHARD_INDEX"})
        ::unsetenv(own);
    std::string words[] = {"apart", "--gtest_filter=" + test, "--gtest_also_run_disabled_tests",
                           "--gtest_brief=1"};
    char *const arguments[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
    pid_t started = 0;
    if (::posix_spawn(&started, "/proc/self/exe", nullptr, nullptr, arguments, environ) != 0)
        throw std::runtime_error("this program cannot be started once more");
    process_ = started;
}

Apart::~Apart() {
    if (process_ != 0) {
        kill();
        static_cast<void>(wait());
    }
}

void Apart::kill() {
    ::kill(static_cast<pid_t>(process_), SIGKILL);
}

int Apart::wait() {
    int status = 0;
    ::waitpid(static_cast<pid_t>(process_), &status, 0);
    process_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : killed;
}

} // namespace vsmlrt::test
