// Along an axis. KIND 0: place of the largest, the last of equals if LAST; 1: sums so far, without the element
// itself if EXCLUSIVE; 2: the largest in order, and their places. SMALLEST for largest. A thread a line; for 2
// a thread an element, because networks put all their pixels in order.
#include "args.cuh"

typedef Computed<element_t>::type value_t;

DEVICE bool precedes(value_t a, value_t b) {
    return SMALLEST ? a < b : a > b;
}

DEVICE void find_place(const LineArgs &args, i64 from, i64 to) {
    i64 best = 0;
    value_t most = load<element_t>(args.input.data, from);
    for (i64 i = 1; i < args.length; ++i) {
        const value_t value = load<element_t>(args.input.data, from + i * args.input_step);
        if (precedes(value, most) || (LAST && value == most)) {
            best = i;
            most = value;
        }
    }
    store<i64>(args.output.data, to, best);
}

DEVICE void add_up(const LineArgs &args, i64 from, i64 to) {
    value_t sum = 0;
    for (i64 i = 0; i < args.length; ++i) {
        const value_t next = sum + load<element_t>(args.input.data, from + i * args.input_step);
        store<element_t>(args.output.data, to + i * args.output_step, EXCLUSIVE ? sum : next);
        sum = next;
    }
}

// NaN comes first, so that every element has a place of its own.
DEVICE bool comes_before(value_t a, i64 at_a, value_t b, i64 at_b) {
    const bool nan_a = a != a, nan_b = b != b;
    if (nan_a || nan_b)
        return nan_a && nan_b ? at_a < at_b : nan_a;
    return a == b ? at_a < at_b : precedes(a, b);
}

// One thread an element: how many come before it is its place.
DEVICE void place_element(const LineArgs &args, i64 element, i64 from, i64 to, i64 second) {
    const value_t own = load<element_t>(args.input.data, from + element * args.input_step);
    i64 place = 0;
    for (i64 i = 0; i < args.length && place < args.results; ++i)
        place += comes_before(load<element_t>(args.input.data, from + i * args.input_step), i, own, element);
    if (place >= args.results)
        return;
    ((element_t *)args.output.data)[to + place * args.output_step] =
        ((const element_t *)args.input.data)[from + element * args.input_step];
    if (SECOND)
        store<i64>(args.second.data, second + place * args.second_step, element);
}

KERNEL(LineArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
    const i64 element = KIND == 2 ? divide_off(index, args.length) : 0;
    i64 from = 0, to = 0, second = 0;
    for (int axis = RANK - 1; axis >= 0; --axis) {
        const int at = divide_off(index, args.size[axis]);
        from += at * args.input.stride[axis];
        to += at * args.output.stride[axis];
        second += at * args.second.stride[axis];
    }
    if (KIND == 0)
        find_place(args, from, to);
    else if (KIND == 1)
        add_up(args, from, to);
    else
        place_element(args, element, from, to, second);
}
