#include "cuda/hopper_layout.h"

#include "tensor/half.h"

#include <cstring>
#include <stdexcept>

namespace vsmlrt::cuda {

const ConvCandidate &candidate_named(const char *name) {
    for (const ConvCandidate &candidate : hopper_candidates())
        if (std::string_view(candidate.name) == name)
            return candidate;
    throw std::out_of_range(name);
}

std::vector<float> filters_of(const Asked &asked) {
    std::vector<float> values(static_cast<std::size_t>(asked.in * asked.out * asked.kernel * asked.kernel));
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<float>(static_cast<int>(i * 7919 % 31) - 15);
    return values;
}
float input_at(int channel, std::int64_t y, std::int64_t x, std::int64_t height, std::int64_t width) {
    if (y < 0 || x < 0 || y >= height || x >= width)
        return 0.0f;
    return static_cast<float>((channel * 5 + y * 3 + x * 11) % 17 - 8);
}

float expected(const Asked &asked, const std::vector<float> &filters, int out, std::int64_t y, std::int64_t x,
               std::int64_t height, std::int64_t width) {
    const std::int64_t k = asked.kernel;
    float sum = 0.0f;
    for (int in = 0; in < asked.in; ++in)
        for (std::int64_t dy = 0; dy < k; ++dy)
            for (std::int64_t dx = 0; dx < k; ++dx) {
                const std::int64_t pair =
                    asked.transposed ? std::int64_t{in} * asked.out + out : std::int64_t{out} * asked.in + in;
                const float weight = filters[static_cast<std::size_t>((pair * k + dy) * k + dx)];
                if (!asked.transposed) {
                    sum += weight * input_at(in, y * asked.stride + dy - asked.pad,
                                             x * asked.stride + dx - asked.pad, height, width);
                    continue;
                }
                const std::int64_t from_y = y + asked.pad - dy;
                const std::int64_t from_x = x + asked.pad - dx;
                if (from_y % asked.stride == 0 && from_x % asked.stride == 0)
                    sum += weight * input_at(in, from_y / asked.stride, from_x / asked.stride, height, width);
            }
    return sum;
}

float half_at(const std::vector<std::byte> &image, std::size_t byte) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, image.data() + byte, sizeof bits);
    return half_to_float(bits);
}

float operand_at(const std::vector<std::byte> &image, std::size_t base, int row, int k, int row_bytes) {
    std::size_t address = static_cast<std::size_t>(row * row_bytes + k * 2);
    address ^= (address >> 7 & static_cast<std::size_t>(row_bytes / 16 - 1)) << 4;
    return half_at(image, base + address);
}

} // namespace vsmlrt::cuda
