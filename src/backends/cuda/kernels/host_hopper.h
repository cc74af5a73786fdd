// The instructions of kernels/hopper/ptx.cuh and wgmma.cuh where a test runs these kernels on the CPU, each
// thread of a block a fiber (host_warps.h). As PTX ISA describes them: "Parallel Synchronization: mbarrier",
// "Data Movement: cp.async.bulk.tensor", "Asynchronous Warpgroup Level Matrix Instructions" (their
// descriptors, swizzles and fragments), "stmatrix", "movmatrix".
//
// What the hardware does at some time between an instruction and the wait for it is done at the wait, and
// what it fills is poisoned at the instruction; before a wait ends all other threads have gone on. So reading
// too early and handing memory on too early both give other results. Not seen: fences that are missing
// between ordinary writes and what copies or multiplies them.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace hopper {

template <typename T>
struct List {
    T *items = nullptr;
    unsigned count = 0, room = 0;

    void add(const T &item) {
        if (count == room) {
            room = room == 0 ? 64 : 2 * room;
            items = (T *)std::realloc(items, room * sizeof(T));
        }
        items[count++] = item;
    }
};
// What a thread has begun, in groups that it waits for: all but the newest `pending`.
template <typename T>
struct Groups {
    struct Begun {
        T what;
        unsigned group;
    };
    List<Begun> begun;
    unsigned groups = 0;

    void add(const T &what) { begun.add({what, groups}); }
    void commit() { ++groups; }
    void clear() { begun.count = groups = 0; }
    template <typename Complete>
    void wait(unsigned pending, Complete complete) {
        fibers::leave();
        unsigned done = 0;
        for (; done < begun.count && begun.items[done].group + pending < groups; ++done)
            complete(begun.items[done].what);
        begun.count -= done;
        std::memmove(begun.items, begun.items + done, begun.count * sizeof(Begun));
    }
};

[[noreturn]] inline void fail(const char *what) {
    std::fprintf(stderr, "block %u %u, thread %u: %s\n", blockIdx.x, blockIdx.y, threadIdx.x, what);
    std::abort();
}

// On the way to shared memory; `barrier` is told of it.
struct Load {
    HostTensorMap map;
    const void *from; // plain bytes; null: a box
    unsigned to, bytes, barrier;
    int at[3];
};
struct Store {
    HostTensorMap map;
    unsigned from;
    int at[3];
};
struct Chunk {
    const void *from; // null: zeros
    unsigned to;
};
// Of a thread of a warpgroup, whose sums are rows `lane / 4` and 8 more of its warp's 16.
struct Multiplication {
    float *sums[4];
    int columns, parts;
    bool brain, has_registers, accumulates;
    unsigned registers[4];
    unsigned long long left, right; // descriptors
};
struct Thread {
    Groups<Store> stores;
    Groups<Multiplication> products;
    Groups<Chunk> chunks;
};
struct Numbered {
    unsigned arrived, turn;
};
constexpr unsigned most_threads = 1024;
static thread_local unsigned char *memory;
static thread_local unsigned memory_bytes;
static thread_local List<Load> loads;
static thread_local Thread threads[most_threads];
static thread_local Numbered numbered[16];
static thread_local unsigned idle; // turns since anything happened that somebody waits for

inline Thread &self() {
    return threads[fibers::block->running];
}
inline void happened() {
    idle = 0;
}
inline void stay() {
    if (++idle > 4096 * fibers::block->threads)
        fail("all threads wait for each other");
    fibers::leave();
}
inline unsigned char *place(unsigned address, unsigned bytes) {
    if (address > memory_bytes || bytes > memory_bytes - address)
        fail("an address outside of the block's memory");
    return memory + address;
}

// ---- barriers
struct Barrier {
    unsigned short arrivals, pending;
    int state; // 2 * announced bytes that are not there yet + the phase's parity

