// Images that own their values, and the convolution by its definition.
#pragma once

#include "cpu/convolution.h"

#include <string>
#include <vector>

namespace vsmlrt::test {

struct Picture {
    // Random values in -1 to 1; pixels `pixel` elements apart (default: dense), in fp32 or bf16.
    Picture(cpu::Extent extent, std::int64_t channels, cpu::Storage storage, unsigned seed,
            std::int64_t pixel = 0);

    [[nodiscard]] cpu::Image image();
    [[nodiscard]] float at(std::int64_t y, std::int64_t x, std::int64_t channel) const; // zero outside

    cpu::Extent extent;
    std::int64_t channels;
    std::int64_t pixel;
    cpu::Storage storage;
    std::vector<float> floats;
    std::vector<std::uint16_t> bfloats;
};

inline constexpr cpu::Form halving = {2, 2};
inline constexpr cpu::Form doubling = {2, 2, true};

struct Constants {
    Constants(std::int64_t inputs, std::int64_t outputs, bool sloped, unsigned seed, cpu::Form form = {});
    [[nodiscard]] cpu::ConvolutionDesc desc(cpu::Pads pads) const;

    std::int64_t inputs;
    std::int64_t outputs;
    cpu::Form form;
    std::vector<float> weights;
    std::vector<float> bias;
    std::vector<float> slopes;
};

// By the definition, in double. Pictures that are added may be null.
[[nodiscard]] double convolved(const Constants &constants, cpu::Pads pads, const Picture &input,
                               std::int64_t y, std::int64_t x, std::int64_t channel,
                               const Picture *before = nullptr, const Picture *after = nullptr);

// A convolution that is compared with the definition.
struct ConvolutionCase {
    [[nodiscard]] std::string name() const;

    std::int64_t inputs;
    std::int64_t outputs;
    cpu::Extent extent; // of the input
    cpu::Pads pads = {1, 1, 1, 1};
    bool sloped = false;
    bool added_before = false;
    bool added_after = false;
    std::int64_t pixel = 0; // elements from a pixel to the next; 0: dense
    cpu::Form form = {};
};

// The greatest error of a result, over 1 and its magnitude. `before` and `after` count where the case adds
// them.
[[nodiscard]] double greatest_error(const ConvolutionCase &c, const Constants &constants,
                                    const Picture &input, const Picture &output, const Picture &before,
                                    const Picture &after);

} // namespace vsmlrt::test
