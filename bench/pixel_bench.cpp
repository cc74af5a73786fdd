// The codec on three planes of 1920x1080, as a frame passes it, against plain memory copies of the same
// bytes. Figures of bytes count what is read and what is written.
#include "pixel/codec.h"
#include "pixel/select.h"
#include "tensor/buffer.h"

#include <benchmark/benchmark.h>

#include <cstring>
#include <vector>

namespace vsmlrt::pixel {
namespace {

constexpr int width = 1920;
constexpr int height = 1080;
constexpr int planes = 3;

// Three planes one after the other, filled with numbers that every type can hold.
class Frame {
public:
    Frame(vsmlrt_type type, int padding)
        : type_(type), width_(width + padding), height_(height + padding),
          sample_(type == VSMLRT_FLOAT16 ? 2 : 4), memory_(plane_bytes() * planes) {
        std::memset(memory_.data(), 0x3c, memory_.bytes());
    }

    [[nodiscard]] std::size_t plane_bytes() const {
        return static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_) * sample_;
    }
    [[nodiscard]] std::size_t bytes() const { return memory_.bytes(); }
    [[nodiscard]] std::byte *data() const { return memory_.data(); }
    [[nodiscard]] Plane plane(int i) const {
        return {type_, data() + plane_bytes() * static_cast<std::size_t>(i),
                static_cast<std::ptrdiff_t>(static_cast<std::size_t>(width_) * sample_), width_, height_};
    }
    [[nodiscard]] ConstPlane view(int i) const {
        const Plane it = plane(i);
        return {it.type, it.data, it.stride, it.width, it.height};
    }

private:
    vsmlrt_type type_;
    int width_;
    int height_;
    std::size_t sample_;
    HostBuffer memory_;
};

vsmlrt_type type_of(const benchmark::State &state, int argument) {
    return state.range(argument) == 16 ? VSMLRT_FLOAT16 : VSMLRT_FLOAT32;
}

void count_bytes(benchmark::State &state, std::size_t each_time) {
    state.SetBytesProcessed(static_cast<std::int64_t>(each_time) * state.iterations());
}

void memcpy_in_and_out(benchmark::State &state) {
    const Frame source(VSMLRT_FLOAT32, 0);
    const Frame tensor(VSMLRT_FLOAT32, 0);
    const Frame result(VSMLRT_FLOAT32, 0);
    for (auto _ : state) {
        std::memcpy(tensor.data(), source.data(), source.bytes());
        benchmark::ClobberMemory();
        std::memcpy(result.data(), tensor.data(), tensor.bytes());
        benchmark::ClobberMemory();
    }
    count_bytes(state, 4 * source.bytes());
}
BENCHMARK(memcpy_in_and_out)->Unit(benchmark::kMillisecond);

void frame_in_and_out(benchmark::State &state) {
    const Frame source(VSMLRT_FLOAT32, 0);
    const Frame tensor(VSMLRT_FLOAT32, 0);
    const Frame result(VSMLRT_FLOAT32, 0);
    for (auto _ : state) {
        for (int i = 0; i < planes; ++i)
            read_rectangle(source.view(i), 0, 0, Border::mirror, tensor.plane(i));
        benchmark::ClobberMemory();
        for (int i = 0; i < planes; ++i)
            benchmark::DoNotOptimize(write_rectangle(tensor.view(i), 0, 0, result.plane(i)));
        benchmark::ClobberMemory();
    }
    count_bytes(state, 4 * source.bytes());
}
BENCHMARK(frame_in_and_out)->Unit(benchmark::kMillisecond);

void read(benchmark::State &state) {
    const Frame source(type_of(state, 0), 0);
    const auto border = static_cast<int>(state.range(2));
    const Frame tensor(type_of(state, 1), 2 * border);
    for (auto _ : state) {
        for (int i = 0; i < planes; ++i)
            read_rectangle(source.view(i), -border, -border, Border::mirror, tensor.plane(i));
        benchmark::ClobberMemory();
    }
    count_bytes(state, source.bytes() + tensor.bytes());
}
BENCHMARK(read)
    ->ArgNames({"from", "to", "border"})
    ->ArgsProduct({{32, 16}, {32, 16}, {0, 16}})
    ->Unit(benchmark::kMillisecond);

void write(benchmark::State &state) {
    const Frame tensor(type_of(state, 0), 0);
    const Frame result(type_of(state, 1), 0);
    for (auto _ : state) {
        for (int i = 0; i < planes; ++i)
            benchmark::DoNotOptimize(write_rectangle(tensor.view(i), 0, 0, result.plane(i)));
        benchmark::ClobberMemory();
    }
    count_bytes(state, tensor.bytes() + result.bytes());
}
BENCHMARK(write)->ArgNames({"from", "to"})->ArgsProduct({{32, 16}, {32, 16}})->Unit(benchmark::kMillisecond);

void blend(benchmark::State &state) {
    const Frame tensor(type_of(state, 0), 0);
    const Frame sum(VSMLRT_FLOAT32, 0);
    const std::vector<float> weights(width, 0.5F);
    for (auto _ : state) {
        for (int i = 0; i < planes; ++i)
            benchmark::DoNotOptimize(
                blend_rectangle(tensor.view(i), 0, 0, weights.data(), weights.data(), sum.plane(i)));
        benchmark::ClobberMemory();
    }
    count_bytes(state, tensor.bytes() + 2 * sum.bytes());
}
BENCHMARK(blend)->ArgNames({"from"})->ArgsProduct({{32, 16}})->Unit(benchmark::kMillisecond);

void check(benchmark::State &state) {
    const Frame frame(VSMLRT_FLOAT32, 0);
    for (auto _ : state)
        for (int i = 0; i < planes; ++i)
            benchmark::DoNotOptimize(has_not_finite(frame.view(i)));
    count_bytes(state, frame.bytes());
}
BENCHMARK(check)->Unit(benchmark::kMillisecond);

// One plane's width in the caches, by instruction set: what the kernels cost without the memory.
void row_in_cache(benchmark::State &state) {
    const auto set = static_cast<InstructionSet>(state.range(0));
    const Kernels *table = kernels_for(set);
    if (!table) {
        state.SkipWithError("no kernels for it, or this processor does not have it");
        return;
    }
    const std::vector<float> from(width, 0.5F);
    std::vector<float> to(width);
    for (auto _ : state) {
        benchmark::DoNotOptimize(table->copy_float(from.data(), to.data(), width));
        benchmark::ClobberMemory();
    }
    state.SetLabel(table->name);
    count_bytes(state, 2 * sizeof(float) * width);
}
BENCHMARK(row_in_cache)->DenseRange(0, static_cast<int>(InstructionSet::avx512));

} // namespace
} // namespace vsmlrt::pixel

BENCHMARK_MAIN();
