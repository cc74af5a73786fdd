// The emulated driver's parts of a device (green contexts): shares of its multiprocessors, with streams of
// their own. A part has to outlive its streams.
#include "cuda/emulated_driver.h"
#include "cuda/emulated_state.h"

#include <cstdlib>

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
    for (unsigned i = 0; i < *count; ++i)
        parts[i].count = least;
    rest->count = all->count - *count * least;
    return success;
}
EXPORT Status cuDevResourceGenerateDesc(ResourceDescription **description, Multiprocessors *, unsigned) {
    *description = nullptr;
    return success;
}
EXPORT Status cuGreenCtxCreate(GreenContextHandle **context, ResourceDescription *, int, unsigned flags) {
    return flags == 1 ? make("cuGreenCtxCreate", context, std::malloc(1)) : invalid_value;
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
    }
    if (forget("cuGreenCtxDestroy", context))
        std::free(context);
    return success;
}
