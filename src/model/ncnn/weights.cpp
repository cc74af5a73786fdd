#include "model/ncnn/weights.h"

#include "base/checked.h"
#include "tensor/half.h"

#include <cstring>

namespace vsmlrt::model::ncnn {

namespace {

constexpr std::uint32_t tag_half = 0x01306B47;
constexpr std::uint32_t tag_int8 = 0x000D4B38;
constexpr std::uint32_t tag_float = 0x0002C056; // float32 that a quantizer left alone
constexpr std::size_t table_size = 256;

std::vector<float> floats(std::span<const std::byte> bytes) {
    std::vector<float> values(bytes.size() / sizeof(float));
    if (!values.empty())
        std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    return values;
}

float half_at(std::span<const std::byte> bytes, std::size_t index) {
    std::uint16_t half = 0;
    std::memcpy(&half, bytes.data() + index * sizeof(half), sizeof(half));
    return half_to_float(half);
}

} // namespace

// The result covers the padding up to 4 bytes, which callers leave out by counting.
std::span<const std::byte> WeightReader::take(std::int64_t count, std::size_t bytes_each, const char *what) {
    const auto bytes = checked_mul(count, static_cast<std::int64_t>(bytes_each), what);
    const auto padded = checked_add(bytes, (4 - bytes % 4) % 4, what);
    if (std::cmp_greater(padded, rest_.size()))
        throw BadModel("the weights end too early: for ", what, " it takes ", padded, " bytes, and ",
                       rest_.size(), " are left");
    const auto taken = rest_.first(static_cast<std::size_t>(padded));
    rest_ = rest_.subspan(taken.size());
    return taken;
}

std::vector<float> WeightReader::raw(std::int64_t count) {
    return floats(take(count, sizeof(float), "float32 values"));
}

WeightReader::Weights WeightReader::tagged(std::int64_t count) {
    std::uint32_t tag = 0;
    std::memcpy(&tag, take(1, sizeof(tag), "the tag").data(), sizeof(tag));
    if (tag == 0 || tag == tag_float)
        return {raw(count), false};

    if (tag == tag_half) {
        const auto bytes = take(count, sizeof(std::uint16_t), "float16 values");
        std::vector<float> values(static_cast<std::size_t>(count));
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = half_at(bytes, i);
        return {std::move(values), false};
    }
    if (tag == tag_int8) {
        const auto bytes = take(count, 1, "int8 values");
        std::vector<float> values(static_cast<std::size_t>(count));
        for (std::size_t i = 0; i < values.size(); ++i)
            values[i] = static_cast<float>(static_cast<std::int8_t>(bytes[i]));
        return {std::move(values), true};
    }
    const auto table = raw(table_size);
    const auto indices = take(count, 1, "table indices");
    std::vector<float> values(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = table[static_cast<std::size_t>(indices[i])];
    return {std::move(values), false};
}

} // namespace vsmlrt::model::ncnn
