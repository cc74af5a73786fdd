#include "cuda/bench_rates.h"

#include "backends/cuda/hopper_text.h"
#include "backends/cuda/kernel_text.h"
#include "nvidia/compiler.h"
#include "nvidia/handles.h"

#include <algorithm>
#include <array>

// The kernels keep their operands in registers or in shared memory and store nothing that is asked for; a
// value that never occurs keeps the compiler from leaving the products out.
namespace vsmlrt::test {
namespace {

constexpr int threads = 256;
constexpr int warps = threads / 32;
constexpr int rounds = 512;

// 16 independent sums of 16 x 8 a warp.
constexpr const char *mma_kernel = R"(
extern "C" __global__ void __launch_bounds__(256) kernel(const Args args) {
    u32 state = args.seed + thread_index();
    const auto next = [&] {
        state = state * 1664525u + 1013904223u;
        return (state >> 4) & 0x3bff3bffu;
    };
    u32 a[4], b[2];
    for (u32 &word : a)
        word = next();
    for (u32 &word : b)
        word = next();
    Sum sums[16] = {};
    for (int i = 0; i < args.rounds; ++i) {
#pragma unroll
        for (int k = 0; k < 16; ++k)
            multiply_by(sums[k], a, b);
    }
    float total = 0;
    for (int k = 0; k < 16; ++k)
        total += first(sums[k]);
    if (total == -1.0f)
        args.out[0] = total;
}
)";

constexpr const char *full_sums = R"(
struct Sum { float value[4]; };
DEVICE void multiply_by(Sum &sum, const u32 (&a)[4], const u32 (&b)[2]) { multiply(sum.value, a, b[0], b[1]); }
DEVICE float first(const Sum &sum) { return sum.value[0]; }
)";

constexpr const char *half_sums = R"(
struct Sum { u32 value[2]; };
DEVICE void multiply_by(Sum &sum, const u32 (&a)[4], const u32 (&b)[2]) { multiply_in_half(sum.value, a, b[0], b[1]); }
DEVICE float first(const Sum &sum) { return half_to_float(sum.value[0] & 0xffff); }
)";

// Two warpgroups, each 64 x 256 sums of operands in shared memory.
constexpr const char *wgmma_kernel = R"(
extern "C" __global__ void __launch_bounds__(256) kernel(const Args args) {
    extern __shared__ __align__(1024) unsigned char shared[];
    u32 state = args.seed + thread_index();
    for (int i = threadIdx.x; i < (2 * 64 + 256) * 128 / 4; i += blockDim.x) {
        state = state * 1664525u + 1013904223u;
        reinterpret_cast<u32 *>(shared)[i] = (state >> 4) & 0x3bff3bffu;
    }
    asm volatile("fence.proxy.async;" ::: "memory");
    __syncthreads();
    const u32 base = (u32)__cvta_generic_to_shared(shared);
    const u64 filters = descriptor(base + threadIdx.x / 128 * 64 * 128, 128, 1024);
    const u64 pixels = descriptor(base + 2 * 64 * 128, 128, 1024);
    float sums[128];
    for (float &sum : sums)
        sum = 0;
    for (int i = 0; i < args.rounds; ++i) {
        products_begin();
#pragma unroll
        for (int k = 0; k < 4; ++k)
            Product<256>::run(sums, moved(filters, 32 * k), moved(pixels, 32 * k), 1);
        products_commit();
        products_wait<0>();
    }
    float total = 0;
    for (const float sum : sums)
        total += sum;
    if (total == -1.0f)
        args.out[0] = total;
}
)";

constexpr const char *copy_kernel = R"(
extern "C" __global__ void __launch_bounds__(256) kernel(const Args args) {
    const uint4 *from = reinterpret_cast<const uint4 *>(args.out);
    uint4 *to = reinterpret_cast<uint4 *>(args.out) + args.rounds;
    for (i64 i = thread_index(); i < args.rounds; i += (i64)gridDim.x * blockDim.x)
        to[i] = from[i];
}
)";

constexpr const char *arguments_text = R"(
struct Args { float *out; u32 seed; int rounds; };
)";

struct Arguments {
    std::uint64_t out;
    unsigned seed;
    int rounds;
};

struct Probe {
    const char *name;
    std::string source;
    unsigned blocks;       // of each multiprocessor
    unsigned shared_bytes; // of a block
    int rounds;
    double work; // of a block, in 10^12
};