    void settle() {
        happened();
        if (pending == 0 && state >> 1 == 0) {
            pending = arrivals;
            state ^= 1;
        }
    }
    void arrive() {
        if (pending == 0)
            fail("more arrivals than a phase takes");
        --pending;
    }
};
inline Barrier &barrier_at(unsigned address) {
    if (address % 8 != 0)
        fail("a barrier that is not aligned");
    return *(Barrier *)place(address, sizeof(Barrier));
}

// ---- boxes
inline unsigned swizzled(unsigned address, unsigned bytes) {
    return bytes == 0 ? address : address ^ (address >> 3 & (bytes / 16 - 1) << 4);
}
template <typename Element>
inline void walk(const HostTensorMap &map, const int (&at)[3], unsigned base, Element element) {
    if (base % 128 != 0)
        fail("a box that is not aligned to 128 bytes");
    if (map.swizzle != 0 && map.box[0] * map.element != map.swizzle)
        fail("a swizzle of other rows than the box has");
    unsigned offset = 0;
    for (unsigned y = 0; y < map.box[2]; ++y)
        for (unsigned x = 0; x < map.box[1]; ++x)
            for (unsigned c = 0; c < map.box[0]; ++c, offset += map.element) {
                const long long i[3] = {at[0] + (long long)c, at[1] + (long long)x, at[2] + (long long)y};
                bool inside = true;
                for (int axis = 0; axis < 3; ++axis)
                    inside = inside && i[axis] >= 0 && i[axis] < (long long)map.sizes[axis];
                element(place(swizzled(base + offset, map.swizzle), map.element),
                        inside ? (unsigned char *)map.address + i[0] * map.element +
                                     i[1] * (long long)map.strides[0] + i[2] * (long long)map.strides[1]
                               : nullptr);
            }
}
inline unsigned bytes_of(const HostTensorMap &map) {
    return map.box[0] * map.box[1] * map.box[2] * map.element;
}
inline void complete(const Load &load) {
    if (load.from)
        std::memcpy(place(load.to, load.bytes), load.from, load.bytes);
    else
        walk(load.map, load.at, load.to, [&](unsigned char *to, const unsigned char *from) {
            if (from)
                std::memcpy(to, from, load.map.element);
            else
                std::memset(to, 0, load.map.element);
        });
    Barrier &barrier = barrier_at(load.barrier);
    barrier.state -= 2 * (int)load.bytes;
    barrier.settle();
}
inline void complete_loads(unsigned barrier) {
    for (unsigned i = 0; i < loads.count;)
        if (loads.items[i].barrier == barrier) {
            const Load load = loads.items[i];
            loads.items[i] = loads.items[--loads.count];
            complete(load);
        } else {
            ++i;
        }
}
inline void complete(const Store &store) {
    walk(store.map, store.at, store.from, [&](const unsigned char *from, unsigned char *to) {
        if (to)
            std::memcpy(to, from, store.map.element);
    });
}
inline void complete(const Chunk &chunk) {
    if (chunk.from)
        std::memcpy(place(chunk.to, 16), chunk.from, 16);
    else
        std::memset(place(chunk.to, 16), 0, 16);
}

