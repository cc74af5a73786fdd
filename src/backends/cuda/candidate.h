// What a kernel for convolutions agrees with: the problem, the epilogue that it includes as text, the
// operands at one size, and the launch that it asks for. See kernels/epilogue of a generated text for the
// functions that the epilogue defines.
#pragma once

#include "graph/ops.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace vsmlrt::cuda {

// What kernels are chosen by.
struct DeviceFacts {
    int architecture = 80; // 10 * major + minor of the compute capability
    int multiprocessors = 1;
    int shared_bytes_per_block = 99 << 10; // with the opt-in
    bool runs_barriers = true;             // false: a test runs kernels thread after thread

    // What kernels/hopper/ is for: wgmma and bulk copies, on no other architecture.
    [[nodiscard]] bool is_hopper() const { return architecture == 90; }
    // Whether mma.sync with fp32 sums is slow next to all else, as on GeForce, workstation and embedded
    // cards.
    [[nodiscard]] bool has_slow_products() const {
        return architecture == 86 || architecture == 87 || architecture == 89 || architecture >= 120;
    }
};

// What happens to a sum before it is stored, as text for the kernel to include.
struct Epilogue {
    std::string text;
    int channels = 0;       // vectors of one float a channel
    int tensors = 0;        // tensors of the result's shape
    bool broadcast = false; // one of them is spread along an axis: read it by epilogue_tensor alone
    int shuffle = 1;
    bool output_last = false;   // vectors of 8 channels may be stored
    bool output_floats = false; // the same of fp32, in two vectors of 4
    bool sums = false;          // the kernel also adds up each channel's results, see ConvCandidate::sum_rows
    // Behind a shuffle: the channels of a pixel and the lanes behind them, where each begins at a vector of
    // 4; else 0.
    int shuffled_lanes = 0;
    bool shuffled_vectors = false; // and whether vectors of 8 may be stored there
    int rows_of_planes = 0;        // 16-bit elements of a row, 4 or 2, that may be stored at once; else 0
    bool one_vector = false;       // a pixel is one vector of 8 channels and lanes behind them
    bool enlarged = false;         // all tensors are read where the sum lies before the shuffle
    Element output = Element::f32;
};

// Without any size of the picture.
struct ConvProblem {
    Element storage = Element::f16; // of input and weights; sums are fp32, but for
    bool half_sums = false;         // float16 storage: those of a few channels may be float16
    bool tf32 = false;              // fp32 storage: what is multiplied may be rounded to TF32
    int in_channels = 0;
    int out_channels = 0;
    graph::Pair kernel{1, 1};
    graph::Pair strides{1, 1};
    graph::Pair dilations{1, 1};
    graph::Quad pads{};
    bool transposed = false;
    int behind_bytes = 0;    // of weights of another one that the same kernel multiplies its result by
    bool adds_input = false; // the epilogue's only tensor is the input, of whose size the result is
    Epilogue epilogue;
};

// Two of them, of which the second reads the first one's result.
struct PairProblem {
    ConvProblem first, second;
};

// All of a problem that the weights' image may depend on, next to the candidate: padding decides where a
// strided convolution's parities begin, and may follow from the picture's size.
[[nodiscard]] std::string geometry(const ConvProblem &problem);

// At one size of the picture. Strides in elements; channels lie one after the other.
struct ConvOperands {
    std::uint64_t weights = 0; // of what pack() gave
    std::uint64_t input = 0;
    std::int64_t in_height = 0;
    std::int64_t in_width = 0;
    std::int64_t in_stride_y = 0;
    std::int64_t in_stride_x = 0;
    std::int64_t out_height = 0; // before the shuffle
    std::int64_t out_width = 0;
    std::vector<std::byte> epilogue; // EpilogueArgs
    std::uint64_t output = 0;
    std::int64_t output_stride_y = 0;
    std::int64_t output_stride_x = 0;
};

// What the driver encodes into the 128 bytes of a parameter.
struct TensorMap {
    Element type = Element::f16;
    std::uint64_t address = 0;
    std::vector<std::uint64_t> sizes;   // innermost first
    std::vector<std::uint64_t> strides; // bytes, of all axes but the innermost
    std::vector<std::uint32_t> box;
    int swizzle = 0; // bytes: 0, 32, 64 or 128
};

