#include "model/card.h"

#include "base/checked.h"

#include <array>
#include <charconv>
#include <limits>

namespace vsmlrt::model {
namespace {

constexpr std::size_t image_rank = 4;
constexpr std::size_t channel_axis = 1;

constexpr const char *multiple_key = "vsmlrt.multiple";
constexpr const char *minimum_key = "vsmlrt.minimum";
constexpr const char *padding_key = "vsmlrt.padding";
constexpr const char *scale_key = "vsmlrt.scale";
constexpr const char *receptive_field_key = "vsmlrt.receptive_field";
constexpr const char *global_key = "vsmlrt.global";
constexpr std::array padding_names = {"mirror", "edge", "zero"}; // in the order of Padding

const std::string *find(const Network &network, const char *key) {
    const auto found = network.metadata.find(key);
    return found == network.metadata.end() ? nullptr : &found->second;
}

std::optional<int> read_number(const Network &network, const char *key, int smallest) {
    const std::string *text = find(network, key);
    if (!text)
        return std::nullopt;
    int value = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size() || value < smallest)
        throw BadModel("metadata \"", key, "\": an integer from ", smallest, " on is accepted, got \"", *text,
                       "\"");
    return value;
}

Padding read_padding(const Network &network) {
    const std::string *text = find(network, padding_key);
    if (!text)
        return Padding::mirror;
    for (std::size_t i = 0; i < padding_names.size(); ++i)
        if (*text == padding_names[i])
            return static_cast<Padding>(i);
    throw BadModel("metadata \"", padding_key, "\": ", join(padding_names, ", "), " are accepted, got \"",
                   *text, "\"");
}

// "no shape", "5 dimensions (1, ?, 3, 64, 64)".
std::string described(const Value &input) {
    if (!input.has_shape)
        return "no shape";
    std::vector<std::string> sizes;
    for (const Dim &dim : input.dims)
        sizes.push_back(dim.size ? std::to_string(*dim.size) : "?");
    return text(sizes.size(), " dimension(s) (", join(sizes, ", "), ")");
}

int input_channels(const Value &input) {
    if (!input.has_shape || input.dims.size() != image_rank)
        throw BadModel(
            "input \"", input.name,
            "\" is not a picture: 1, channels, height, width are accepted, and without the 1, "
            "without the channels, with the channels last, or 1, pictures, channels, height, width "
            "with the numbers of both; it has ",
            described(input));
    if (input.type != Element::f32 && input.type != Element::f16)
        throw BadModel("input \"", input.name,
                       "\" is not a picture: floats, uint8, int8 and uint16 are accepted, it holds ",
                       element_name(input.type));
    const std::optional<std::int64_t> channels = input.dims[channel_axis].size;
    if (!channels || *channels < 1)
        throw BadModel("input \"", input.name, "\" does not say how many channels it has");
    return checked_cast<int>(*channels, "channels of an input");
}

} // namespace

Card read_card(const Network &network) {
    Card card;
    if (network.inputs.empty())
        throw BadModel("the network has no inputs");
    std::int64_t channels = 0;
    for (const Value &input : network.inputs)
        channels = checked_add(channels, input_channels(input), "channels of all inputs");
    card.channels = checked_cast<int>(channels, "channels of all inputs");
    const auto fixed = [&](std::size_t axis) {
        return checked_cast<int>(network.inputs.front().dims[axis].size.value_or(0), "size of an input");
    };
    card.fixed_height = fixed(2);
    card.fixed_width = fixed(3);
    const Value &output = network.outputs.front();
    if (output.has_shape && output.dims.size() == image_rank)
        card.output_channels =
            checked_cast<int>(output.dims[channel_axis].size.value_or(0), "channels of the output");
    card.multiple = read_number(network, multiple_key, 1).value_or(1);
    card.minimum = read_number(network, minimum_key, 1).value_or(1);
    card.padding = read_padding(network);
    card.scale = read_number(network, scale_key, 1);
    card.receptive_field = read_number(network, receptive_field_key, 0);
    card.global = read_number(network, global_key, 0).value_or(0) != 0;
    return card;
}

void write_card(Network &network, const Card &card) {
    auto &metadata = network.metadata;
    metadata[multiple_key] = std::to_string(card.multiple);
    metadata[minimum_key] = std::to_string(card.minimum);
    metadata[padding_key] = padding_names.at(static_cast<std::size_t>(card.padding));
    // Not written where nobody found it, so that inspection still can.
    metadata.erase(global_key);
    if (card.global)
        metadata[global_key] = "1";
    const auto write_known = [&](const char *key, const std::optional<int> &value) {
        if (value)
            metadata[key] = std::to_string(*value);
        else
            metadata.erase(key);
    };
    write_known(scale_key, card.scale);
    write_known(receptive_field_key, card.receptive_field);
}

} // namespace vsmlrt::model
