// The one place where exceptions become VapourSynth's errors: a trampoline for functions and one for frames.
#pragma once

#include "base/error.h"
#include "vs/handles.h"
#include "vs/log_scope.h"

#include <new>
#include <span>

namespace vsmlrt::vs {

// Runs `body`; a failure's sentence goes to report("NAME: sentence").
template <typename Body, typename Report>
void reporting(const char *name, const Host &host, Body &&body, Report &&report) noexcept {
    try {
        const LogScope scope(host, name);
        body();
    } catch (const std::bad_alloc &) {
        report("out of memory");
    } catch (const std::exception &failure) {
        try {
            report(text(name, ": ", failure.what()).c_str());
        } catch (const std::exception &) {
            report("out of memory");
        }
    }
}

// A public function: static void call(Host, const VSMap &in, VSMap &out), wrapped for registerFunction.
template <auto Call, const char *Name>
void VS_CC function(const VSMap *in, VSMap *out, void *, VSCore *core, const VSAPI *api) {
    const Host host = {core, api};
    reporting(
        Name, host, [&] { Call(host, *in, *out); },
        [&](const char *message) { api->mapSetError(out, message); });
}

// A filter class with: static constexpr const char *name; const VSFrame *frame(int n, VSActivationReason,
// void **, VSFrameContext *, Host), which is not called for arError; abandon(void **) for what is left in
// frame data then.
template <typename Filter>
const VSFrame *VS_CC get_frame(int n, int reason, void *instance, void **data, VSFrameContext *context,
                               VSCore *core, const VSAPI *api) {
    auto &filter = *static_cast<Filter *>(instance);
    const VSFrame *result = nullptr;
    const auto fail = [&](const char *message) {
        filter.abandon(data);
        api->setFilterError(message, context);
    };
    if (reason == arError) {
        filter.abandon(data);
        return nullptr;
    }
    const Host host = {core, api};
    reporting(
        Filter::name, host, [&] { result = filter.frame(n, reason, data, context, host); }, fail);
    return result;
}

// Gives the filter to a new node, which owns it.
template <typename Filter>
[[nodiscard]] Node make_node(const Host &host, std::unique_ptr<Filter> filter, const VSVideoInfo &info,
                             std::span<const VSFilterDependency> dependencies) {
    const auto free = [](void *instance, VSCore *, const VSAPI *) { delete static_cast<Filter *>(instance); };
    VSNode *node = host.api->createVideoFilter2(Filter::name, &info, get_frame<Filter>, free, fmParallel,
                                                dependencies.data(), static_cast<int>(dependencies.size()),
                                                filter.get(), host.core);
    if (!node)
        throw InternalError("VapourSynth does not make the filter");
    static_cast<void>(filter.release());
    return own(node, host.api);
}

} // namespace vsmlrt::vs
