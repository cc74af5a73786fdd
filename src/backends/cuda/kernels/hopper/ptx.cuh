// The instructions of Hopper that CUDA C++ has no names for. Addresses of shared memory are 32-bit, in bytes. Where a test
// runs the kernels on the CPU they are those of kernels/host_hopper.h.
#pragma once

struct alignas(64) TensorMapParameter {
    u64 opaque[16]; // as cuTensorMapEncodeTiled writes it
};

#ifdef __CUDACC__
DEVICE u32 in_shared(const void *pointer) {
    return static_cast<u32>(__cvta_generic_to_shared(pointer));
}

// ---- barriers in shared memory. A phase completes when all arrivals and announced bytes are there.
DEVICE void barrier_init(u32 barrier, u32 arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals) : "memory");
}
DEVICE void barrier_init_done() {
    asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
}
DEVICE void barrier_arrive(u32 barrier) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}
DEVICE void barrier_expect(u32 barrier, u32 bytes) { // arrives as well
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes)
                 : "memory");
}
// Returns once the phase of this parity has completed; a fresh barrier counts as having completed parity 1.
DEVICE void barrier_wait(u32 barrier, u32 parity) {
    asm volatile("{\n.reg .pred done;\nagain:\n"
                 "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
                 "@done bra ready;\nbra again;\nready:\n}" ::"r"(barrier),
                 "r"(parity)
                 : "memory");
}

// ---- the hardware's numbered barriers: `threads` of both sides together
DEVICE void named_sync(int number, int threads) {
    asm volatile("bar.sync %0, %1;" ::"r"(number), "r"(threads) : "memory");
}
DEVICE void named_arrive(int number, int threads) {
    asm volatile("bar.arrive %0, %1;" ::"r"(number), "r"(threads) : "memory");
}

// ---- copies by the tensor memory accelerator: channel, column and row of the box's first element
DEVICE void load_box(u32 to, const TensorMapParameter *map, u32 barrier, int channel, int x, int y) {
    asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes "
                 "[%0], [%1, {%3, %4, %5}], [%2];" ::"r"(to),
                 "l"(map), "r"(barrier), "r"(channel), "r"(x), "r"(y)
                 : "memory");
}
DEVICE void store_box(const TensorMapParameter *map, u32 from, int channel, int x, int y) {
    asm volatile("cp.async.bulk.tensor.3d.global.shared::cta.bulk_group [%0, {%2, %3, %4}], [%1];" ::"l"(map),
                 "r"(from), "r"(channel), "r"(x), "r"(y)
                 : "memory");
}
DEVICE void load_bytes(u32 to, const void *from, u32 bytes, u32 barrier) {
    asm volatile(
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(to),
        "l"(from), "r"(bytes), "r"(barrier)
        : "memory");
}
DEVICE void stores_commit() {
    asm volatile("cp.async.bulk.commit_group;" ::: "memory");
}
template <int pending>
DEVICE void stores_read() { // their shared memory may be written again
    asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(pending) : "memory");
}
DEVICE void stores_done() {
    asm volatile("cp.async.bulk.wait_group 0;" ::: "memory");
}
// Between ordinary writes to shared memory and what the copy engine or the tensor cores read of it.
DEVICE void fence_async() {
    asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

// ---- registers move from the warps that load to those that multiply
template <int registers>
DEVICE void registers_up() {
    asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(registers));
}
template <int registers>
DEVICE void registers_down() {
    asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(registers));
}

// ---- programmatic dependent launch: a kernel sets up what does not depend on the one in front of it, waits
// for its results, and lets the next one start. In this order, by a thread of every block: two launches at
// most overlap then. Were it the other way round, the next but one could start on a multiprocessor on which
// this one's predecessor still reads the buffer that is about to be written anew, and find the old contents
// in that multiprocessor's L1.
DEVICE void wait_for_previous() {
    asm volatile("griddepcontrol.wait;" ::: "memory");
}
DEVICE void let_next_start() {
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
}

