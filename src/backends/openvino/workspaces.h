// What our own operators in OpenVINO's graph need to run.
#pragma once

#include "cpu/workspace.h"

#include <memory>
#include <mutex>
#include <vector>

namespace vsmlrt::openvino {

// The workspaces of one program, shared by all of its operators: as many as are at work at once. Thread-safe.
class Workspaces {
public:
    class Lease {
    public:
        explicit Lease(Workspaces &owner) : owner_(owner), workspace_(owner.take()) {}
        ~Lease() { owner_.give_back(std::move(workspace_)); }
        Lease(const Lease &) = delete;
        Lease &operator=(const Lease &) = delete;
        [[nodiscard]] cpu::Workspace &operator*() const { return *workspace_; }

    private:
        Workspaces &owner_;
        std::unique_ptr<cpu::Workspace> workspace_;
    };

    // The threads of each workspace; before the first lease.
    void set_threads(int threads) { threads_ = threads; }

private:
    std::unique_ptr<cpu::Workspace> take();
    void give_back(std::unique_ptr<cpu::Workspace> workspace);

    int threads_ = 1;
    std::mutex mutex_;
    std::vector<std::unique_ptr<cpu::Workspace>> free_;
};

} // namespace vsmlrt::openvino
