// The outer node of core.mlrt.Interpolate: for each output frame a source frame or the frame between two,
// with its duration and what else holds of it.
#pragma once

#include "timeline/schedule.h"
#include "vs/color.h"
#include "vs/handles.h"
#include "vs/scene_cuts.h"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace vsmlrt::vs {

struct InterpolateFilterOptions {
    bool find_repeats = true;                     // a pair of equal frames is not given to the network
    std::span<const char *const> changed_meaning; // properties that are the result's own, not the clip's
    Color color;                                  // fixed at creation; later frames must agree
    std::optional<timeline::Rational> interval;   // 1 / fps of the clip, where it has one
    timeline::Rational result_rate;               // frames a second; 0: none
    double scene_threshold = 0;                   // 0: no detector
};

class InterpolateFilter {
public:
    static constexpr const char *name = "mlrt.Interpolate";

    struct Nodes {
        Node clip;    // the source
        Node stills;  // its frames in the final format; the clip itself where that is its own
        Node between; // the network's frames in the final format
        Node luma;    // GRAY8, for the detector; else empty
    };

    InterpolateFilter(Nodes nodes, std::shared_ptr<const timeline::Schedule> schedule,
                      const InterpolateFilterOptions &options)
        : nodes_(std::move(nodes)), schedule_(std::move(schedule)), options_(options),
          detector_(options.scene_threshold) {}

    // The node of this filter. Requests of any order and from any threads give the same frames.
    [[nodiscard]] static Node make(const Host &host, std::unique_ptr<InterpolateFilter> filter);

    const VSFrame *frame(int n, int reason, void **data, VSFrameContext *context, const Host &host);
    void abandon(void **data);

private:
    struct Request;

    [[nodiscard]] Frame source(int n, VSFrameContext *context, const Host &host) const;
    void begin(Request &request, VSFrameContext *context, const Host &host) const;
    [[nodiscard]] bool know_durations(Request &request, VSFrameContext *context, const Host &host) const;
    void choose(Request &request, VSFrameContext *context, const Host &host);
    [[nodiscard]] bool find_cut(const Request &request, VSFrameContext *context, const Host &host);
    [[nodiscard]] const VSFrame *finish(const Request &request, VSFrameContext *context,
                                        const Host &host) const;
    void set_cuts(const Request &request, VSMap *properties, VSFrameContext *context, const Host &host) const;
    void set_times(const Request &request, VSMap *properties, VSFrameContext *context,
                   const Host &host) const;

    Nodes nodes_;
    std::shared_ptr<const timeline::Schedule> schedule_;
    InterpolateFilterOptions options_;
    SceneDetector detector_;
};

} // namespace vsmlrt::vs
