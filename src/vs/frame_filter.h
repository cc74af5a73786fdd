// The inner node where the device converts: frames in the clips' own formats in, frames in the final format
// out, through one session.
#pragma once

#include "vs/device_frames.h"

#include <vector>

namespace vsmlrt::vs {

struct FrameFilterOptions {
    VSVideoFormat format = {}; // of the result
    Color color;               // of the result
};

class FrameFilter {
public:
    static constexpr const char *name = "mlrt.Model";

    // The session was made with the formats of `clips` and of the result.
    FrameFilter(const Host &host, std::vector<Node> clips, std::shared_ptr<engine::Session> session,
                const FrameFilterOptions &options);

    // The node of this filter. Requests of any order and from any threads give the same frames.
    [[nodiscard]] static Node make(const Host &host, std::unique_ptr<FrameFilter> filter);

    const VSFrame *frame(int n, int reason, void **data, VSFrameContext *context, const Host &host);
    void abandon(void **) {}

private:
    std::vector<Node> clips_;
    std::vector<Identities> identities_; // one a clip
    std::shared_ptr<engine::Session> session_;
    FrameFilterOptions options_;
};

} // namespace vsmlrt::vs
