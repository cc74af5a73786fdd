#include "stored_plans.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

namespace vsmlrt::test {

namespace fs = std::filesystem;

StoredPlans::StoredPlans() {
    std::string pattern = (fs::temp_directory_path() / "stored_plans_XXXXXX").string();
    base_ = ::mkdtemp(pattern.data());
    folder_ = base_ / "plans";
    for (const char *name :
         {"SLOW", "PADDING", "REFUSES", "HALF", "BRAIN", "KEEPS", "SHARES", "GPU", "STREAMS", "MEMORY",
          "CONTEXT", "WEIGHTS", "SPARE", "SPARES", "FREE", "GONE", "OF_PIXEL", "OF_FRAMES"})
        unset(name);
    set("JOURNAL", (base_ / "journal").string());
    set("LIBRARY", "planning 1");
    set("DEVICE", "Abacus");
    set("DRIVER", "D1");
    use_built_modules();
    set_log_sink([this](LogLevel level, const std::string &line) {
        const std::lock_guard lock(mutex_);
        if (level != LogLevel::debug)
            lines_.push_back(line);
    });
}

StoredPlans::~StoredPlans() {
    set_log_sink(nullptr);
    std::error_code ignored;
    fs::remove_all(base_, ignored);
}

void StoredPlans::set(const char *name, const std::string &value) {
    ::setenv((std::string("VSMLRT_PLANNING_") + name).c_str(), value.c_str(), 1);
}

void StoredPlans::unset(const char *name) {
    ::unsetenv((std::string("VSMLRT_PLANNING_") + name).c_str());
}

engine::SessionOptions StoredPlans::options() const {
    engine::SessionOptions options;
    options.backend = "planning";
    options.program.plan_folder = folder_;
    return options;
}

std::string StoredPlans::picture(const engine::SessionOptions &options, float gain) const {
    const Image from = Image::noise(12, 8);
    Image to(12, 8);
    try {
        engine::Session session(blur(gain), options, {12, 8});
        run(session, 0, from, to);
    } catch (const Error &failure) {
        return failure.what();
    }
    const auto at = [&](std::size_t x, std::size_t y) { return from.pixels[y * 12 + x]; };
    const float expected = gain * (0.05F * at(2, 1) + 0.1F * at(3, 1) + 0.15F * at(4, 1) + 0.2F * at(2, 2) +
                                   0.2F * at(4, 2) + 0.15F * at(2, 3) + 0.1F * at(3, 3) + 0.05F * at(4, 3));
    const float found = to.pixels[2 * 12 + 3];
    return std::abs(found - expected) < 1e-6F ? std::string() : text(found, " and not ", expected);
}

Strings StoredPlans::journal() {
    Strings found;
    std::ifstream file(base_ / "journal");
    for (std::string line; std::getline(file, line);)
        found.push_back(line);
    fs::remove(base_ / "journal");
    std::sort(found.begin(), found.end());
    return found;
}

Strings StoredPlans::lines() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
}

Strings StoredPlans::files(const std::string &ending) const {
    Strings names;
    std::error_code ignored;
    for (const auto &entry : fs::directory_iterator(folder_, ignored))
        if (entry.path().filename().string().ends_with(ending))
            names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

pid_t start_child(const std::function<std::string()> &body) {
    const pid_t child = ::fork();
    if (child != 0)
        return child;
    const std::string wrong = body();
    if (!wrong.empty())
        std::fprintf(stderr, "in the child: %s\n", wrong.c_str());
    ::_exit(wrong.empty() ? 0 : 1);
}

int wait_for(pid_t child) {
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace vsmlrt::test
