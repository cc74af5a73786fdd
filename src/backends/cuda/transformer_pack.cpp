#include "backends/cuda/transformer_pack.h"

#include "backends/cuda/hopper_pack.h"
#include "backends/cuda/kernels/transformer_layout.cuh"
#include "backends/cuda/launching.h"
#include "base/error.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <map>

namespace vsmlrt::cuda {
namespace {

constexpr int step = channels_of_step;
constexpr int most_tokens = tokens_of_window;

int count_steps(std::int64_t channels) {
    return static_cast<int>(steps_of(channels));
}

void put(std::vector<std::byte> &bytes, std::size_t element, Element storage, float value) {
    const std::uint16_t bits = storage_bits(storage, value);
    std::memcpy(bytes.data() + element * sizeof bits, &bits, sizeof bits);
}

// A matrix of constants, 0 outside.
struct Matrix {
    std::vector<float> values;
    std::int64_t rows, columns;

    [[nodiscard]] float at(std::int64_t row, std::int64_t column) const {
        return row < rows && column < columns ? values[static_cast<std::size_t>(row * columns + column)]
                                              : 0.0F;
    }
};

Matrix matrix(std::vector<float> values, std::int64_t rows) {
    const auto columns = static_cast<std::int64_t>(values.size()) / rows;
    return {std::move(values), rows, columns};
}

} // namespace

std::vector<std::byte> pack_weights(Element storage, int inner, int columns, const WeightAt &value) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(inner) * static_cast<std::size_t>(columns) * 2);
    for (int k = 0; k < inner; ++k)
        for (int n = 0; n < columns; ++n)
            put(bytes, static_cast<std::size_t>(weight_place(k, n, inner / step)), storage, value(k, n));
    return bytes;
}

std::vector<std::byte> TransformerConstants::normalization(const Normalization &from) const {
    const auto places = static_cast<std::size_t>(count_steps(channels)) * step;
    std::vector<float> values(2 * places, 0.0F);
    const std::vector<float> scale = contents(from.scale);
    std::copy(scale.begin(), scale.end(), values.begin());
    if (from.bias != graph::no_value) {
        const std::vector<float> bias = contents(from.bias);
        std::copy(bias.begin(), bias.end(), values.begin() + static_cast<std::ptrdiff_t>(places));
    }
    return bytes_of_floats(values);
}

std::vector<std::byte> TransformerConstants::qkv(const WindowAttention &attention) const {
    const int steps = count_steps(channels);
    const int columns = count_steps(attention.depth) * step;
    std::vector<std::byte> all;
    const Linear *const parts[] = {&attention.queries, &attention.keys, &attention.values};
    std::vector<Matrix> weights;
    for (const Linear *part : parts)
        weights.push_back(matrix(contents(part->weights), channels));
    for (std::int64_t head = 0; head < attention.heads; ++head)
        for (std::size_t part = 0; part < weights.size(); ++part) {
            const std::int64_t from = parts[part]->offset + head * attention.depth;
            const std::vector<std::byte> packed =
                pack_weights(storage, steps * step, columns, [&](int k, int n) {
                    return n < attention.depth ? weights[part].at(channel_of_inner(k, steps), from + n)
                                               : 0.0F;
                });
            all.insert(all.end(), packed.begin(), packed.end());
        }
    return all;
}

std::vector<std::byte> TransformerConstants::qkv_bias(const WindowAttention &attention) const {
    const auto places = static_cast<std::size_t>(count_steps(attention.depth)) * step;
    const auto depth = static_cast<std::size_t>(attention.depth);
    std::vector<float> values;
    const Linear *const parts[] = {&attention.queries, &attention.keys, &attention.values};
    for (std::int64_t head = 0; head < attention.heads; ++head)
        for (const Linear *part : parts) {
            const std::vector<float> bias =
                part->bias == graph::no_value ? std::vector<float>() : contents(part->bias);
            const auto from = static_cast<std::size_t>(part->offset + head * attention.depth);
            for (std::size_t i = 0; i < places; ++i)
                values.push_back(i < depth && !bias.empty() ? bias[from + i] : 0.0F);
            if (part == &attention.values && depth < places) // what sums the weights up
                values[values.size() - places + depth] = 1;
        }
    return bytes_of_floats(values);
}