// ---- products
template <bool Brain>
inline float value_of(unsigned short bits) {
    return Brain ? float_of_bits((unsigned)bits << 16) : half_to_float(bits);
}
// Row `row` of an operand that lies as its descriptor says: 16 elements.
template <bool Brain>
inline void read_row(unsigned long long descriptor, unsigned row, float (&values)[16]) {
    const unsigned begin = (unsigned)(descriptor & 0x3fff) << 4, chunk = (unsigned)(descriptor >> 16 & 0x3fff)
                                                                         << 4;
    const unsigned group = (unsigned)(descriptor >> 32 & 0x3fff) << 4, code = (unsigned)(descriptor >> 62);
    const unsigned bytes = code == 0 ? 0 : 256u >> code; // of a swizzled row
    for (unsigned half = 0; half < 2; ++half) {
        const unsigned address = bytes == 0 ? begin + row / 8 * group + row % 8 * 16 + half * chunk
                                            : begin + row / 8 * group + row % 8 * bytes + half * 16;
        unsigned short bits[8];
        std::memcpy(bits, place(swizzled(address, bytes), sizeof bits), sizeof bits);
        for (int i = 0; i < 8; ++i)
            values[8 * half + i] = value_of<Brain>(bits[i]);
    }
}
template <bool Brain>
inline void multiply_now(const Multiplication &of) {
    const unsigned thread = fibers::block->running % 128, lane = thread % 32;
    float left[2][16];
    if (of.has_registers) { // four lanes share a row
        const std::uint64_t words[4] = {of.registers[0], of.registers[1], of.registers[2], of.registers[3]};
        const fibers::Given given = fibers::give(words, 4);
        for (unsigned half = 0; half < 2; ++half)
            for (unsigned k = 0; k < 16; ++k)
                left[half][k] = value_of<Brain>(
                    (unsigned short)(given.of(lane / 4 * 4 + k % 8 / 2)[half + 2 * (k / 8)] >> 16 * (k % 2)));
    } else {
        for (unsigned half = 0; half < 2; ++half)
            read_row<Brain>(of.left, thread / 32 * 16 + lane / 4 + 8 * half, left[half]);
    }
    const int of_part = of.columns / of.parts;
    for (int column = 0; column < of.columns; column += 8)
        for (int e = 0; e < 2; ++e) {
            const unsigned at = (unsigned)column + 2 * (lane % 4) + (unsigned)e;
            float right[16];
            read_row<Brain>(of.right, at, right);
            for (int half = 0; half < 2; ++half) {
                float &sum = of.sums[column / of_part][column % of_part / 2 + 2 * half + e];
                float total = of.accumulates ? sum : 0.0f;
                for (int k = 0; k < 16; ++k)
                    total += left[half][k] * right[k];
                sum = total;
            }
        }
}
inline void complete(const Multiplication &of) {
    if (of.brain)
        multiply_now<true>(of);
    else
        multiply_now<false>(of);
}
template <int Columns, bool Brain, int Parts>
inline Multiplication described(float *const (&sums)[Parts], int accumulates) {
    Multiplication of = {};
    for (int i = 0; i < Parts; ++i)
        of.sums[i] = sums[i];
    of.columns = Columns;
    of.parts = Parts;
    of.brain = Brain;
    of.accumulates = accumulates != 0;
    return of;
}
template <int Columns, bool Brain, int Parts>
inline void product(float *const (&sums)[Parts], unsigned long long left, unsigned long long right,
                    int accumulates) {
    Multiplication of = described<Columns, Brain>(sums, accumulates);
    of.left = left;
    of.right = right;
    self().products.add(of);
}
template <int Columns, bool Brain, int Parts>
inline void product(float *const (&sums)[Parts], const unsigned (&left)[4], unsigned long long right,
                    int accumulates) {
    Multiplication of = described<Columns, Brain>(sums, accumulates);
    of.has_registers = true;
    std::memcpy(of.registers, left, sizeof left);
    of.right = right;
    self().products.add(of);
}

// The blocks of a launch, one after another.
template <typename... Args>
struct Call {
    void (*body)(Args...);
    void **parameters;

