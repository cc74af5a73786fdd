#include "model/load.h"

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/path.h"
#include "model/functions.h"
#include "model/names.h"
#include "model/ncnn.h"
#include "model/older_operators.h"
#include "model/onnx.h"
#include "model/onnx_reader.h"
#include "model/picture_inputs.h"

namespace vsmlrt::model {
namespace fs = std::filesystem;
namespace {

std::span<const std::byte> bytes_of(const std::string &text) {
    return std::as_bytes(std::span(text));
}

Loaded load_ncnn(const fs::path &path) {
    const std::vector<std::byte> param = read_file(path);
    const fs::path weights = fs::path(path).replace_extension(".bin");
    if (!file_use(weights))
        throw BadArgument(text_of(path), " is half of an ncnn network, and the other half, ",
                          text_of(weights), " with its weights, is missing; put it there");
    const std::vector<std::byte> bin = read_file(weights);
    const std::string_view text(reinterpret_cast<const char *>(param.data()), param.size());
    return {import_ncnn(text, bin), content_hash(bytes_of(content_hash(param) + content_hash(bin))), {}};
}

// Some tools give many nodes one name, which ONNX Runtime refuses: the first of them keeps it.
Network with_names_apart(Network network) {
    Names taken;
    for (Node &node : network.nodes)
        if (!node.name.empty() && !taken.insert(node.name).second)
            node.name.clear();
    return network;
}

// Without what backends read each in its own way, or not at all.
Network in_plain_words(Network network) {
    return with_names_apart(state_pictures(renew_operators(inline_functions(std::move(network)))));
}

Loaded load_onnx(const fs::path &path) {
    if (const fs::path param = fs::path(path).replace_extension(".param");
        path.extension() == ".bin" && file_use(param))
        throw BadArgument(text_of(path), " holds the weights of an ncnn network; give its other half, ",
                          text_of(param));
    const std::vector<std::byte> file = read_file(path);
    ExternalData external(absolute_path(path).parent_path());
    Loaded loaded{in_plain_words(read_onnx(file, external)), content_hash(file), {}};
    if (external.files().empty())
        return loaded;
    for (const auto &[location, content] : external.files())
        loaded.fingerprint += content_hash(bytes_of(location)) + content_hash(content);
    loaded.fingerprint = content_hash(bytes_of(loaded.fingerprint));
    return loaded;
}

} // namespace

Network read_network(std::span<const std::byte> onnx) {
    return in_plain_words(read_onnx(onnx));
}

Loaded load_network(const fs::path &path) {
    try {
        Loaded loaded = path.extension() == ".param" ? load_ncnn(path) : load_onnx(path);
        loaded.stem = text_of(path.stem());
        return loaded;
    } catch (const BadModel &error) {
        throw BadModel(text_of(path), ": ", error.what());
    } catch (const Unsupported &error) {
        throw Unsupported(text_of(path), ": ", error.what());
    }
}

} // namespace vsmlrt::model
