// One thread a line along an axis. KIND 0: place of the largest, the last of equals if LAST; 1: sums so far,
// without the element itself if EXCLUSIVE; 2: the largest in order, and their places. SMALLEST for largest.
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

// Each result is the first of those that come after the one before it.
DEVICE void pick(const LineArgs &args, i64 from, i64 to, i64 second) {
    i64 last = -1;
    for (i64 k = 0; k < args.results; ++k) {
        const value_t before = last < 0 ? (value_t)0 : load<element_t>(args.input.data, from + last * args.input_step);
        i64 best = -1;
        value_t most = 0;
        for (i64 i = 0; i < args.length; ++i) {
            const value_t value = load<element_t>(args.input.data, from + i * args.input_step);
            const bool left = last < 0 || precedes(before, value) || (value == before && i > last);
            if (left && (best < 0 || precedes(value, most))) {
                best = i;
                most = value;
            }
        }
        last = best < 0 ? last + 1 < args.length ? last + 1 : last : best; // NaN has no order
        ((element_t *)args.output.data)[to + k * args.output_step] =
            ((const element_t *)args.input.data)[from + last * args.input_step];
        if (SECOND)
            store<i64>(args.second.data, second + k * args.second_step, last);
    }
}

KERNEL(LineArgs) {
    i64 index = thread_index();
    if (index >= args.threads)
        return;
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
        pick(args, from, to, second);
}
