// What a backend can run shows when it builds the network, so that they are asked by building on them in
// turn.
#include "engine/able_backend.h"

#include "base/log.h"
#include "engine/memory.h"
#include "engine/registry.h"

#include <algorithm>

namespace vsmlrt::engine {
namespace {

struct Refusal {
    std::string backend;
    vsmlrt_code code;
    std::string reason;
};

// What another backend may do better: anything but what the caller asked for, and a fault of ours.
bool is_of_the_backend(const Error &failure) {
    return failure.code() == VSMLRT_UNSUPPORTED || failure.code() == VSMLRT_BAD_MODEL ||
           failure.code() == VSMLRT_DEVICE;
}

std::string reasons_of(const std::vector<Refusal> &refusals) {
    std::vector<std::string> reasons;
    for (const Refusal &refusal : refusals)
        reasons.push_back(text(refusal.backend, ": ", refusal.reason));
    return join(reasons, "; ");
}

bool all_alike(const std::vector<Refusal> &refusals) {
    return std::all_of(refusals.begin(), refusals.end(),
                       [&](const Refusal &refusal) { return refusal.reason == refusals.front().reason; });
}

// A backend that cannot tell how much a network takes of a memory is not asked where another one has found
// that too small: the whole process would be killed.
bool are_in(const std::vector<std::string> &memories, const Devices &devices) {
    return std::any_of(devices.begin(), devices.end(), [&](const std::shared_ptr<const Device> &device) {
        return std::find(memories.begin(), memories.end(), memory_of(device->info()).name) != memories.end();
    });
}

SessionOptions on(const SessionOptions &options, const std::string &backend) {
    SessionOptions named = options;
    named.backend = backend;
    return named;
}

// It is too slow to be chosen by itself, and has no reason of its own to refuse what others do for theirs.
bool reference_can(const SessionOptions &options, const MakeSession &make) {
    try {
        static_cast<void>(make(open_devices(on(options, "reference"))));
        return true;
    } catch (const Error &) {
        return false;
    }
}

} // namespace

std::shared_ptr<Session> on_able_backend(const SessionOptions &options, const MakeSession &make) {
    if (options.backend != "auto")
        return make(open_devices(options));
    std::vector<Refusal> refusals;
    std::vector<std::string> too_small; // memories
    for (const Backend &backend : automatic_backends()) {
        Devices devices;
        try {
            devices = open_devices(on(options, backend.name()));
        } catch (const Error &failure) {
            refusals.push_back({backend.name(), failure.code(), failure.what()});
            continue;
        }
        if (are_in(too_small, devices))
            continue;
        const std::string memory = memory_of(devices.front()->info()).name;
        try {
            std::shared_ptr<Session> session = make(std::move(devices));
            if (!refusals.empty())
                log_once(LogLevel::warning,
                         text("backend auto takes ", backend.name(), " (", reasons_of(refusals), ")"));
            return session;
        } catch (const Error &failure) {
            if (!is_of_the_backend(failure))
                throw;
            if (dynamic_cast<const MemoryTooSmall *>(&failure))
                too_small.push_back(memory);
            refusals.push_back({backend.name(), failure.code(), failure.what()});
        }
    }
    const Refusal &first = refusals.front();
    if (all_alike(refusals))
        raise(first.code, first.reason);
    const bool by_name = std::none_of(refusals.begin(), refusals.end(), [](const Refusal &refusal) {
        return refusal.code == VSMLRT_BAD_ARGUMENT; // a device that none of them has
    });
    const char *const remedy =
        by_name && reference_can(options, make) ? "; backend reference can run it, slowly" : "";
    raise(first.code, text("no backend here can run this (", reasons_of(refusals), ")", remedy));
}

} // namespace vsmlrt::engine
