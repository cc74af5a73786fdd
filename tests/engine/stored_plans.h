// Programs that are stored and loaded again, and what is seen of that: log lines, builds, files.
#pragma once

#include "networks.h"

#include "base/log.h"

#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <mutex>
#include <sys/types.h>

namespace vsmlrt::test {

// A folder and a machine of its own for every test; see planning_module.cpp for what a machine is.
class StoredPlans : public testing::Test {
protected:
    StoredPlans();
    ~StoredPlans() override;
    StoredPlans(const StoredPlans &) = delete;
    StoredPlans &operator=(const StoredPlans &) = delete;

    static void set(const char *name, const std::string &value);
    static void unset(const char *name);

    [[nodiscard]] engine::SessionOptions options() const;
    // What is wrong with the picture of blur(gain) by a new session; empty: nothing.
    [[nodiscard]] std::string picture(const engine::SessionOptions &options, float gain = 1) const;
    [[nodiscard]] std::string picture() const { return picture(options()); }

    // What the module did since the last call: "built", "loaded D1".
    [[nodiscard]] std::vector<std::string> journal();
    [[nodiscard]] std::vector<std::string> lines();
    // The names of the files of the folder that end so.
    [[nodiscard]] std::vector<std::string> files(const std::string &ending = ".plan") const;

    [[nodiscard]] const std::filesystem::path &base() const { return base_; }
    [[nodiscard]] const std::filesystem::path &folder() const { return folder_; }
    void set_folder(const std::filesystem::path &folder) { folder_ = folder; }

private:
    std::filesystem::path base_;
    std::filesystem::path folder_;
    std::mutex mutex_;
    std::vector<std::string> lines_;
};

using Strings = std::vector<std::string>;

// Runs `body` in a forked process, which ends with 0 if it gives an empty text, else with 1 and the text on
// standard error.
pid_t start_child(const std::function<std::string()> &body);
// Its exit status; -1 for another end.
int wait_for(pid_t child);

} // namespace vsmlrt::test
