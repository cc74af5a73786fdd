// The inner node of core.mlrt.Interpolate: pairs of float RGB frames in, the frame between them out.
#pragma once

#include "engine/session.h"
#include "vs/handles.h"
#include "vs/pair_inputs.h"
#include "vs/pair_source.h"

#include <memory>

namespace vsmlrt::vs {

class PairFilter {
public:
    static constexpr const char *name = "mlrt.Interpolate";

    struct Options {
        VSVideoFormat format = {}; // of the result: float RGB
        bool limit = false;        // clamp samples to [0, 1], for results that become integers
    };

    PairFilter(PairSource source, std::shared_ptr<engine::Session> session, PairInputs inputs,
               const Options &options)
        : source_(std::move(source)), session_(std::move(session)), inputs_(std::move(inputs)),
          options_(options) {}

    // The node of this filter, as PairSource makes it.
    [[nodiscard]] static Node make(const Host &host, std::unique_ptr<PairFilter> filter);

    const VSFrame *frame(int n, int reason, void **data, VSFrameContext *context, const Host &host);
    void abandon(void **) {}

private:
    PairSource source_;
    std::shared_ptr<engine::Session> session_;
    PairInputs inputs_;
    Options options_;
};

} // namespace vsmlrt::vs
