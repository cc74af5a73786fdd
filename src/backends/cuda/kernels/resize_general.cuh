// Resize over any axes in every form that the IR has, tap by tap: what resize.cuh does not know (kernels that widen
// where the picture shrinks, coordinates of a region, values beyond it). MODE, COORDINATES and NEAREST as numbered
// in graph/ops.h; EXCLUDE_OUTSIDE; ANTIALIAS; RANK. See interpreter/resize.cpp for the definition.
#include "args.cuh"
#include "resize_places.cuh"
#include "sampling.cuh"

DEVICE float source_position(const GeneralResizeArgs &args, int axis, int i) {
    const int from = args.from[axis], to = args.to[axis];
    if (COORDINATES != 6)
        return source_position(from, to, args.scale[axis], i);
    const float begin = args.region[axis][0];
    const float end = args.region[axis][1];
    const float last = (float)(from - 1);
    return to > 1 ? begin * last + i * (end - begin) * last / (float)(to - 1) : (begin + end) * last / 2;
}

// The taps of one position: [first, first + number), each weighed by weight_at() and by 1 / sum.
struct Window {
    float position, scale, sum;
    int first, number;
};

DEVICE float weight_at(const GeneralResizeArgs &args, const Window &window, int axis, int at) {
    if (window.number == 1)
        return 1;
    if (EXCLUDE_OUTSIDE && (at < 0 || at >= args.from[axis]))
        return 0;
    const float apart = (float)at - window.position;
    const float distance = (apart < 0 ? -apart : apart) * window.scale;
    if (MODE != 2)
        return distance < 1 ? 1 - distance : 0.0f;
    const float a = args.cubic_a;
    if (distance < 1)
        return ((a + 2) * distance - (a + 3)) * distance * distance + 1;
    return distance < 2 ? ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a : 0.0f;
}

DEVICE Window one_tap(int at) {
    Window window;
    window.position = 0;
    window.scale = 1;
    window.sum = 1;
    window.first = at;
    window.number = 1;
    return window;
}

DEVICE Window window_of(const GeneralResizeArgs &args, int axis, int i) {
    const int from = args.from[axis];
    const float scale = args.scale[axis];
    if (args.stays[axis])
        return one_tap(i);
    const float position = source_position(args, axis, i);
    if (MODE == 0)
        return one_tap(limited(nearest(position, scale), from));
    Window window;
    window.position = position;
    window.scale = ANTIALIAS && scale < 1 ? scale : 1.0f;
    const float reach = (MODE == 2 ? 2 : 1) / window.scale;
    window.first = (int)ceil(position - reach);
    window.number = (int)floor(position + reach) - window.first + 1;
    if (window.number < 2) // weight_at knows one tap as the whole
        window.number = 2;
    window.sum = 0;
    for (int k = 0; k < window.number; ++k)
        window.sum += weight_at(args, window, axis, window.first + k);
    return window.sum == 0 ? one_tap(limited((int)floor(position), from)) : window;
}

DEVICE bool is_outside(const GeneralResizeArgs &args, int axis, int i) {
    if (COORDINATES != 6 || args.stays[axis])
        return false;
    const float position = source_position(args, axis, i);
    return !(position >= 0 && position <= (float)(args.from[axis] - 1));
}

KERNEL(GeneralResizeArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    Window windows[RANK];
    i64 to = 0;
    bool outside = false;
    for (int axis = RANK - 1; axis >= 0; --axis) {
        const int at = divide_off(index, args.to[axis]);
        to += at * args.output.stride[axis];
        outside = outside || is_outside(args, axis, at);
        windows[axis] = window_of(args, axis, at);
    }
    if (outside) {
        store<element_t>(args.output.data, to, (Computed<element_t>::type)args.extrapolation);
        return;
    }
    int step[RANK];
    for (int axis = 0; axis < RANK; ++axis)
        step[axis] = 0;
    Computed<element_t>::type sum = 0;
    for (bool more = true; more;) {
        i64 from = 0;
        float weight = 1;
        for (int axis = 0; axis < RANK; ++axis) {
            const int at = windows[axis].first + step[axis];
            from += limited(at, args.from[axis]) * args.input.stride[axis];
            weight *= weight_at(args, windows[axis], axis, at) / windows[axis].sum;
        }
        if (weight != 0)
            sum += weight * load<element_t>(args.input.data, from);
        more = false;
        for (int axis = RANK - 1; axis >= 0 && !more; --axis) {
            more = ++step[axis] < windows[axis].number;
            if (!more)
                step[axis] = 0;
        }
    }
    store<element_t>(args.output.data, to, sum);
}