    template <std::size_t... I>
    void run(std::index_sequence<I...>) const {
        body(*(std::remove_reference_t<Args> *)parameters[I]...);
    }
    static void of_thread(const void *call) { ((const Call *)call)->run(std::index_sequence_for<Args...>()); }
};
template <typename... Args>
inline void run(void (*body)(Args...), unsigned char *shared, unsigned bytes, const unsigned *grid,
                const unsigned *block, void **parameters) {
    const Call<Args...> call{body, parameters};
    memory = shared;
    memory_bytes = bytes;
    gridDim = {grid[0], grid[1], grid[2]};
    const char *const order = std::getenv("VSMLRT_EMULATED_ORDER");
    fibers::disorder = order ? (unsigned)std::atoi(order) * 2654435769u : 0;
    for (unsigned i = 0; i < grid[0] * grid[1] * grid[2]; ++i) {
        blockIdx = {i % grid[0], i / grid[0] % grid[1], i / grid[0] / grid[1]};
        std::memset(shared, 0xff, bytes);
        std::memset(numbered, 0, sizeof numbered);
        for (unsigned thread = 0; thread < block[0]; ++thread) {
            threads[thread].stores.clear();
            threads[thread].products.clear();
            threads[thread].chunks.clear();
        }
        happened();
        fibers::slow_warp = (fibers::disorder >> 16) % (block[0] / 32);
        fibers::run(block[0], Call<Args...>::of_thread, &call);
        if (loads.count > 0)
            fail("a block ends before what it loads is there");
        for (unsigned thread = 0; thread < block[0]; ++thread)
            if (threads[thread].stores.begun.count > 0)
                fail("a block ends before what it stores has been read");
    }
    fibers::disorder = 0;
}

} // namespace hopper

