// What kernels of blocks whose threads wait for each other need where they are compiled as C++: each thread
// of a block is a fiber that runs until it has to wait (host_fibers_*.h, one a system). Matrix instructions
// as PTX ISA describes them ("Warp Level Matrix Instructions": ldmatrix, mma.m16n8k16), with fp32 sums.
#pragma once

#include <cstdint>

struct Coordinates {
    unsigned x, y, z;
};
static thread_local Coordinates threadIdx, blockIdx, gridDim;

namespace fibers {

inline void enter();
struct Waiting { // of some fibers for each other
    unsigned size = 0, arrived = 0, turn = 0;
};
struct Fiber {
    Course course{enter};
    bool done = false;
    std::uint64_t given[2][8]; // to the other lanes of its warp; two turns of them
};
// Arrays of our own: each kernel is compiled with this, and <vector> and <memory> took longer than most.
struct Block {
    explicit Block(unsigned size) : threads(size), fibers(new Fiber[size]), warps(new Waiting[size / 32]) {}
    Block(const Block &) = delete;
    Block &operator=(const Block &) = delete;
    ~Block() {
        delete[] fibers;
        delete[] warps;
    }

    const unsigned threads;
    Fiber *const fibers;
    Waiting *const warps;
    Waiting all;
    Course *caller = nullptr;
    unsigned running = 0;
    void (*body)(const void *) = nullptr;
    const void *args = nullptr;
};
static thread_local Block *block;

// Where it is not 0 fibers take turns out of order, another one for each value, and one warp seldom gets one.
static thread_local unsigned disorder, slow_warp;

// The fiber whose turn it is behind `from`, of those that have not ended; none: `count`.
inline unsigned next_of(const Fiber *fibers, unsigned count, unsigned from) {
    bool holds_back = false;
    if (disorder != 0) {
        disorder ^= disorder << 13;
        disorder ^= disorder >> 17;
        disorder ^= disorder << 5;
        const unsigned drawn = disorder >> 8;
        holds_back = drawn % 16 != 0;
        if (!holds_back)
            from = slow_warp * 32 + drawn / 16 % 32 + count - 1;
        else if (drawn / 16 % 16 == 0)
            from = drawn / 256 % count;
    }
    unsigned held_back = count;
    for (unsigned i = 1; i <= count; ++i) {
        const unsigned index = (from + i) % count;
        if (fibers[index].done)
            continue;
        if (!holds_back || index / 32 != slow_warp)
            return index;
        held_back = index;
    }
    return held_back;
}
// On with another fiber, or with who called them where all have ended; returns when this one is gone on with.
inline void leave() {
    Block &all = *block;
    const unsigned from = all.running, index = next_of(all.fibers, all.threads, from);
    Course *next = all.caller;
    if (index < all.threads) {
        all.running = threadIdx.x = index;
        next = &all.fibers[index].course;
    }
    all.fibers[from].course.go_on_with(*next);
}
// A fiber is a thread of every block that is run with so many of them.
inline void enter() {
    for (;;) {
        block->body(block->args);
        block->fibers[block->running].done = true;
        leave();
    }
}
inline void wait(Waiting &group) {
    const unsigned turn = group.turn;
    if (++group.arrived == group.size) {
        group.arrived = 0;
        ++group.turn;
        return;
    }
    while (group.turn == turn)
        leave();
}
inline void run(unsigned threads, void (*body)(const void *), const void *args) {
    if (!block || block->threads != threads) {
        delete block;
        block = new Block(threads);
    }
    block->body = body;
    block->args = args;
    block->all = {threads, 0, 0};
    for (unsigned warp = 0; warp < threads / 32; ++warp)
        block->warps[warp] = {32, 0, 0};
    for (unsigned fiber = 0; fiber < threads; ++fiber)
        block->fibers[fiber].done = false;
    Course caller;
    block->caller = &caller;
    block->running = threadIdx.x = disorder == 0 ? 0 : next_of(block->fibers, threads, 0);
    caller.go_on_with(block->fibers[block->running].course);
}

// What a warp's lanes give each other: valid until the caller gives the next but one.
struct Given {
    unsigned turn, first; // first lane's fiber
    const std::uint64_t *of(unsigned lane) const { return block->fibers[first + lane].given[turn]; }
};
inline Given give(const std::uint64_t *values, int count) {
    const unsigned self = block->running;
    Waiting &warp = block->warps[self / 32];
    const unsigned turn = warp.turn % 2;
    for (int i = 0; i < count; ++i)
        block->fibers[self].given[turn][i] = values[i];
    wait(warp);
    return {turn, self / 32 * 32};
}

} // namespace fibers