std::vector<std::byte> TransformerConstants::table(const WindowAttention &attention) const {
    const std::int64_t tokens = attention.windows.rows * attention.windows.columns;
    constexpr std::size_t of_warp = std::size_t{step} * most_tokens;
    const auto heads = static_cast<std::size_t>(attention.heads);
    std::vector<std::byte> bytes(heads * most_tokens * most_tokens * 2);
    for (std::size_t head = 0; head < heads; ++head)
        for (int query = 0; query < most_tokens; ++query)
            for (int key = 0; key < most_tokens; ++key) {
                const auto at = (head * static_cast<std::size_t>(tokens) + static_cast<std::size_t>(query)) *
                                    static_cast<std::size_t>(tokens) +
                                static_cast<std::size_t>(key);
                float value = 0;
                if (key >= tokens)
                    value = -std::numeric_limits<float>::infinity(); // no such key
                else if (query < tokens && !attention.table.empty())
                    value = attention.table[at];
                put(bytes,
                    (head * 4 + static_cast<std::size_t>(query / step)) * of_warp +
                        static_cast<std::size_t>(score_place(query, key)),
                    storage, value);
            }
    return bytes;
}

TransformerConstants::Masks TransformerConstants::masks(const WindowAttention &attention) const {
    const auto tokens = static_cast<std::size_t>(attention.windows.rows * attention.windows.columns);
    const std::vector<float> values = contents(attention.mask);
    std::map<std::vector<float>, std::uint16_t> numbers{
        {std::vector<float>(tokens * tokens, 0.0F), std::uint16_t{0}}};
    Masks masks;
    for (std::size_t at = 0; at < values.size(); at += tokens * tokens) {
        const auto first = values.begin() + static_cast<std::ptrdiff_t>(at);
        const std::vector<float> own(first, first + static_cast<std::ptrdiff_t>(tokens * tokens));
        const auto [found, is_new] = numbers.try_emplace(own, static_cast<std::uint16_t>(numbers.size()));
        const auto bytes = std::bit_cast<std::array<std::byte, 2>>(found->second);
        masks.of_window.insert(masks.of_window.end(), bytes.begin(), bytes.end());
        if (!is_new)
            continue;
        const std::size_t begin = masks.tables.size() / 2;
        masks.tables.resize(masks.tables.size() + std::size_t{most_tokens} * most_tokens * 2);
        for (std::size_t query = 0; query < tokens; ++query)
            for (std::size_t key = 0; key < tokens; ++key)
                put(masks.tables,
                    begin + query / step * step * most_tokens +
                        static_cast<std::size_t>(score_place(static_cast<int>(query), static_cast<int>(key))),
                    storage, own[query * tokens + key]);
    }
    if (numbers.size() > std::numeric_limits<std::uint16_t>::max())
        throw Unsupported("cuda: ", numbers.size(),
                          " different masks of windows; at most 65535 are accepted");
    if (masks.tables.empty()) // no window has one
        masks.tables.resize(sizeof(std::uint16_t));
    return masks;
}

std::vector<std::byte> TransformerConstants::projection(const WindowAttention &attention) const {
    const int steps = count_steps(channels);
    const int inner = count_steps(attention.depth) * step;
    const Matrix weights = matrix(contents(attention.projection.weights), attention.heads * attention.depth);
    std::vector<std::byte> all;
    for (std::int64_t head = 0; head < attention.heads; ++head) {
        const std::vector<std::byte> packed = pack_weights(storage, inner, steps * step, [&](int k, int n) {
            return k < attention.depth ? weights.at(head * attention.depth + k, channel_of_column(n, steps))
                                       : 0.0F;
        });
        all.insert(all.end(), packed.begin(), packed.end());
    }
    return all;
}

std::vector<std::byte> TransformerConstants::first(const Perceptron &perceptron) const {
    const int steps = count_steps(channels);
    const Matrix weights = matrix(contents(perceptron.first.weights), channels);
    return pack_weights(storage, steps * step, count_steps(weights.columns) * step,
                        [&](int k, int n) { return weights.at(channel_of_inner(k, steps), n); });
}

std::vector<std::byte> TransformerConstants::second(const Perceptron &perceptron) const {
    const int steps = count_steps(channels);
    const std::vector<float> values = contents(perceptron.second.weights);
    const Matrix weights = matrix(values, static_cast<std::int64_t>(values.size()) / channels);
    std::vector<std::byte> all;
    for (int hidden = 0; hidden < weights.rows; hidden += step) {
        const std::vector<std::byte> packed = pack_weights(storage, step, steps * step, [&](int k, int n) {
            return weights.at(hidden + k, channel_of_column(n, steps));
        });
        all.insert(all.end(), packed.begin(), packed.end());
    }
    return all;
}

std::vector<std::byte> TransformerConstants::bias(graph::ValueId value) const {
    return hidden(value, channels);
}

std::vector<std::byte> TransformerConstants::hidden(graph::ValueId value, std::int64_t count) const {
    std::vector<float> values(static_cast<std::size_t>(count_steps(count)) * step, 0.0F);
    if (value != graph::no_value) {
        const std::vector<float> given = contents(value);
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
            values[i] = given.size() == 1 ? given[0] : given[i];
    }
    return bytes_of_floats(values);
}

} // namespace vsmlrt::cuda