// ---- 8x8 matrices of 16-bit elements: lane l holds row l/4, columns 2(l%4) and 2(l%4)+1
DEVICE u32 transposed(u32 rows) {
    u32 columns;
    asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(columns) : "r"(rows));
    return columns;
}
// Four (two) matrices are stored transposed; the rows of matrix i go to the addresses of lanes 8i to 8i+7.
DEVICE void store_transposed(u32 address, u32 a, u32 b, u32 c, u32 d) {
    asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1, %2, %3, %4};" ::"r"(address),
                 "r"(a), "r"(b), "r"(c), "r"(d)
                 : "memory");
}
DEVICE void store_transposed(u32 address, u32 a, u32 b) {
    asm volatile("stmatrix.sync.aligned.m8n8.x2.trans.shared.b16 [%0], {%1, %2};" ::"r"(address), "r"(a),
                 "r"(b)
                 : "memory");
}

// ---- matrices of filters and pixels by a single warp's instructions
DEVICE void load_transposed(u32 (&to)[2], u32 address) { // rows at the addresses of lanes 0 to 15
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0, %1}, [%2];"
                 : "=r"(to[0]), "=r"(to[1])
                 : "r"(address)
                 : "memory");
}
DEVICE void load_fragment(u32 (&a)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(a[0]), "=r"(a[1]), "=r"(a[2]), "=r"(a[3])
                 : "r"(address)
                 : "memory");
}
DEVICE void add_product(float (&sums)[4], const u32 (&a)[4], uint2 b) {
#if STORAGE_BF16
#define PRODUCT "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
#else
#define PRODUCT "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
#endif
    asm volatile(PRODUCT "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b.x), "r"(b.y));
}

// ---- sixteen bytes
DEVICE void clear_chunk(u32 to) {
    asm volatile("st.shared.v4.u32 [%0], {%1, %1, %1, %1};" ::"r"(to), "r"(0u) : "memory");
}
DEVICE void copy_chunk(u32 to, const void *from, bool inside) { // zeros where it is not
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(inside ? 16 : 0)
                 : "memory");
}
DEVICE void chunks_commit() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}
template <int pending>
DEVICE void chunks_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
}
// In one access: the compiler makes four of an ordinary one where its words come one by one.
DEVICE void store_chunk(void *to, u32 a, u32 b, u32 c, u32 d) {
    asm volatile("st.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(to), "r"(a), "r"(b), "r"(c), "r"(d)
                 : "memory");
}

// Loads that the compiler leaves where they stand: they fly while the tensor cores work. Not ld.global.nc,
// which may give what L1 held before the launch in front wrote it: griddepcontrol.wait makes that launch's
// results visible to ordinary loads (PTX ISA, "griddepcontrol").
DEVICE u32 load_early(const u32 *address) {
    u32 value;
    asm volatile("ld.global.u32 %0, [%1];" : "=r"(value) : "l"(address));
    return value;
}
DEVICE uint2 load_early(const uint2 *address) {
    uint2 value;
    asm volatile("ld.global.v2.u32 {%0, %1}, [%2];" : "=r"(value.x), "=r"(value.y) : "l"(address));
    return value;
}
DEVICE uint4 load_early(const uint4 *address) {
    uint4 value;
    asm volatile("ld.global.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
                 : "l"(address));
    return value;
}
#else
#undef multiply
#undef packed
#undef unpacked
#define BRAIN STORAGE_BF16
#define kernel kernel_of_card // which the entry behind this text calls
#define __shared__ thread_local
thread_local unsigned char shared alignas(1024)[232448];
DEVICE void add_product(float (&sums)[4], const u32 (&a)[4], uint2 b) {
    multiply_as<BRAIN>(sums, a, b.x, b.y);
}
#endif

#if STORAGE_BF16
typedef bfloat_t storage_t;
#else
typedef half_t storage_t;
#endif
DEVICE float low_value(u32 pair) {
    return get(storage_t{static_cast<unsigned short>(pair & 0xffffu)});
}
DEVICE float high_value(u32 pair) {
    return get(storage_t{static_cast<unsigned short>(pair >> 16)});
}