std::vector<Probe> probes(const cuda::Device &device, int vectors) {
    const std::string warp =
        cuda::kernel_source(std::string(arguments_text) + "#define BRAIN 0\n", "warp_mma.cuh");
    const double of_warps = 2.0 * 16 * 8 * 16 * 16 * rounds * warps * 1e-12;
    std::vector<Probe> found = {
        {"mma", warp + full_sums + mma_kernel, 2, 0, rounds, of_warps},
        {"mma with fp16 sums", warp + half_sums + mma_kernel, 2, 0, rounds, of_warps},
        {"copy", warp + copy_kernel, 8, 0, vectors,
         2.0 * 16 * vectors * 1e-12 / (8.0 * device.facts.multiprocessors)},
    };
    constexpr int hopper = 90;
    if (device.facts.architecture == hopper)
        found.insert(
            found.begin(),
            {"wgmma",
             cuda::kernel_source(arguments_text + cuda::product_text(256, Element::f16), "hopper/wgmma.cuh") +
                 wgmma_kernel,
             1, (2 * 64 + 256) * 128, rounds, 2.0 * 2 * 64 * 256 * 64 * rounds * 1e-12});
    return found;
}

class Timer {
public:
    explicit Timer(nvidia::SharedContext context)
        : context_(std::move(context)), stream_(nvidia::make_stream(context_)),
          begin_(nvidia::make_event(context_)), end_(nvidia::make_event(context_)) {}

    // Seconds of `count` launches, one after the other.
    double seconds(const nvidia::LaunchConfig &config, nvidia::FunctionHandle *function, void **parameters,
                   int count) {
        nvidia::LaunchConfig own = config;
        own.stream = stream_.get();
        check(nvidia::driver().event_record(begin_.get(), stream_.get()), "timing");
        for (int i = 0; i < count; ++i)
            check(nvidia::driver().launch(&own, function, parameters, nullptr), "launching");
        check(nvidia::driver().event_record(end_.get(), stream_.get()), "timing");
        check(nvidia::driver().event_synchronize(end_.get()), "timing");
        float milliseconds = 0;
        check(nvidia::driver().event_elapsed(&milliseconds, begin_.get(), end_.get()), "timing");
        return static_cast<double>(milliseconds) / 1000;
    }

private:
    nvidia::SharedContext context_;
    nvidia::Stream stream_;
    nvidia::Event begin_, end_;
};

} // namespace

std::vector<Rate> measured_rates(const cuda::Device &device) {
    constexpr int vectors = 1 << 25; // of 16 bytes: 512 MiB, far beyond any cache
    constexpr double least_seconds = 0.3;
    const auto context = std::make_shared<const nvidia::DeviceContext>(device.number);
    context->use();
    const nvidia::DeviceMemory memory(context, std::size_t{2} * 16 * vectors, "what is copied");
    Timer timer(context);
    std::vector<Rate> rates;
    for (const Probe &probe : probes(device, vectors)) {
        const nvidia::Module module =
            nvidia::load_module(context, nvidia::compile(probe.source, device.architecture));
        nvidia::FunctionHandle *function = nullptr;
        check(nvidia::driver().module_function(&function, module.get(), "kernel"), "loading a kernel");
        if (probe.shared_bytes > 48U << 10)
            check(nvidia::driver().function_set_attribute(function,
                                                          nvidia::FunctionAttribute::most_dynamic_shared,
                                                          static_cast<int>(probe.shared_bytes)),
                  "asking for shared memory");
        Arguments arguments{memory.address(), 1, probe.rounds};
        std::array<void *, 1> parameters{&arguments};
        nvidia::LaunchConfig config{};
        const unsigned blocks = probe.blocks * static_cast<unsigned>(device.facts.multiprocessors);
        config.grid[0] = blocks;
        config.block[0] = threads;
        config.shared_bytes = probe.shared_bytes;
        timer.seconds(config, function, parameters.data(), 2);
        const double once = timer.seconds(config, function, parameters.data(), 4) / 4;
        const int count = std::max(4, static_cast<int>(least_seconds / once));
        timer.seconds(config, function, parameters.data(), count);
        const double taken = timer.seconds(config, function, parameters.data(), count);
        rates.push_back({probe.name, probe.work * blocks * count / taken});
    }
    return rates;
}

} // namespace vsmlrt::test
