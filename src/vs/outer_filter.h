// The outer node: repeats answered from the frame they repeat, and properties right for what each frame now
// is.
#pragma once

#include "vs/color.h"
#include "vs/repeats.h"

#include <memory>
#include <span>
#include <vector>

namespace vsmlrt::vs {

struct OuterFilterOptions {
    bool find_repeats = true;
    std::span<const char *const> changed_meaning; // properties that are the result's own, not the clip's
    std::string flexible_prop;                    // see ModelFilterOptions
    int flexible_planes = 0;
    std::vector<Color> colors; // one a clip, fixed at creation, with which later frames must agree; or none
};

class OuterFilter {
public:
    static constexpr const char *name = "mlrt.Model";

    // `result` is the network's output in the final format, `clips` what it was made from.
    OuterFilter(std::vector<Node> clips, Node result, OuterFilterOptions options)
        : clips_(std::move(clips)), result_(std::move(result)), options_(std::move(options)) {}

    [[nodiscard]] static Node make(const Host &host, std::unique_ptr<OuterFilter> filter);

    const VSFrame *frame(int n, int reason, void **data, VSFrameContext *context, const Host &host);
    void abandon(void **data);

private:
    struct Request;

    void request_sources(int n, VSFrameContext *context, const Host &host) const;
    [[nodiscard]] bool repeats(int n, VSFrameContext *context, const Host &host) const;
    void check(int n, VSFrameContext *context, const Host &host) const;
    [[nodiscard]] bool find_start(int n, Request &request, VSFrameContext *context, const Host &host);
    [[nodiscard]] const VSFrame *finish(int n, const Frame &result, VSFrameContext *context,
                                        const Host &host) const;

    std::vector<Node> clips_;
    Node result_;
    OuterFilterOptions options_;
    Runs runs_;
};

} // namespace vsmlrt::vs