#define KERNEL_OF_BLOCKS(Args, threads, blocks, BYTES)                                                       \
    static thread_local unsigned char shared alignas(16)[(BYTES) > 0 ? (BYTES) : 1];                         \
    static void kernel_body(const Args &args);                                                               \
    extern "C" void kernel(const unsigned *grid, const unsigned *block, void **parameters) {                 \
        for (unsigned i = 0; i < grid[0]; ++i) {                                                             \
            blockIdx = {i, 0, 0};                                                                            \
            std::memset(shared, 0xff, sizeof shared);                                                        \
            fibers::run(                                                                                     \
                block[0], [](const void *args) { kernel_body(*(const Args *)args); }, parameters[0]);        \
        }                                                                                                    \
    }                                                                                                        \
    static void kernel_body(const Args &args)

// With what the launch says of the grid; shared memory is as large as any card grants.
#define KERNEL_OF_TILES(Args, More, BOUNDS)                                                                  \
    static void kernel_body(const Args &args, const More &epi);                                              \
    extern "C" void kernel(const unsigned *grid, const unsigned *block, void **parameters) {                 \
        gridDim = {grid[0], grid[1], grid[2]};                                                               \
        for (unsigned i = 0; i < grid[0] * grid[1] * grid[2]; ++i) {                                         \
            blockIdx = {i % grid[0], i / grid[0] % grid[1], i / grid[0] / grid[1]};                          \
            std::memset(shared_memory, 0xff, sizeof shared_memory);                                          \
            fibers::run(                                                                                     \
                block[0],                                                                                    \
                [](const void *given) {                                                                      \
                    void *const *both = (void *const *)given;                                                \
                    kernel_body(*(const Args *)both[0], *(const More *)both[1]);                             \
                },                                                                                           \
                parameters);                                                                                 \
        }                                                                                                    \
    }                                                                                                        \
    static void kernel_body(const Args &args, const More &epi)
#define SHARED_MEMORY(name) unsigned char *const name = shared_memory
static thread_local unsigned char shared_memory alignas(1024)[99 << 10];

