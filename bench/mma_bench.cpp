// What mma.sync reaches on this GPU, second after second, with ever more of what a 3x3 convolution of 64 to
// 64 channels asks for besides: operands read from shared memory as mma_columns.cuh reads them (18 reads of
// 512 bytes for 96 products), the halos and weights copied there, the results written. Nothing waits for
// anything, so that what is left is the tensor cores' rate and the card's power. Layers compare themselves
// with it: bench_cuda chain_64 --kernels mma --sustained 3.
//
// Usage: bench_mma [seconds], 3 where none are given. Random operands, two blocks of four warps a
// multiprocessor, the rate of the second half.
#include "backends/cuda/device.h"
#include "backends/cuda/kernel_text.h"
#include "base/error.h"
#include "base/text.h"
#include "nvidia/compiler.h"
#include "nvidia/handles.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <random>

namespace {

using namespace vsmlrt;
using nvidia::check;

constexpr int width = 1920;
constexpr int height = 1088;
constexpr int tiles = width / 16 * (height / 16);
constexpr std::size_t picture_bytes = std::size_t{width} * height * 128;

// A warp's tile of 16x4 pixels by 64 channels, in chunks of 16 channels.
constexpr const char *constants = R"(
#define BRAIN 0
#define PRODUCT 0
#define TILE_W 16
#define TILE_H 16
#define CHUNK 16
#define BLOCKS 8
#define HALO_W 18
#define HALO_H 18
#define STEP_Y 1
#define STEP_X 1
#define PIXEL_BLOCKS 4
#define SCALE 1
#define COLUMNS 1
#define ROWS 3
)";

