// Small param texts and bin files for tests of the ncnn import.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vsmlrt::model {

// A bin file, put together value by value.
class BinFile {
public:
    BinFile &tag(std::uint32_t value) {
        for (int shift = 0; shift < 32; shift += 8)
            bytes_.push_back(static_cast<std::byte>(value >> shift));
        return *this;
    }
    BinFile &floats(std::size_t count, float value) {
        for (std::size_t i = 0; i < count; ++i)
            tag(std::bit_cast<std::uint32_t>(value));
        return *this;
    }
    BinFile &bytes(std::size_t count, int value) {
        bytes_.insert(bytes_.end(), count, static_cast<std::byte>(value));
        return *this;
    }
    [[nodiscard]] const std::vector<std::byte> &content() const { return bytes_; }

private:
    std::vector<std::byte> bytes_;
};

// A param text of an Input layer of three channels, whose blob is "in", and these layers.
inline std::string param_of(int layers, std::string_view lines) {
    return "7767517\n" + std::to_string(layers + 1) + " 64\nInput in 0 1 in 0=8 1=8 2=3\n" +
           std::string(lines);
}

// 3x3 convolution of three channels to three, with a bias.
inline constexpr std::string_view convolution = "Convolution conv 1 1 in out 0=3 1=3 5=1 6=81\n";

inline BinFile convolution_weights() {
    BinFile bin;
    bin.tag(0).floats(81, 0.25F).floats(3, 0.5F);
    return bin;
}

} // namespace vsmlrt::model