typedef std::uint64_t SharedAddress;
inline std::uint64_t shared_address(const void *pointer) {
    return (std::uint64_t)pointer;
}
inline void wait_for_block() {
    fibers::wait(fibers::block->all);
}
inline void wait_for_warp() {
    fibers::wait(fibers::block->warps[fibers::block->running / 32]);
}
inline int computed_here(int value) {
    return value;
}
inline float exchanged(float value, int bits) {
    const unsigned lane = fibers::block->running % 32;
    const std::uint64_t own = bits_of_float(value);
    return float_of_bits((unsigned)*fibers::give(&own, 1).of(lane ^ (unsigned)bits));
}
inline float of_lane(float value, int lane) {
    const std::uint64_t own = bits_of_float(value);
    return float_of_bits((unsigned)*fibers::give(&own, 1).of((unsigned)lane));
}
inline float largest(float a, float b) {
    return std::fmax(a, b);
}
inline float power_of_two(float x) {
    return std::exp2(x);
}
inline float reciprocal(float x) {
    return 1 / x;
}
inline float reciprocal_root(float x) {
    return 1 / std::sqrt(x);
}
inline void read_constants(unsigned (&r)[4], const unsigned short *from) {
    std::memcpy(r, from, sizeof r);
}
inline void load_matrices(unsigned (&r)[4], std::uint64_t address) {
    const unsigned lane = fibers::block->running % 32;
    const fibers::Given given = fibers::give(&address, 1);
    for (unsigned matrix = 0; matrix < 4; ++matrix)
        std::memcpy(&r[matrix], (const char *)*given.of(8 * matrix + lane / 4) + 4 * (lane % 4), 4);
}
inline void load_transposed(unsigned (&r)[4], std::uint64_t address) {
    const unsigned lane = fibers::block->running % 32;
    const fibers::Given given = fibers::give(&address, 1);
    for (unsigned matrix = 0; matrix < 4; ++matrix) {
        unsigned short element[2];
        for (unsigned i = 0; i < 2; ++i)
            element[i] = ((const unsigned short *)*given.of(8 * matrix + 2 * (lane % 4) + i))[lane / 4];
        std::memcpy(&r[matrix], element, 4);
    }
}
template <bool Brain>
inline void multiply_as(float (&d)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    const unsigned lane = fibers::block->running % 32;
    const std::uint64_t own[6] = {a[0], a[1], a[2], a[3], b0, b1};
    const fibers::Given given = fibers::give(own, 6);
    const auto element = [](std::uint64_t word, int index) {
        const auto bits = (unsigned short)(word >> 16 * index);
        return Brain ? float_of_bits((unsigned)bits << 16) : half_to_float(bits);
    };
    for (int i = 0; i < 4; ++i) {
        const unsigned row = lane / 4, column = 2 * (lane % 4) + i % 2;
        for (unsigned k = 0; k < 16; ++k)
            d[i] += element(given.of(row * 4 + k % 8 / 2)[i / 2 + 2 * (k / 8)], k % 2) *
                    element(given.of(column * 4 + k % 8 / 2)[4 + k / 8], k % 2);
    }
}
#define multiply multiply_as<BRAIN>
// Words of two 16-bit elements.
template <bool Brain>
inline unsigned packed_as(float low, float high) {
    return Brain ? float_to_bfloat(low) | (unsigned)float_to_bfloat(high) << 16
                 : float_to_half(low) | (unsigned)float_to_half(high) << 16;
}
#define packed packed_as<BRAIN>
template <bool Brain, typename T>
inline T unpacked_as(unsigned pair) {
    return Brain ? T{float_of_bits(pair << 16), float_of_bits(pair & 0xffff0000u)}
                 : T{half_to_float((unsigned short)pair), half_to_float((unsigned short)(pair >> 16))};
}
#define unpacked unpacked_as<BRAIN, Two>
inline void load_words(unsigned (&r)[4], std::uint64_t address) {
    std::memcpy(r, (const void *)address, sizeof r);
}
template <int N>
inline void store_words(bool wanted, void *to, const unsigned (&words)[N]) {
    if (wanted)
        std::memcpy(to, words, sizeof words);
}
template <int N>
inline void read_words(bool wanted, unsigned (&words)[N], const void *from) {
    std::memset(words, 0, sizeof words);
    if (wanted)
        std::memcpy(words, from, sizeof words);
}
inline void fetch_early(bool, const void *) {}
// Done at once, so that nobody has to wait.
inline void copy_async(std::uint64_t to, const void *from, int bytes) {
    if (bytes == 0)
        std::memset((void *)to, 0, 16);
    else
        std::memcpy((void *)to, from, 16);
}
inline void copy_async_if(bool wanted, std::uint64_t to, const void *from, int bytes) {
    if (wanted)
        copy_async(to, from, bytes);
}
inline void commit_copies() {}
template <int Left>
inline void wait_for_copies() {}
// m16n8k16 with sums of float16, added up exactly and rounded once.
inline void multiply_in_half(unsigned (&d)[2], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    float sums[4];
    for (int i = 0; i < 4; ++i)
        sums[i] = half_to_float((unsigned short)(d[i / 2] >> 16 * (i % 2)));
    multiply_as<false>(sums, a, b0, b1);
    for (int i = 0; i < 2; ++i)
        d[i] = float_to_half(sums[2 * i]) | (unsigned)float_to_half(sums[2 * i + 1]) << 16;
}
// Of two float16 each, rounded once: what is halved and added is exact in a double.
inline unsigned multiply_add_halves(unsigned a, unsigned b, unsigned c) {
    unsigned result = 0;
    for (int i = 0; i < 32; i += 16) {
        const double product =
            double(half_to_float((unsigned short)(a >> i))) * double(half_to_float((unsigned short)(b >> i)));
        result |= (unsigned)float_to_half(float(product + half_to_float((unsigned short)(c >> i)))) << i;
    }
    return result;
}
inline unsigned multiply_halves(unsigned a, unsigned b) {
    return multiply_add_halves(a, b, 0);
}
inline unsigned add_halves(unsigned a, unsigned b) {
    return multiply_add_halves(a, 0x3c003c00u, b);
}
inline unsigned minus_halves(unsigned a) {
    return a ^ 0x80008000u;
}
// The bits of a float that TF32 has; rounded, ties away from zero.
inline float cut_to_tf32(unsigned bits) {
    return float_of_bits(bits & 0xffffe000u);
}
inline unsigned to_tf32(unsigned bits) {
    return (bits + 0x1000u) & 0xffffe000u;
}
// m16n8k8.
inline void multiply_tf32(float (&d)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    const unsigned lane = fibers::block->running % 32;
    const std::uint64_t own[6] = {a[0], a[1], a[2], a[3], b0, b1};
    const fibers::Given given = fibers::give(own, 6);
    for (int i = 0; i < 4; ++i) {
        const unsigned row = lane / 4, column = 2 * (lane % 4) + i % 2;
        for (unsigned k = 0; k < 8; ++k)
            d[i] += cut_to_tf32((unsigned)given.of(row * 4 + k % 4)[i / 2 + 2 * (k / 4)]) *
                    cut_to_tf32((unsigned)given.of(column * 4 + k % 4)[4 + k / 4]);
    }
}
struct uint4 {
    unsigned x, y, z, w;
};
struct float4 {
    float x, y, z, w;
};
inline uint4 make_uint4(unsigned x, unsigned y, unsigned z, unsigned w) {
    return {x, y, z, w};
}
inline float4 make_float4(float x, float y, float z, float w) {
    return {x, y, z, w};
}
