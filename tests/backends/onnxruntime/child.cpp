#include "backends/onnxruntime/child.h"

#include "base/error.h"

#include <cstdlib>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

namespace vsmlrt::test {
namespace {

std::string read_all(int descriptor) {
    std::string all;
    char part[4096];
    for (ssize_t size = 0; (size = ::read(descriptor, part, sizeof part)) > 0;)
        all.append(part, static_cast<std::size_t>(size));
    return all;
}

std::string said(const std::function<std::string()> &body) {
    try {
        return body();
    } catch (const std::exception &failure) {
        return failure.what();
    }
}

} // namespace

std::string in_child(const Variables &variables, const std::function<std::string()> &body) {
    int ends[2] = {};
    if (::pipe(ends) != 0)
        throw InternalError("no pipe");
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        for (const auto &[name, value] : variables)
            ::setenv(name.c_str(), value.c_str(), 1);
        const std::string text = said(body);
        const ssize_t written = ::write(ends[1], text.data(), text.size());
        ::_exit(written == static_cast<ssize_t>(text.size()) ? 0 : 1);
    }
    ::close(ends[1]);
    std::string text = read_all(ends[0]);
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    return status == 0 ? text : "died with status " + std::to_string(status) + " after: " + text;
}

std::filesystem::path opened_library() {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);)
        if (line.find("/libonnxruntime.so") != std::string::npos)
            return line.substr(line.find('/'));
    return {};
}

} // namespace vsmlrt::test
