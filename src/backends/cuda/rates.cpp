#include "backends/cuda/rates.h"

#include "backends/cuda/hopper_text.h"
#include "backends/cuda/kernel_text.h"
#include "nvidia/compiler.h"

#include <algorithm>
#include <array>

// The kernels keep their operands in registers or in shared memory and store nothing that is asked for; a
// value that never occurs keeps the compiler from leaving the products out.
namespace vsmlrt::cuda {
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
        reinterpret_cast<float *>(args.out)[0] = total;
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

constexpr const char *tf32_sums = R"(
struct Sum { float value[4]; };
DEVICE void multiply_by(Sum &sum, const u32 (&a)[4], const u32 (&b)[2]) { multiply_tf32(sum.value, a, b[0], b[1]); }
DEVICE float first(const Sum &sum) { return sum.value[0]; }
)";

// Without tensor cores: 16 independent sums a thread.
constexpr const char *float_kernel = R"(
KERNEL(Args) {
    const float factor = 1.0f - (float)(args.seed + (u32)thread_index() % 64) * 0x1p-24f;
    float sums[16];
    for (int k = 0; k < 16; ++k)
        sums[k] = (float)k;
    for (int i = 0; i < args.rounds; ++i)
        for (int k = 0; k < 16; ++k)
            sums[k] = fma(sums[k], factor, 0.5f);
    float total = 0;
    for (int k = 0; k < 16; ++k)
        total += sums[k];
    if (total == -1.0f)
        reinterpret_cast<float *>(args.out)[0] = total;
}
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
        reinterpret_cast<float *>(args.out)[0] = total;
}
)";

constexpr const char *copy_kernel = R"(
struct alignas(16) Vector {
    u32 word[4];
};
KERNEL(Args) {
    const Vector *from = reinterpret_cast<const Vector *>(args.out);
    Vector *to = reinterpret_cast<Vector *>(args.out) + args.rounds;
    for (i64 i = thread_index(); i < args.rounds; i += args.threads)
        to[i] = from[i];
}
)";

constexpr const char *arguments_text = R"(
struct Args {
    u64 out;
    u32 seed;
    int rounds;
    i64 threads;
};
)";

struct Arguments {
    std::uint64_t out;
    unsigned seed;
    int rounds;
    std::int64_t threads;
};

struct Probe {
    const char *name;
    std::string source;
    unsigned blocks;       // of each multiprocessor
    unsigned shared_bytes; // of a block
    int rounds;
    double work; // of a block
};

std::string with_arguments(const char *kernel, const char *file) {
    return kernel_source(std::string("#define BRAIN 0\n"), file) + arguments_text + kernel;
}

std::vector<Probe> probes(const DeviceFacts &facts, int vectors) {
    const double of_warps = 2.0 * 16 * 8 * 16 * 16 * rounds * warps;
    std::vector<Probe> found;
    if (facts.runs_barriers) {
        if (facts.is_hopper())
            found.push_back({"wgmma",
                             kernel_source(product_text(256, Element::f16), "hopper/wgmma.cuh") +
                                 arguments_text + wgmma_kernel,
                             1, (2 * 64 + 256) * 128, rounds, 2.0 * 2 * 64 * 256 * 64 * rounds});
        const auto of_warp = [](const char *sums) {
            return with_arguments((std::string(sums) + mma_kernel).c_str(), "warp_mma.cuh");
        };
        found.push_back({"mma", of_warp(full_sums), 2, 0, rounds, of_warps});
        found.push_back({"mma with fp16 sums", of_warp(half_sums), 2, 0, rounds, of_warps});
        found.push_back({"mma of tf32", of_warp(tf32_sums), 2, 0, rounds, of_warps / 2});
    }
    found.push_back(
        {"fp32", with_arguments(float_kernel, "common.cuh"), 8, 0, rounds, 2.0 * 16 * rounds * threads});
    found.push_back({"copy", with_arguments(copy_kernel, "common.cuh"), 8, 0, vectors,
                     2.0 * 16 * vectors / (8.0 * facts.multiprocessors)});
    return found;
}

class Timer {
public:
    explicit Timer(nvidia::SharedContext context)
        : context_(std::move(context)), stream_(nvidia::make_stream(context_)),
          begin_(nvidia::make_timed_event(context_)), end_(nvidia::make_timed_event(context_)) {}

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

std::vector<Rate> measured_rates(const nvidia::SharedContext &context, const DeviceFacts &facts,
                                 const std::string &architecture, std::span<const std::string> wanted) {
    constexpr double least_seconds = 0.3;
    // 256 MiB on a card of 128 multiprocessors, far beyond its caches, and little where threads are
    // simulated.
    const int vectors = facts.multiprocessors * (facts.runs_barriers ? 1 << 17 : 1 << 10);
    context->use();
    const nvidia::DeviceMemory memory(context, std::size_t{2} * 16 * static_cast<std::size_t>(vectors),
                                      "what is copied to measure the GPU's rate");
    Timer timer(context);
    std::vector<Rate> rates;
    for (const Probe &probe : probes(facts, vectors)) {
        if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), probe.name) == wanted.end())
            continue;
        const nvidia::Module module =
            nvidia::load_module(context, nvidia::compile(probe.source, architecture));
        nvidia::FunctionHandle *function = nullptr;
        check(nvidia::driver().module_function(&function, module.get(), "kernel"), "loading a kernel");
        if (probe.shared_bytes > 48U << 10)
            check(nvidia::driver().function_set_attribute(function,
                                                          nvidia::FunctionAttribute::most_dynamic_shared,
                                                          static_cast<int>(probe.shared_bytes)),
                  "asking for shared memory");
        const unsigned blocks = probe.blocks * static_cast<unsigned>(facts.multiprocessors);
        Arguments arguments{memory.address(), 1, probe.rounds, std::int64_t{threads} * blocks};
        std::array<void *, 1> parameters{&arguments};
        nvidia::LaunchConfig config{};
        config.grid[0] = blocks;
        config.block[0] = threads;
        config.shared_bytes = probe.shared_bytes;
        timer.seconds(config, function, parameters.data(), 2);
        const double once = timer.seconds(config, function, parameters.data(), 4) / 4;
        const int count =
            std::clamp(static_cast<int>(least_seconds / once), 4, facts.runs_barriers ? 1 << 20 : 4);
        timer.seconds(config, function, parameters.data(), count);
        const double taken = timer.seconds(config, function, parameters.data(), count);
        rates.push_back({probe.name, probe.work * blocks * count / taken});
    }
    return rates;
}

} // namespace vsmlrt::cuda
