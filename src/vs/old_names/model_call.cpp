#include "vs/old_names/model_call.h"

#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "base/shared_library.h"
#include "vs/old_names/core_mlrt.h"

namespace vsmlrt::vs {
namespace fs = std::filesystem;
namespace {

void check_samples(const Host &host, const std::vector<Node> &clips, Samples accepted) {
    for (const Node &clip : clips) {
        const VSVideoFormat &format = host.info(clip).format;
        const bool is_single = format.sampleType == stFloat && format.bitsPerSample == 32;
        const bool is_half = format.sampleType == stFloat && format.bitsPerSample == 16;
        if (!is_single && !(is_half && accepted == Samples::single_or_half))
            throw BadArgument("clips must be of 32-bit float",
                              accepted == Samples::single_or_half ? " or half" : "", " samples; got ",
                              host.format_name(format), " (convert it with resize)");
    }
}

// A network of the folder beside the plugin that vs-mlrt's archives have: of this plugin's own, of the
// plugins folder above it, or of those that vs-mlrt's wheels have there.
std::string builtin_path(const std::string &folder, const std::string &file) {
    const fs::path own = own_file().parent_path();
    std::vector<fs::path> folders = {own, own.parent_path()};
    for (const char *name : {"ov", "ort", "ncnn", "trt", "trt_rtx", "migx"})
        folders.push_back(own.parent_path() / name);
    for (const fs::path &parent : folders)
        if (fs::path path = parent / path_of(folder) / path_of(file); file_use(path))
            return text_of(path);
    return text_of(own / path_of(folder) / path_of(file));
}

} // namespace

ModelCall::ModelCall(const Host &host, const VSMap &in, Samples accepted)
    : host_(host), in_(&in), given_(host, in), arguments_(own(host.api->createMap(), host.api)) {
    check_samples(host, given_.nodes("clips"), accepted);
    for (const char *key : {"clips", "tilesize", "overlap", "flexible_output_prop"})
        copy(key);
    set("exact", 1);
}

void ModelCall::copy(const char *key) {
    const int count = given_.count(key);
    for (int i = 0; i < count; ++i)
        switch (host_.api->mapGetType(in_, key)) {
        case ptVideoNode:
            host_.api->mapConsumeNode(arguments_.get(), key, host_.api->mapGetNode(in_, key, i, nullptr),
                                      maAppend);
            break;
        case ptInt:
            host_.api->mapSetInt(arguments_.get(), key, host_.api->mapGetInt(in_, key, i, nullptr), maAppend);
            break;
        default:
            host_.api->mapSetData(arguments_.get(), key, host_.api->mapGetData(in_, key, i, nullptr),
                                  host_.api->mapGetDataSize(in_, key, i, nullptr), dtUnknown, maAppend);
        }
}

void ModelCall::set(const char *key, std::int64_t value) {
    host_.api->mapSetInt(arguments_.get(), key, value, maReplace);
}

void ModelCall::set(const char *key, const std::string &value) {
    host_.api->mapSetData(arguments_.get(), key, value.data(), static_cast<int>(value.size()), dtUnknown,
                          maReplace);
}

void ModelCall::add_option(const std::string &key, const std::string &value) {
    const std::string option = text(key, "=", value);
    host_.api->mapSetData(arguments_.get(), "options", option.data(), static_cast<int>(option.size()), dtUtf8,
                          maAppend);
}

void ModelCall::take_network() {
    const std::string path = given_.data("network_path").value_or("");
    const bool serialized = given_.integer("path_is_serialization").value_or(0) != 0;
    if (serialized)
        set("path_is_serialization", 1);
    const bool builtin = !serialized && given_.integer("builtin").value_or(0) != 0;
    set("network_path", builtin ? builtin_path(given_.data("builtindir").value_or("models"), path) : path);
}

void ModelCall::take_precision() {
    if (given_.integer("fp16").value_or(0) == 0) {
        set("precision", std::string("fp32"));
        return;
    }
    set("fp16", 1);
    copy("fp16_blacklist_ops");
}

void ModelCall::take_output_format() {
    const bool rewritten = given_.integer("fp16").value_or(0) != 0;
    set("output_format", rewritten ? given_.integer("output_format").value_or(0) : 0);
}

void ModelCall::take_streams() {
    const int streams = given_.integer("num_streams").value_or(1);
    if (streams < 1)
        throw BadArgument("\"num_streams\" must be at least 1; got ", streams);
    set("num_streams", streams);
}

void ModelCall::run(VSMap &out) const {
    const Map answer = call_mlrt(host_, "Model", *arguments_);
    host_.api->copyMap(answer.get(), &out);
}

} // namespace vsmlrt::vs
