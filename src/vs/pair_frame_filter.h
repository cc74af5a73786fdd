// The inner node of core.mlrt.Interpolate where the device converts: pairs of frames in the clip's own format
// in, the frame between them in the final format out.
#pragma once

#include "vs/device_frames.h"
#include "vs/pair_inputs.h"
#include "vs/pair_source.h"

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
    PairFrameFilter(const Host &host, PairSource source, std::shared_ptr<engine::Session> session,
                    PairInputs inputs, const Options &options)
        : source_(std::move(source)), identities_(source_.num_frames(host)), session_(std::move(session)),
          inputs_(std::move(inputs)), options_(options) {}

    // The node of this filter, as PairSource makes it.
    [[nodiscard]] static Node make(const Host &host, std::unique_ptr<PairFrameFilter> filter);

    const VSFrame *frame(int n, int reason, void **data, VSFrameContext *context, const Host &host);
    void abandon(void **) {}

private:
    PairSource source_;
    Identities identities_;
    std::shared_ptr<engine::Session> session_;
    PairInputs inputs_;
    Options options_;
};

} // namespace vsmlrt::vs