constexpr const char *kernel = R"(
struct BenchArgs {
    u64 input, weights, output;
    int items;
    u32 never;
    u64 clocks; // two numbers of 64 bits: clocks and nanoseconds of block 0
};
extern "C" __global__ void __launch_bounds__(128, 2) kernel(const __grid_constant__ BenchArgs args) {
    enum { stages = 3, column_bytes = 3 * weight_bytes };
    extern __shared__ __align__(1024) unsigned char memory[];
    for (u32 i = threadIdx.x; i < ((HALOS + 1) * halo_bytes + stages * column_bytes) / 4; i += 128)
        ((u32 *)memory)[i] = ((const u32 *)args.weights)[i];
    __syncthreads();
    const SharedAddress halos = shared_address(memory), ring = halos + (HALOS + 1) * halo_bytes;
    const LanePixel own = place_of_lane();
    u64 clock = clock64(), time;
    asm volatile("mov.u64 %0, %globaltimer;" : "=l"(time));
    Fragments fragments;
    fragments.begin(halos + own.pixel * pixel_bytes, ring + filter_of_lane(threadIdx.x & 31));
    for (int item = blockIdx.x; item < args.items; item += gridDim.x) {
        float sum[PIXEL_BLOCKS][BLOCKS][4];
        clear(sum);
        const int tile_y = item / (1920 / 16) * 16, tile_x = item % (1920 / 16) * 16;
#pragma unroll 1
        for (int chunk = 0; chunk < 4; ++chunk) {
            const SharedAddress halo = halos + chunk % 2 * halo_bytes;
            const char *from = (const char *)args.input + ((u64)(tile_y * 1920 + tile_x) * 64 + chunk * 16) * 2;
#pragma unroll
            for (int column = 0; column < 3; ++column)
#pragma unroll
                for (int tap = 0; tap < 3; ++tap) {
                    const SharedAddress place = halo + (own.pixel + column) * pixel_bytes +
                                                piece_place(own.column + column, threadIdx.x >> 4 & 1);
                    const SharedAddress filter = ring + filter_of_lane(threadIdx.x & 31) +
                                                 (column * 3 + tap) * weight_bytes;
                    const auto between = [&] {
                        if (!(HALOS || WEIGHTS) || tap != 2)
                            return;
#pragma unroll
                        for (int i = 0; WEIGHTS && i < column_bytes / 16; i += 128)
                            copy_async(ring + column * column_bytes + (i + threadIdx.x) * 16,
                                       (const char *)args.weights + (chunk * 3 + column) * column_bytes +
                                           (i + threadIdx.x) * 16, 16);
                        if (HALOS && column == 2 && chunk % HALOS == 0) { // of so many chunks at once
                            const int piece = threadIdx.x % (2 * HALOS);
#pragma unroll
                            for (int i = threadIdx.x / (2 * HALOS); i < HALO_W * HALO_H; i += 64 / HALOS) {
                                const int y = i / HALO_W, x = i % HALO_W;
                                const int turn = HALOS == 1 ? x >> 2 & 1 : HALOS == 2 ? x >> 1 & 3 : x & 7;
                                copy_async(halo + i * (HALOS * pixel_bytes) + ((piece ^ turn) << 4),
                                           from + ((u64)y * 1920 + x) * 128 + piece * 16, 16);
                            }
                        }
                        commit_copies();
                        wait_for_copies<2>();
                    };
                    if (READS) {
                        fragments.multiply_by(sum, tap, place, filter, between);
                        continue;
                    }
                    between();
#pragma unroll
                    for (int line = 0; line < lines; ++line)
#pragma unroll
                        for (int pair = 0; pair < pairs; ++pair)
                            multiply_pair(sum[line][2 * pair], sum[line][2 * pair + 1], fragments.pixels[line][0],
                                          fragments.weights[0], pair);
                }
        }
        float all = 0;
#pragma unroll
        for (int line = 0; line < lines; ++line)
#pragma unroll
            for (int half = 0; half < 2; ++half) {
                u32 words[BLOCKS];
#pragma unroll
                for (int n = 0; n < BLOCKS; ++n) {
                    words[n] = packed(sum[line][n][2 * half], sum[line][n][2 * half + 1]);
                    all += sum[line][n][2 * half];
                }
                if (RESULTS)
#pragma unroll
                    for (int part = 0; part < 2; ++part) {
                        const u32 four[4] = {words[4 * part], words[4 * part + 1], words[4 * part + 2],
                                             words[4 * part + 3]};
                        store_words(true,
                                    (char *)args.output +
                                        ((u64)(tile_y + (threadIdx.x >> 5) * 4 + line) * 1920 + tile_x +
                                         (threadIdx.x & 31) / 4 + 8 * half) * 128 +
                                        part * 64 + (threadIdx.x & 3) * 16,
                                    four);
                    }
            }
        if (!RESULTS && bits_of_float(all) == args.never)
            ((float *)args.output)[threadIdx.x] = all;
    }
    if (blockIdx.x == 0 && threadIdx.x == 0) {
        u64 now;
        asm volatile("mov.u64 %0, %globaltimer;" : "=l"(now));
        ((u64 *)args.clocks)[0] = clock64() - clock;
        ((u64 *)args.clocks)[1] = now - time;
    }
}
)";

struct Args {
    std::uint64_t input, weights, output;
    int items;
    unsigned never;
    std::uint64_t clocks;
};

struct Variant {
    const char *name;
    int reads, halos, weights, results;
};
constexpr Variant variants[] = {{"operands stay in registers", 0, 0, 0, 0},
                                {"operands read from shared memory", 1, 0, 0, 0},
                                {"read, results written", 1, 0, 0, 1},
                                {"read, halos copied there", 1, 1, 0, 0},
                                {"read, halos copied, results written", 1, 1, 0, 1},
                                {"the same, 64 bytes of a pixel", 1, 2, 0, 1},
                                {"the same, 128 bytes of a pixel", 1, 4, 0, 1},
                                {"read, all copied, results written", 1, 1, 1, 1}};

