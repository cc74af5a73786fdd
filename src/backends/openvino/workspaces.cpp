#include "backends/openvino/workspaces.h"

namespace vsmlrt::openvino {

std::unique_ptr<cpu::Workspace> Workspaces::take() {
    {
        const std::lock_guard lock(mutex_);
        if (!free_.empty()) {
            auto workspace = std::move(free_.back());
            free_.pop_back();
            return workspace;
        }
    }
    return std::make_unique<cpu::Workspace>(threads_);
}

void Workspaces::give_back(std::unique_ptr<cpu::Workspace> workspace) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(workspace));
}

} // namespace vsmlrt::openvino
