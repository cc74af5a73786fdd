// The text comes from anywhere: every count that it states is
// compared with what follows, before anything is made of it.
#include "model/ncnn/param.h"

#include "base/error.h"
#include "model/foreign_file.h"

#include <span>
#include <unordered_map>
#include <utility>

namespace vsmlrt::model::ncnn {

namespace {

constexpr std::string_view magic = "7767517";
constexpr std::string_view blanks = " \t\r\v\f";

struct Line {
    std::size_t number = 0;
    std::vector<std::string_view> words;
};

std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (true) {
        const auto begin = line.find_first_not_of(blanks);
        if (begin == std::string_view::npos)
            return words;
        line.remove_prefix(begin);
        const auto end = line.find_first_of(blanks);
        words.push_back(line.substr(0, end));
        if (end == std::string_view::npos)
            return words;
        line.remove_prefix(end);
    }
}

// The lines of the text that are not empty, one at a time.
class Lines {
public:
    explicit Lines(std::string_view text) : rest_(text) {}

    bool next(Line &line) {
        while (!rest_.empty()) {
            ++number_;
            const auto end = rest_.find('\n');
            const auto text = rest_.substr(0, end);
            rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
            line = {number_, words_of(text)};
            if (!line.words.empty())
                return true;
        }
        return false;
    }

private:
    std::string_view rest_;
    std::size_t number_ = 0;
};

Layer parse_layer(const Line &line) {
    const std::span<const std::string_view> words = line.words;
    if (words.size() < 4)
        throw BadModel("a layer needs type, name, input count and output count");
    Layer layer;
    layer.line = line.number;
    layer.type = words[0];
    layer.name = words[1];
    const auto inputs = parse_integer(words[2], "input count");
    const auto outputs = parse_integer(words[3], "output count");
    const auto rest = words.subspan(4);
    if (inputs < 0 || outputs < 0 ||
        rest.size() < static_cast<std::size_t>(inputs) + static_cast<std::size_t>(outputs))
        throw BadModel("claims ", inputs, " inputs and ", outputs, " outputs, and ", rest.size(),
                       " words follow");
    const auto input_count = static_cast<std::size_t>(inputs);
    const auto blob_count = input_count + static_cast<std::size_t>(outputs);
    for (const auto word : rest.first(input_count))
        layer.inputs.emplace_back(word);
    for (const auto word : rest.subspan(input_count, blob_count - input_count))
        layer.outputs.emplace_back(word);
    for (const auto word : rest.subspan(blob_count))
        layer.parameters.add(word);
    return layer;
}

// `counts` is the second line: layers and blobs. More blobs than there are is what ncnn itself accepts.
void check_counts(const Line &counts, std::size_t layers, std::size_t blobs) {
    const auto claimed_layers = parse_integer(counts.words[0], "layer count");
    const auto claimed_blobs = parse_integer(counts.words[1], "blob count");
    if (std::cmp_not_equal(claimed_layers, layers))
        throw BadModel("line ", counts.number, ": claims ", claimed_layers, " layers, and the file has ",
                       layers);
    if (std::cmp_less(claimed_blobs, blobs))
        throw BadModel("line ", counts.number, ": claims ", claimed_blobs, " blobs, and the file has ",
                       blobs);
}

// Every blob made once, and before it is used. Returns the number of blobs.
std::size_t check_blobs(const std::vector<Layer> &layers) {
    std::unordered_map<std::string_view, const Layer *> makers;
    for (const auto &layer : layers)
        for (const auto &blob : layer.outputs)
            if (const auto [maker, added] = makers.emplace(blob, &layer); !added)
                throw BadModel(layer.label(), ": blob ", in_quotes(blob), " is made by line ",
                               maker->second->line, " already");
    for (const auto &layer : layers)
        for (const auto &blob : layer.inputs) {
            const auto maker = makers.find(blob);
            if (maker == makers.end())
                throw BadModel(layer.label(), ": no layer makes its input blob ", in_quotes(blob));
            if (maker->second->line >= layer.line)
                throw BadModel(layer.label(), ": blob ", in_quotes(blob), " is used before line ",
                               maker->second->line, " makes it (a cycle, or layers out of order)");
        }
    return makers.size();
}

} // namespace

std::string Layer::label() const {
    return text("line ", line, ", ", in_quotes(type), " layer ", in_quotes(name));
}

std::vector<Layer> parse_param(std::string_view content) {
    Lines lines(content);
    Line line;
    if (!lines.next(line) || line.words.size() != 1 || line.words[0] != magic)
        throw BadModel("this is not an ncnn param text, whose first line is ", magic, ": ",
                       nature_of(content));
    Line counts;
    if (!lines.next(counts) || counts.words.size() != 2)
        throw BadModel("line ", line.number + 1,
                       ": the second line of a param text is layer count and blob count");
    std::vector<Layer> layers;
    while (lines.next(line)) {
        try {
            layers.push_back(parse_layer(line));
        } catch (const BadModel &error) {
            throw BadModel("line ", line.number, ": ", error.what());
        }
    }
    if (layers.empty())
        throw BadModel("the param text has no layers");
    check_counts(counts, layers.size(), check_blobs(layers));
    return layers;
}

} // namespace vsmlrt::model::ncnn