// Of all channels of a network's inputs, one behind the other, those that do not change along an axis: two
// bits each, for rows that are all equal and for columns. Of the first 32.
using EvenChannels = std::uint64_t;
inline constexpr std::size_t most_even_channels = 32;

// Bytes in which handles of textures stand: of rows of 16-bit floats, from `address` on.
struct WithTextures {
    struct Rows {
        std::size_t place = 0; // of the handle
        std::uint64_t address = 0;
        std::size_t width = 0; // elements
        std::size_t height = 0;
        std::size_t pitch = 0; // bytes
    };
    // Where 64-bit strides stand, of a channel of an input; 0 while it does not change along their axis.
    struct Strides {
        std::size_t place_y = 0;
        std::size_t place_x = 0;
        std::size_t channel = 0;
    };
    std::vector<std::byte> bytes;
    std::vector<Rows> textures;
    std::vector<Strides> strides;
};

// Copied in many places, by functions that are compiled in one (launching.cpp).
struct Argument : std::variant<std::vector<std::byte>, TensorMap, WithTextures> {
    using variant::variant;
    Argument(const Argument &);
    Argument(Argument &&) noexcept;
    Argument &operator=(const Argument &);
    Argument &operator=(Argument &&) noexcept;
    ~Argument();
};

template <typename T>
[[nodiscard]] std::vector<std::byte> argument(const T &value) {
    std::vector<std::byte> bytes(sizeof value);
    std::memcpy(bytes.data(), &value, sizeof value);
    return bytes;
}

struct Launch {
    std::array<unsigned, 3> grid{1, 1, 1};
    std::array<unsigned, 3> block{1, 1, 1};
    unsigned shared_bytes = 0;
    bool dependent = false; // starts before the launch in front of it has ended; the kernel waits itself
    std::vector<Argument> arguments;
};

struct ConvCandidate {
    const char *name = nullptr;
    // Exact: what it accepts is right at every size for which `fits` is true (null: all sizes).
    bool (*serves)(const ConvProblem &problem, const DeviceFacts &device) = nullptr;
    bool (*fits)(const ConvProblem &problem, const ConvOperands &operands) = nullptr;
    std::string (*source)(const ConvProblem &problem) = nullptr;
    // fp32 weights in ONNX's order to their image in the device's memory.
    std::vector<std::byte> (*pack)(const ConvProblem &problem, std::span<const float> weights) = nullptr;
    Launch (*launch)(const ConvProblem &problem, const ConvOperands &operands,
                     const DeviceFacts &device) = nullptr;
    // How many rows of sums it writes: row r holds, in fp32, what a part of the kernel has added up of each
    // channel, sum_pitch channels apart. 0 or null: it can't.
    int (*sum_rows)(const ConvProblem &problem, const ConvOperands &operands,
                    const DeviceFacts &device) = nullptr;
    // Whether it can be the fastest at this size (null: yes): what can't is neither compiled nor timed.
    bool (*contends)(const ConvProblem &problem, const ConvOperands &operands,
                     const DeviceFacts &device) = nullptr;
    // Whether it can hold these weights (null: all, and they may be scaled afterwards).
    bool (*holds)(std::span<const float> weights) = nullptr;
};

// Floats from row to row of such sums.
[[nodiscard]] constexpr std::int64_t sum_pitch(std::int64_t channels) {
    return (channels + 63) / 64 * 64;
}

// The kernels for sm_80 and newer; the preferred first.
[[nodiscard]] std::span<const ConvCandidate> mma_candidates();

// All lists, the preferred first.
[[nodiscard]] std::span<const std::span<const ConvCandidate>> candidate_lists();

// A value as an element of `storage` (f16 or bf16), rounded to nearest.
[[nodiscard]] std::uint16_t storage_bits(Element storage, float value);
// Its 16 bits, or the 32 of f32, behind an image of weights.
void add_weight(std::vector<std::byte> &image, Element storage, float value);

} // namespace vsmlrt::cuda
