// A network of bench_cuda with its inputs, and what comes of it.
#pragma once

#include "backends/cuda/context.h"

#include <optional>
#include <string>
#include <vector>

namespace vsmlrt::test {

struct BenchArguments {
    vsmlrt_extent size = {1920, 1080};
    std::string precision = "fp16";
    // "mma": as on a card without Hopper's instructions; "geforce": as on one whose products are slow;
    // "plain"
    std::string kernels = "auto";
    std::string accumulate = "fp32";
    int streams = 1;
    int in_flight = 0; // of the host; 0: unknown
    struct Range {
        vsmlrt_extent smallest, best, largest;
    };
    std::optional<Range> range; // else of the size alone
    std::string keep;           // the folder of vsmlrt_program_desc::shared_folder; empty: none
};

// The first GPU; with the kernels of "mma", as if it had neither Hopper's instructions nor its shared memory.
[[nodiscard]] cuda::Device bench_device(const BenchArguments &arguments);

// A family's network or the file of that name, in the precision asked for.
[[nodiscard]] std::vector<std::byte> bench_onnx(const BenchArguments &arguments, const std::string &name);
// Of `onnx`, which outlives it.
[[nodiscard]] vsmlrt_program_desc bench_description(const BenchArguments &arguments,
                                                    const std::vector<std::byte> &onnx);

// Random values in [0, 1), the same whatever the type: those that float16 has. What is the same everywhere
// takes less power, and is computed faster. Interpolators get smooth pictures with some noise, the second one
// moved, a moment, and grids of the picture's size.
void fill_at_random(const std::vector<vsmlrt_tensor> &inputs);

// The network's first result for such inputs.
[[nodiscard]] std::vector<float> bench_result(const BenchArguments &arguments, const std::string &name,
                                              const std::vector<std::byte> &choices = {});

// |given - expected| / |expected|, Euclidean norms.
[[nodiscard]] double relative_error(const std::vector<float> &given, const std::vector<float> &expected);
// In dB, the peak being what lies between the least and the greatest of what is expected.
[[nodiscard]] double signal_to_noise(const std::vector<float> &given, const std::vector<float> &expected);

} // namespace vsmlrt::test
