#include "vs/resize_input.h"

#include "vs/trampoline.h"

#include <memory>

namespace vsmlrt::vs {
namespace {

void keep_within(const Host &host, VSMap *properties, const char *name, std::int64_t low, std::int64_t high) {
    int error = 0;
    const std::int64_t value = host.api->mapGetInt(properties, name, 0, &error);
    if (error || value < low || value > high)
        host.api->mapDeleteKey(properties, name);
}

// One that turns YUV into RGB without transfer and primaries.
bool is_plain_matrix(const Host &host, const VSMap *properties) {
    int error = 0;
    const std::int64_t matrix = host.api->mapGetInt(properties, "_Matrix", 0, &error);
    return !error && matrix >= 1 && matrix <= 9 && matrix != 2 && matrix != 3;
}

class ResizeInput {
public:
    static constexpr const char *name = "mlrt.ResizeInput";

    ResizeInput(Node clip, bool needs_transfer) : clip_(std::move(clip)), needs_transfer_(needs_transfer) {}

    const VSFrame *frame(int n, int reason, void **, VSFrameContext *context, const Host &host) {
        if (reason == arInitial) {
            host.api->requestFrameFilter(n, clip_.get(), context);
            return nullptr;
        }
        const Frame source = own(host.api->getFrameFilter(n, clip_.get(), context), host.api);
        NewFrame result = own(host.api->copyFrame(source.get(), host.core), host.api);
        VSMap *const properties = host.api->getFramePropertiesRW(result.get());
        const VSVideoFormat &format = *host.api->getVideoFrameFormat(result.get());
        // GRAY may say that of the YUV it belongs to, and keeps it on its way to other GRAY.
        const bool gray = format.colorFamily == cfGray;
        if (!gray || !is_plain_matrix(host, properties))
            host.api->mapDeleteKey(properties, "_Matrix");
        if (!needs_transfer_) {
            host.api->mapDeleteKey(properties, "_Transfer");
            host.api->mapDeleteKey(properties, "_Primaries");
        }
        if (format.subSamplingW == 0 && format.subSamplingH == 0)
            host.api->mapDeleteKey(properties, "_ChromaLocation");
        else
            keep_within(host, properties, "_ChromaLocation", 0, 5);
        const bool float_rgb = format.colorFamily == cfRGB && format.sampleType == stFloat;
        keep_within(host, properties, "_Range", 0,
                    float_rgb ? -1 : 1); // which float samples do not depend on
        keep_within(host, properties, "_FieldBased", 0, 2);
        return result.release();
    }
    void abandon(void **) {}

    [[nodiscard]] const Node &clip() const { return clip_; }

private:
    Node clip_;
    bool needs_transfer_;
};

} // namespace

Node resize_input(const Host &host, const Node &clip, bool needs_transfer) {
    auto filter = std::make_unique<ResizeInput>(share(clip), needs_transfer);
    const VSFilterDependency dependency = {filter->clip().get(), rpStrictSpatial};
    const VSVideoInfo info = host.info(clip);
    return make_node(host, std::move(filter), info, {&dependency, 1});
}

} // namespace vsmlrt::vs
