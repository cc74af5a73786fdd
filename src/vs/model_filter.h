// The inner node: float planes in, float planes out, through one session.
#pragma once

#include "engine/session.h"
#include "vs/handles.h"

#include <vector>

namespace vsmlrt::vs {

struct ModelFilterOptions {
    VSVideoFormat format = {};     // of the result: float RGB, GRAY or YUV 4:4:4
    bool keeps_properties = false; // those of the first clip's frames, whatever the result is
    bool limit = false; // clamp samples to [0, 1], chroma to [-0.5, 0.5], for results that become integers
    std::string
        flexible_prop; // not empty: one GRAY frame a channel, attached to the first as NAME0, NAME1, ...
};

class ModelFilter {
public:
    static constexpr const char *name = "mlrt.Model";

    ModelFilter(std::vector<Node> clips, std::shared_ptr<engine::Session> session,
                const ModelFilterOptions &options)
        : clips_(std::move(clips)), session_(std::move(session)), options_(options) {}

    // The node of this filter. Requests of any order and from any threads give the same frames.
    [[nodiscard]] static Node make(const Host &host, std::unique_ptr<ModelFilter> filter);

    const VSFrame *frame(int n, int reason, void **data, VSFrameContext *context, const Host &host);
    void abandon(void **) {}

private:
    [[nodiscard]] NewFrame make_frame(const Host &host, const Frame &source) const;
    [[nodiscard]] const VSFrame *carrier(const Host &host, std::vector<NewFrame> results) const;

    std::vector<Node> clips_;
    std::shared_ptr<engine::Session> session_;
    ModelFilterOptions options_;
};

} // namespace vsmlrt::vs