// ---- what the kernels call
inline unsigned in_shared(const void *pointer) {
    return (unsigned)((const unsigned char *)pointer - hopper::memory);
}
inline void barrier_init(unsigned barrier, unsigned arrivals) {
    hopper::barrier_at(barrier) = {(unsigned short)arrivals, (unsigned short)arrivals, 0};
}
inline void barrier_init_done() {}
inline void barrier_arrive(unsigned barrier) {
    hopper::Barrier &at = hopper::barrier_at(barrier);
    at.arrive();
    at.settle();
}
inline void barrier_expect(unsigned barrier, unsigned bytes) {
    hopper::Barrier &at = hopper::barrier_at(barrier);
    at.state += 2 * (int)bytes;
    at.arrive();
    at.settle();
}
inline void barrier_wait(unsigned barrier, unsigned parity) {
    hopper::Barrier &at = hopper::barrier_at(barrier);
    for (;;) {
        if ((at.state & 1) == (int)parity)
            hopper::complete_loads(barrier);
        if ((at.state & 1) != (int)parity)
            return;
        hopper::stay();
    }
}
inline void named_arrive(int number, int threads) {
    hopper::Numbered &at = hopper::numbered[number];
    if (++at.arrived == (unsigned)threads) {
        at.arrived = 0;
        ++at.turn;
        hopper::happened();
    }
}
inline void named_sync(int number, int threads) {
    hopper::Numbered &at = hopper::numbered[number];
    const unsigned turn = at.turn;
    named_arrive(number, threads);
    while (at.turn == turn)
        hopper::stay();
}
template <typename Map> // TensorMapParameter
inline void load_box(unsigned to, const Map *map, unsigned barrier, int channel, int x, int y) {
    const HostTensorMap &of = *(const HostTensorMap *)map;
    const unsigned bytes = hopper::bytes_of(of);
    std::memset(hopper::place(to, bytes), 0xff, bytes);
    hopper::loads.add({of, nullptr, to, bytes, barrier, {channel, x, y}});
}
inline void load_bytes(unsigned to, const void *from, unsigned bytes, unsigned barrier) {
    if (to % 16 != 0 || (std::uint64_t)from % 16 != 0 || bytes % 16 != 0)
        hopper::fail("a copy that is not aligned to 16 bytes");
    std::memset(hopper::place(to, bytes), 0xff, bytes);
    hopper::loads.add({{}, from, to, bytes, barrier, {}});
}
template <typename Map>
inline void store_box(const Map *map, unsigned from, int channel, int x, int y) {
    hopper::self().stores.add({*(const HostTensorMap *)map, from, {channel, x, y}});
}
inline void stores_commit() {
    hopper::self().stores.commit();
}
template <int pending>
inline void stores_read() {
    hopper::self().stores.wait(pending, [](const hopper::Store &store) { hopper::complete(store); });
}
inline void stores_done() {
    stores_read<0>();
}
inline void fence_async() {}
template <int registers>
inline void registers_up() {}
template <int registers>
inline void registers_down() {}
inline void wait_for_previous() {}
inline void let_next_start() {}
inline unsigned transposed(unsigned rows) {
    const std::uint64_t own = rows;
    const fibers::Given given = fibers::give(&own, 1);
    const unsigned lane = fibers::block->running % 32;
    unsigned columns = 0;
    for (unsigned e = 0; e < 2; ++e) {
        const std::uint64_t word = *given.of((2 * (lane % 4) + e) * 4 + lane / 8);
        columns |= (unsigned)(word >> 16 * (lane / 4 % 2) & 0xffff) << 16 * e;
    }
    return columns;
}
namespace hopper {
template <int N>
inline void store_matrices(unsigned address, const unsigned (&matrices)[N]) {
    const std::uint64_t own = address;
    const fibers::Given given = fibers::give(&own, 1);
    const unsigned lane = fibers::block->running % 32;
    for (unsigned matrix = 0; matrix < N; ++matrix)
        for (unsigned e = 0; e < 2; ++e) {
            const auto bits = (unsigned short)(matrices[matrix] >> 16 * e);
            std::memcpy(place((unsigned)*given.of(8 * matrix + 2 * (lane % 4) + e), 16) + 2 * (lane / 4),
                        &bits, 2);
        }
}
} // namespace hopper
inline void store_transposed(unsigned address, unsigned a, unsigned b, unsigned c, unsigned d) {
    const unsigned matrices[] = {a, b, c, d};
    hopper::store_matrices(address, matrices);
}
inline void store_transposed(unsigned address, unsigned a, unsigned b) {
    const unsigned matrices[] = {a, b};
    hopper::store_matrices(address, matrices);
}
inline void load_transposed(unsigned (&to)[2], unsigned address) {
    const std::uint64_t own = address;
    const fibers::Given given = fibers::give(&own, 1);
    const unsigned lane = fibers::block->running % 32;
    for (unsigned matrix = 0; matrix < 2; ++matrix) {
        to[matrix] = 0;
        for (unsigned e = 0; e < 2; ++e) {
            unsigned short bits;
            std::memcpy(
                &bits,
                hopper::place((unsigned)*given.of(8 * matrix + 2 * (lane % 4) + e), 16) + 2 * (lane / 4), 2);
            to[matrix] |= (unsigned)bits << 16 * e;
        }
    }
}
inline void load_fragment(unsigned (&a)[4], unsigned address) {
    const std::uint64_t own = address;
    const fibers::Given given = fibers::give(&own, 1);
    const unsigned lane = fibers::block->running % 32;
    for (unsigned matrix = 0; matrix < 4; ++matrix)
        std::memcpy(&a[matrix],
                    hopper::place((unsigned)*given.of(8 * matrix + lane / 4), 16) + 4 * (lane % 4), 4);
}
inline void clear_chunk(unsigned to) {
    std::memset(hopper::place(to, 16), 0, 16);
}
inline void copy_chunk(unsigned to, const void *from, bool inside) {
    std::memset(hopper::place(to, 16), 0xff, 16);
    hopper::self().chunks.add({inside ? from : nullptr, to});
}
inline void chunks_commit() {
    hopper::self().chunks.commit();
}
template <int pending>
inline void chunks_wait() {
    hopper::self().chunks.wait(pending, [](const hopper::Chunk &chunk) { hopper::complete(chunk); });
}
inline void store_chunk(void *to, unsigned a, unsigned b, unsigned c, unsigned d) {
    const unsigned words[] = {a, b, c, d};
    std::memcpy(to, words, sizeof words);
}
template <typename Words>
inline Words load_early(const Words *address) {
    return *address;
}
inline void products_begin() {
    wait_for_warp(); // .sync.aligned: a warp's lanes are at one place
}
inline void products_commit() {
    hopper::self().products.commit();
}
template <int pending>
inline void products_wait() {
    hopper::self().products.wait(pending, [](const hopper::Multiplication &of) { hopper::complete(of); });
    wait_for_warp();
}
