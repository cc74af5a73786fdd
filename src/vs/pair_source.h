// What the inner nodes of core.mlrt.Interpolate have in common: the clip, and which two of its frames each
// output frame lies between.
#pragma once

#include "timeline/schedule.h"
#include "vs/handles.h"
#include "vs/trampoline.h"

#include <memory>

namespace vsmlrt::vs {

class PairSource {
public:
    struct Pair {
        timeline::Moment moment; // between them; its frame is the earlier one's number
        int second = 0;          // the later one's number, the same for the last frame of the clip
        Frame earlier;
        Frame later;
    };

    PairSource(Node clip, std::shared_ptr<const timeline::Schedule> schedule)
        : clip_(std::move(clip)), schedule_(std::move(schedule)) {}

    // The node of `filter`, whose source this is; its frames have the format. Requests of any order and from
    // any threads give the same frames. Ask only for frames that lie between two frames of the clip.
    template <typename Filter>
    [[nodiscard]] Node make(const Host &host, std::unique_ptr<Filter> filter,
                            const VSVideoFormat &format) const {
        VSVideoInfo info = host.info(clip_);
        info.format = format;
        info.numFrames = schedule_->frames();
        // Each frame is asked for by every output frame of its two pairs.
        const VSFilterDependency dependency = {clip_.get(), rpGeneral};
        return make_node(host, std::move(filter), info, std::span(&dependency, 1));
    }

    [[nodiscard]] int num_frames(const Host &host) const { return host.info(clip_).numFrames; }

    // Asks for the frames of output frame n's pair, and, once they are there, gives them.
    void request(int n, VSFrameContext *context, const Host &host) const;
    [[nodiscard]] Pair pair(int n, VSFrameContext *context, const Host &host) const;

    // A frame of the earlier one's size and properties.
    [[nodiscard]] static NewFrame new_frame(const Pair &pair, const VSVideoFormat &format, const Host &host);

private:
    [[nodiscard]] int second_of(const timeline::Moment &moment) const;

    Node clip_;
    std::shared_ptr<const timeline::Schedule> schedule_;
};

} // namespace vsmlrt::vs
