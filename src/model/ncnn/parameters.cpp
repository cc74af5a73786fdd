// A layer's parameters are numbered, and a value's type shows only in how it is written. What a converter
// asks for in another type, or does not support, is refused by its number.
#include "model/ncnn/parameters.h"

#include "base/error.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

namespace vsmlrt::model::ncnn {

namespace {

constexpr int array_key = -23300;
constexpr int key_count = 32;

template <typename T>
bool parse_all(std::string_view text, T &value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

// "inf", "-inf" and "nan", which printf writes for a number.
bool is_not_finite(std::string_view text) {
    if (text.starts_with('-') || text.starts_with('+'))
        text.remove_prefix(1);
    const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
    return std::ranges::any_of(std::array<std::string_view, 3>{"inf", "infinity", "nan"},
                               [&](std::string_view word) { return std::ranges::equal(text, word, same); });
}

bool looks_real(std::string_view text) {
    return is_not_finite(text) || text.find_first_of(".eE") != std::string_view::npos;
}

bool looks_like_text(std::string_view text) {
    return !text.empty() && !is_not_finite(text) &&
           (text[0] == '"' || std::isalpha(static_cast<unsigned char>(text[0])) != 0);
}

float parse_real(std::string_view text, std::string_view what) {
    float value = 0;
    if (text.starts_with('+'))
        text.remove_prefix(1);
    if (!parse_all(text, value) || std::isnan(value))
        throw BadModel(what, " ", in_quotes(text), " is not a number");
    // A limit without an end: every float is below it.
    constexpr float most = std::numeric_limits<float>::max();
    return std::clamp(value, -most, most);
}

std::vector<std::string_view> split(std::string_view list) {
    std::vector<std::string_view> items;
    while (true) {
        const auto comma = list.find(',');
        items.push_back(list.substr(0, comma));
        if (comma == std::string_view::npos)
            return items;
        list.remove_prefix(comma + 1);
    }
}

// `items` as one kind: integers, unless one of them is written as a real number.
std::variant<std::vector<std::int32_t>, std::vector<float>>
parse_array(const std::vector<std::string_view> &items) {
    constexpr auto what = "array element";
    if (std::ranges::any_of(items, looks_real)) {
        std::vector<float> values;
        for (const auto item : items)
            values.push_back(parse_real(item, what));
        return values;
    }
    std::vector<std::int32_t> values;
    for (const auto item : items)
        values.push_back(parse_integer(item, what));
    return values;
}

} // namespace

std::string in_quotes(std::string_view text) {
    constexpr std::size_t limit = 40;
    std::string out = "\"";
    for (const char c : text.substr(0, limit))
        out += std::isprint(static_cast<unsigned char>(c)) != 0 ? c : '?';
    return out + (text.size() > limit ? "...\"" : "\"");
}

std::int32_t parse_integer(std::string_view text, std::string_view what) {
    std::int32_t value = 0;
    if (!parse_all(text, value))
        throw BadModel(what, " ", in_quotes(text), " is not a 32-bit integer");
    return value;
}

void Parameters::add(std::string_view pair) {
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos)
        throw BadModel(in_quotes(pair), " is not a key=value pair");
    int key = parse_integer(pair.substr(0, equals), "parameter key");
    const auto text = pair.substr(equals + 1);
    auto items = split(text);
    const bool counted = key <= array_key;
    if (counted) {
        key = array_key - key;
        const auto count = parse_integer(items.front(), "array length");
        items.erase(items.begin());
        if (count < 0 || static_cast<std::size_t>(count) != items.size())
            throw BadModel("array ", key, " claims ", count, " elements and has ", items.size());
    }
    if (key < 0 || key >= key_count)
        throw BadModel("parameter key ", key, " is outside 0..", key_count - 1);

    Value value;
    if (counted || (items.size() > 1 && !looks_like_text(text)))
        std::visit([&](auto &&array) { value = std::forward<decltype(array)>(array); }, parse_array(items));
    else if (looks_like_text(text))
        value = std::string(text);
    else if (looks_real(text))
        value = parse_real(text, "value");
    else
        value = parse_integer(text, "value");
    if (!values_.emplace(key, std::move(value)).second)
        throw BadModel("parameter ", key, " is given twice");
}

const Parameters::Value *Parameters::find(int key) const {
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
}

std::int32_t Parameters::integer(int key, std::int32_t fallback) const {
    const auto *value = find(key);
    if (value == nullptr)
        return fallback;
    if (const auto *number = std::get_if<std::int32_t>(value))
        return *number;
    throw BadModel("parameter ", key, " must be an integer");
}

std::int32_t Parameters::integer(int key, std::int32_t fallback, std::int32_t low, std::int32_t high) const {
    const auto value = integer(key, fallback);
    if (value < low || value > high)
        throw BadModel("parameter ", key, " is ", value, ", outside ", low, "..", high);
    return value;
}

float Parameters::real(int key, float fallback) const {
    const auto *value = find(key);
    if (value == nullptr)
        return fallback;
    if (const auto *number = std::get_if<float>(value))
        return *number;
    if (const auto *number = std::get_if<std::int32_t>(value))
        return static_cast<float>(*number);
    throw BadModel("parameter ", key, " must be a number");
}

std::vector<std::int32_t> Parameters::integers(int key) const {
    const auto *value = find(key);
    if (value == nullptr)
        return {};
    if (const auto *array = std::get_if<std::vector<std::int32_t>>(value))
        return *array;
    if (const auto *number = std::get_if<std::int32_t>(value))
        return {*number};
    throw BadModel("parameter ", key, " must be an array of integers");
}

std::vector<float> Parameters::reals(int key) const {
    const auto *value = find(key);
    if (value == nullptr)
        return {};
    if (const auto *array = std::get_if<std::vector<float>>(value))
        return *array;
    if (const auto *array = std::get_if<std::vector<std::int32_t>>(value))
        return {array->begin(), array->end()};
    if (std::holds_alternative<std::string>(*value))
        throw BadModel("parameter ", key, " must be an array of numbers");
    return {real(key, 0)};
}

void Parameters::must_be(int key, std::int32_t expected, std::string_view feature) const {
    const auto *value = find(key);
    if (value == nullptr)
        return;
    const auto *number = std::get_if<std::int32_t>(value);
    if (number == nullptr || *number != expected)
        throw BadModel("parameter ", key, ": ", feature, " is not supported");
}

} // namespace vsmlrt::model::ncnn
