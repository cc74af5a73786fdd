// The emulated driver's parts of a device (green contexts): shares of its multiprocessors, with streams of
// their own. A part has to outlive its streams.
#include "cuda/emulated_driver.h"
#include "cuda/emulated_state.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <set>

using namespace emulated;

EXPORT Status cuDeviceGetAttribute(int *value, Attribute attribute, int device);
EXPORT Status cuStreamCreate(StreamHandle **stream, unsigned flags);

EXPORT void emulated_parts(unsigned most) {
    const std::lock_guard lock(state().mutex);
    state().most_parts = most;
}
EXPORT std::size_t emulated_streams_of_parts() {
    const std::lock_guard lock(state().mutex);
    return state().streams_of_parts.size();
}

EXPORT std::size_t emulated_shares_of_parts() {
    const std::lock_guard lock(state().mutex);
    std::set<std::uintptr_t> shares;
    for (const auto &[part, share] : state().shares_of_parts)
        shares.insert(share);
    return shares.size();
}

// A device's multiprocessors in parts: of any size, none larger than the rest.
EXPORT Status cuDeviceGetDevResource(int, Multiprocessors *all, int type) {
    int count = 0;
    static_cast<void>(cuDeviceGetAttribute(&count, Attribute::multiprocessors, 0));
    all->count = static_cast<unsigned>(count);
    return type == 1 && state().most_parts > 0 ? success : invalid_value;
}
EXPORT Status cuDevSmResourceSplitByCount(Multiprocessors *parts, unsigned *count, const Multiprocessors *all,
                                          Multiprocessors *rest, unsigned, unsigned least) {
    if (least == 0 || *count * least > all->count || *count > state().most_parts)
        return invalid_value;
    for (unsigned i = 0; i < *count; ++i) {
        parts[i].count = least;
        const std::uintptr_t number = i + 1;
        std::memcpy(parts[i].more, &number, sizeof number);
    }
    rest->count = all->count - *count * least;
    return success;
}
// A description is the number of a share.
EXPORT Status cuDevResourceGenerateDesc(ResourceDescription **description, Multiprocessors *share, unsigned) {
    std::memcpy(description, share->more, sizeof(std::uintptr_t));
    return success;
}
EXPORT Status cuGreenCtxCreate(GreenContextHandle **context, ResourceDescription *description, int,
                               unsigned flags) {
    if (flags != 1)
        return invalid_value;
    const Status status = make("cuGreenCtxCreate", context, std::malloc(1));
    const std::lock_guard lock(state().mutex);
    if (status == success)
        state().shares_of_parts[*context] = reinterpret_cast<std::uintptr_t>(description);
    return status;
}
EXPORT Status cuGreenCtxStreamCreate(StreamHandle **stream, GreenContextHandle *context, unsigned flags,
                                     int) {
    const Status status = cuStreamCreate(stream, flags);
    const std::lock_guard lock(state().mutex);
    if (!state().handles.contains(context))
        state().faults += "a stream in a part that is not alive\n";
    if (status == success)
        state().streams_of_parts[*stream] = context;
    return status;
}
EXPORT Status cuGreenCtxDestroy(GreenContextHandle *context) {
    {
        const std::lock_guard lock(state().mutex);
        for (const auto &[stream, part] : state().streams_of_parts)
            if (part == context)
                state().faults += "a part is freed before its streams\n";
        state().shares_of_parts.erase(context);
    }
    if (forget("cuGreenCtxDestroy", context))
        std::free(context);
    return success;
}
