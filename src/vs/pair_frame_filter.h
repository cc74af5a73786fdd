// The inner node of core.mlrt.Interpolate where the device converts: pairs of frames in the clip's own format
// in, the frame between them in the final format out.
#pragma once

#include "timeline/schedule.h"
#include "vs/device_frames.h"
#include "vs/pair_inputs.h"

#include <memory>

namespace vsmlrt::vs {

class PairFrameFilter {
public:
    static constexpr const char *name = "mlrt.Interpolate";

    struct Options {
        VSVideoFormat format = {}; // of the result
        Color color;               // of clip and result
    };

    // The session was made with PairInputs::frame_inputs.
    PairFrameFilter(const Host &host, Node clip, std::shared_ptr<const timeline::Schedule> schedule,
                    std::shared_ptr<engine::Session> session, PairInputs inputs, const Options &options)
        : clip_(std::move(clip)), identities_(host.info(clip_).numFrames), schedule_(std::move(schedule)),
          session_(std::move(session)), inputs_(std::move(inputs)), options_(options) {}

    // The node of this filter. Requests of any order and from any threads give the same frames. Ask only for
    // frames that lie between two frames of the clip.
    [[nodiscard]] static Node make(const Host &host, std::unique_ptr<PairFrameFilter> filter);

    const VSFrame *frame(int n, int reason, void **data, VSFrameContext *context, const Host &host);
    void abandon(void **) {}

private:
    Node clip_;
    Identities identities_;
    std::shared_ptr<const timeline::Schedule> schedule_;
    std::shared_ptr<engine::Session> session_;
    PairInputs inputs_;
    Options options_;
};

} // namespace vsmlrt::vs
