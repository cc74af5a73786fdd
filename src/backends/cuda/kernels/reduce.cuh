// Reductions without barriers, in two launches: STAGE 0, a thread reduces one chunk of one result into
// `partial`; STAGE 1, a thread combines the chunks. KIND: 0 sum, 1 maximum, 2 minimum, 3 product, 4 sum of
// absolute values, 5 sum of squares, 6 log of the sum of exponentials, 7 moments. LAST: 0 as it is, 1 divided by
// the count (mean), 2 square root, 3 logarithm. REDUCED: axes of one reduction, at least 1.
#include "args.cuh"

typedef Computed<input_t>::type value_t;

// Mean and sum of squared deviations of `number` elements.
struct Moments {
    float mean, squares;
    i64 number;

    DEVICE void add(float value) {
        ++number;
        const float shift = value - mean;
        mean += shift / (float)number;
        squares += shift * (value - mean);
    }
    DEVICE void merge(float other_mean, float other_squares, i64 other) {
        if (other == 0)
            return;
        const float shift = other_mean - mean;
        const float share = (float)other / (float)(number + other);
        squares += other_squares + shift * shift * (float)number * share;
        mean += shift * share;
        number += other;
    }
};

DEVICE value_t first_value() {
    if (KIND == 1)
        return Computed<input_t>::real ? (value_t)-infinity() : (value_t)(-0x7fffffffffffffffLL - 1);
    if (KIND == 2)
        return Computed<input_t>::real ? (value_t)infinity() : (value_t)0x7fffffffffffffffLL;
    return KIND == 3 ? 1 : 0;
}

DEVICE value_t combined(value_t a, value_t b) {
    if (KIND == 1)
        return b > a || b != b ? b : a;
    if (KIND == 2)
        return b < a || b != b ? b : a;
    return KIND == 3 ? a * b : a + b;
}

// Where result `index` begins in x and in the output.
struct Result {
    i64 from, to;
};
DEVICE Result result_of(const ReduceArgs &args, i64 index) {
    Result result = {0, 0};
    for (int axis = max_rank - 1; axis >= 0; --axis) {
        const int at = divide_off(index, args.kept[axis]);
        result.from += at * args.input.stride[axis];
        result.to += at * args.output.stride[axis];
    }
    return result;
}
DEVICE i64 element_of(const ReduceArgs &args, i64 index) {
    i64 from = 0;
#pragma unroll
    for (int axis = max_rank - 1; axis > max_rank - REDUCED; --axis)
        from += divide_off(index, args.reduced[axis]) * args.reduced_stride[axis];
    return from + index * args.reduced_stride[max_rank - REDUCED];
}

DEVICE value_t final_value(value_t value, i64 count) {
    if (LAST == 1)
        return value / (value_t)count;
    if (LAST == 2)
        return (value_t)sqrt((double)value);
    return LAST == 3 ? (value_t)log((double)value) : value;
}

// Elements [begin, end) of chunk `chunk`.
DEVICE i64 chunk_begin(const ReduceArgs &args, int chunk) {
    return args.count * chunk / args.chunks;
}

DEVICE void reduce_chunk(const ReduceArgs &args, i64 results, i64 result, int chunk) {
    const i64 from = result_of(args, result).from;
    const i64 end = chunk_begin(args, chunk + 1);
    const i64 slot = chunk * results + result;
    if (KIND == 7) {
        Moments moments = {0, 0, 0};
        for (i64 i = chunk_begin(args, chunk); i < end; ++i)
            moments.add((float)load<input_t>(args.input.data, from + element_of(args, i)));
        ((float *)args.partial)[2 * slot] = moments.mean;
        ((float *)args.partial)[2 * slot + 1] = moments.squares;
        return;
    }
    value_t most = -infinity();
    if (KIND == 6) {
        for (i64 i = chunk_begin(args, chunk); i < end; ++i) {
            const value_t value = load<input_t>(args.input.data, from + element_of(args, i));
            most = value > most ? value : most;
        }
    }
    value_t sum = first_value();
    for (i64 i = chunk_begin(args, chunk); i < end; ++i) {
        const value_t value = load<input_t>(args.input.data, from + element_of(args, i));
        const value_t term = KIND == 4   ? (value < 0 ? -value : value)
                             : KIND == 5 ? value * value
                             : KIND == 6 ? (value_t)exp((double)(value - most))
                                         : value;
        sum = combined(sum, term);
    }
    ((value_t *)args.partial)[slot] = KIND == 6 ? (value_t)((double)most + log((double)sum)) : sum;
}

DEVICE void combine_chunks(const ReduceArgs &args, i64 results, i64 result) {
    const i64 to = result_of(args, result).to;
    if (KIND == 7) {
        Moments moments = {0, 0, 0};
        for (int chunk = 0; chunk < args.chunks; ++chunk) {
            const i64 slot = chunk * results + result;
            moments.merge(((const float *)args.partial)[2 * slot], ((const float *)args.partial)[2 * slot + 1],
                          chunk_begin(args, chunk + 1) - chunk_begin(args, chunk));
        }
        ((float *)args.output.data)[2 * result] = moments.mean;
        ((float *)args.output.data)[2 * result + 1] = moments.squares / (float)args.count;
        return;
    }
    const value_t *partial = (const value_t *)args.partial;
    value_t sum = first_value();
    value_t most = -infinity();
    for (int chunk = 0; KIND == 6 && chunk < args.chunks; ++chunk)
        most = partial[chunk * results + result] > most ? partial[chunk * results + result] : most;
    for (int chunk = 0; chunk < args.chunks; ++chunk) {
        const value_t part = partial[chunk * results + result];
        sum = combined(sum, KIND == 6 ? (value_t)exp((double)(part - most)) : part);
    }
    store<output_t>(args.output.data, to,
                    KIND == 6 ? (value_t)((double)most + log((double)sum)) : final_value(sum, args.count));
}

KERNEL(ReduceArgs) {
    const i64 index = thread_index();
    if (index >= args.threads)
        return;
    if (STAGE == 0) {
        const i64 results = args.threads / args.chunks;
        reduce_chunk(args, results, index % results, (int)(index / results));
    } else {
        combine_chunks(args, args.threads, index);
    }
}