double since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void run(double seconds) {
    const cuda::Device device = cuda::list_devices().front();
    const auto context = std::make_shared<const nvidia::DeviceContext>(device.number);
    context->use();
    const nvidia::DeviceMemory input(context, picture_bytes + (1 << 20), "the picture");
    const nvidia::DeviceMemory output(context, picture_bytes, "the result");
    const nvidia::DeviceMemory weights(context, 1 << 20, "the weights");
    const nvidia::DeviceMemory clocks(context, 16, "the clocks");
    std::vector<std::uint16_t> random(picture_bytes / 2 + (1 << 19));
    std::mt19937 engine(7);
    for (std::uint16_t &half : random) // of 2^-15 to 1, of either sign
        half = static_cast<std::uint16_t>(engine() % 0x3c00 | (engine() & 0x8000));
    check(nvidia::driver().copy_to_device(input.address(), random.data(), random.size() * 2), "copying");
    check(nvidia::driver().copy_to_device(weights.address(), random.data(), 1 << 20), "copying");
    const nvidia::Stream stream = nvidia::make_stream(context);
    std::printf("%s, %.0f s each, the second half\n", device.name.c_str(), seconds);
    for (const Variant &variant : variants) {
        const std::string source = cuda::kernel_source(
            text(constants, "#define READS ", variant.reads, "\n#define HALOS ", variant.halos,
                 "\n#define WEIGHTS ", variant.weights, "\n#define RESULTS ", variant.results, "\n"),
            "mma_columns.cuh");
        const nvidia::Module module =
            nvidia::load_module(context, nvidia::compile(source + kernel, device.architecture));
        nvidia::FunctionHandle *function = nullptr;
        check(nvidia::driver().module_function(&function, module.get(), "kernel"), "loading a kernel");
        Args args{input.address(), weights.address(), output.address(), tiles, 0x7fffffffU, clocks.address()};
        std::array<void *, 1> parameters{&args};
        nvidia::LaunchConfig config{};
        config.grid[0] = static_cast<unsigned>(2 * device.facts.multiprocessors);
        config.block[0] = 128;
        config.shared_bytes = static_cast<unsigned>((variant.halos + 1) * 18 * 18 * 32 + 9 * 2048);
        config.stream = stream.get();
        check(nvidia::driver().function_set_attribute(function,
                                                      nvidia::FunctionAttribute::most_dynamic_shared,
                                                      static_cast<int>(config.shared_bytes)),
              "asking for shared memory");
        const auto launches = [&](int count) {
            for (int i = 0; i < count; ++i)
                check(nvidia::driver().launch(&config, function, parameters.data(), nullptr), "launching");
            check(nvidia::driver().stream_synchronize(stream.get()), "waiting");
        };
        const auto begin = std::chrono::steady_clock::now();
        double taken = 0;
        int done = 0;
        while (since(begin) < seconds) {
            constexpr int at_once = 100;
            const auto start = std::chrono::steady_clock::now();
            launches(at_once);
            if (since(begin) > seconds / 2) {
                taken += since(start);
                done += at_once;
            }
        }
        std::array<std::uint64_t, 2> of_block{};
        check(nvidia::driver().copy_to_host_async(of_block.data(), clocks.address(), sizeof of_block,
                                                  stream.get()),
              "copying");
        check(nvidia::driver().stream_synchronize(stream.get()), "waiting");
        const double rate = 2.0 * 9 * 64 * 64 * 256 * tiles * done / taken;
        const double clock = static_cast<double>(of_block[0]) / static_cast<double>(of_block[1]) * 1e9;
        std::printf("%-36s %6.1f TFLOP/s, %4.0f MHz, %4.0f FLOP a clock of a multiprocessor\n", variant.name,
                    rate / 1e12, clock / 1e6, rate / clock / device.facts.multiprocessors);
        std::fflush(stdout);
    }
}

} // namespace

int main(int count, char **values) {
    try {
        run(count > 1 ? std::strtod(values[1], nullptr) : 3);
        return 0;
    } catch (const std::exception &error) {
        std::cerr << error.what() << "\n";
        return 1;
    }
}
