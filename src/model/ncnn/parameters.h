// The "key=value" pairs at the end of a layer line of a param file.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vsmlrt::model::ncnn {

// File content for a message: at most 40 bytes, what cannot be printed as '?', in quotes.
[[nodiscard]] std::string in_quotes(std::string_view text);

// A decimal 32-bit integer that fills `text`; BadModel with `what` otherwise.
[[nodiscard]] std::int32_t parse_integer(std::string_view text, std::string_view what);

// A larger number of channels or weights, or a larger side, is not a network's.
inline constexpr std::int32_t largest_count = 1 << 24;

class Parameters {
public:
    // One pair, "0=64", "-23310=2,0.1,0.2" (an array with its length in front) or "10=0.1,0.2" (the newer
    // array). BadModel for anything else, for keys outside 0..31 and for a key that was there before.
    void add(std::string_view pair);

    [[nodiscard]] bool has(int key) const { return values_.contains(key); }

    // The value, or `fallback` where the key is absent; BadModel naming the key if it is of another kind.
    [[nodiscard]] std::int32_t integer(int key, std::int32_t fallback) const;
    // As integer(), and BadModel if the value is not in low..high.
    [[nodiscard]] std::int32_t integer(int key, std::int32_t fallback, std::int32_t low,
                                       std::int32_t high) const;
    [[nodiscard]] float real(int key, float fallback) const;
    [[nodiscard]] std::vector<std::int32_t> integers(int key) const;
    [[nodiscard]] std::vector<float> reals(int key) const;

    // BadModel if the key is there and is not `expected`; for features that are not supported.
    void must_be(int key, std::int32_t expected, std::string_view feature) const;

private:
    using Value =
        std::variant<std::int32_t, float, std::vector<std::int32_t>, std::vector<float>, std::string>;
    [[nodiscard]] const Value *find(int key) const;
    std::map<int, Value> values_;
};

} // namespace vsmlrt::model::ncnn
