// The core is made without its own plugins of this machine: another copy of ours may be among them. Its
// library is opened by name, for VapourSynth's package has nothing to link to.
#include "vs/host.h"

#include "base/error.h"
#include "base/shared_library.h"
#include "model/onnx.h"
#include "tensor/half.h"

#include <VSHelper4.h>
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <fstream>
#include <mutex>
#include <random>

namespace vsmlrt::test {
namespace {

const VSAPI *open_api() {
    const SharedLibrary library(VSMLRT_VAPOURSYNTH_LIBRARY);
    const auto entry = reinterpret_cast<const VSAPI *(*)(int)>(library.symbol("getVapourSynthAPI"));
    return entry(VAPOURSYNTH_API_VERSION);
}

// A sample in [0, 1] at place x of a row.
void put(std::uint8_t *row, int x, const VSVideoFormat &format, float value) {
    const auto unit = static_cast<float>((1 << std::min(format.bitsPerSample, 16)) - 1);
    if (format.bytesPerSample == 4) {
        std::memcpy(row + 4 * x, &value, 4);
    } else if (format.bytesPerSample == 2) {
        const std::uint16_t bits =
            format.sampleType == stFloat ? float_to_half(value) : static_cast<std::uint16_t>(value * unit);
        std::memcpy(row + 2 * x, &bits, 2);
    } else {
        row[x] = static_cast<std::uint8_t>(value * 255);
    }
}

const VSFrame *fill(int n, int, void *data, void **, VSFrameContext *, VSCore *core, const VSAPI *api) {
    const auto &info = *static_cast<const VSVideoInfo *>(data);
    VSFrame *frame = api->newVideoFrame(&info.format, info.width, info.height, nullptr, core);
    auto state = static_cast<std::uint32_t>(n + 1) * 2654435761U;
    for (int plane = 0; plane < info.format.numPlanes; ++plane)
        for (int y = 0; y < api->getFrameHeight(frame, plane); ++y) {
            std::uint8_t *row = api->getWritePtr(frame, plane) + y * api->getStride(frame, plane);
            for (int x = 0; x < api->getFrameWidth(frame, plane); ++x) {
                state = state * 1664525U + 1013904223U;
                const float value = static_cast<float>(state >> 8U) / static_cast<float>(1U << 24U);
                put(row, x, info.format, value);
            }
        }
    VSMap *properties = api->getFramePropertiesRW(frame);
    api->mapSetInt(properties, "_DurationNum", 1, maReplace);
    api->mapSetInt(properties, "_DurationDen", 24, maReplace);
    return frame;
}

void forget(void *data, VSCore *, const VSAPI *) {
    delete static_cast<VSVideoInfo *>(data);
}

std::string planes_of(const VSFrame *frame, const VSAPI *api) {
    std::string bytes;
    const VSVideoFormat &format = *api->getVideoFrameFormat(frame);
    for (int plane = 0; plane < format.numPlanes; ++plane)
        for (int y = 0; y < api->getFrameHeight(frame, plane); ++y)
            bytes.append(reinterpret_cast<const char *>(api->getReadPtr(frame, plane) +
                                                        y * api->getStride(frame, plane)),
                         static_cast<std::size_t>(api->getFrameWidth(frame, plane) * format.bytesPerSample));
    return bytes;
}

// Frames that are asked for; each arrives in a thread of the core.
struct Asked {
    const VSAPI *api;
    std::vector<Result> results;
    std::mutex mutex;
    std::condition_variable all_here;
    std::size_t missing;
};

struct Place {
    Asked *asked;
    std::size_t index;
};

void arrived(void *data, const VSFrame *given, int, VSNode *, const char *error) {
    const std::unique_ptr<Place> place(static_cast<Place *>(data));
    Asked &asked = *place->asked;
    const vs::Frame frame = vs::own(given, asked.api);
    Result result = frame ? Result{planes_of(given, asked.api), {}} : Result{{}, error};
    const std::lock_guard lock(asked.mutex);
    asked.results[place->index] = std::move(result);
    if (--asked.missing == 0)
        asked.all_here.notify_one();
}

} // namespace

Arguments &Arguments::with(const char *key, const Integers &values) {
    for (const std::int64_t value : values)
        api_->mapSetInt(map_.get(), key, value, maAppend);
    return *this;
}

Arguments &Arguments::with(const char *key, const Strings &values) {
    for (const std::string &value : values)
        api_->mapSetData(map_.get(), key, value.data(), static_cast<int>(value.size()), dtUtf8, maAppend);
    return *this;
}

Arguments &Arguments::with(const char *key, const vs::Node &clip) {
    api_->mapSetNode(map_.get(), key, clip.get(), maAppend);
    return *this;
}

Arguments &Arguments::with(const char *key, double value) {
    api_->mapSetFloat(map_.get(), key, value, maAppend);
    return *this;
}

Core::Core(int threads) {
    static const VSAPI *const api = open_api();
    core_ = {api->createCore(ccfDisableAutoLoading), Free{api}};
    host_ = {core_.get(), api};
    api->setThreadCount(threads, core_.get());
    VSPlugin *const std = api->getPluginByID(VSH_STD_PLUGIN_ID, core_.get());
    const vs::Map loaded =
        vs::own(api->invoke(std, "LoadPlugin", arguments().with("path", Strings{VSMLRT_PLUGIN}).get()), api);
    if (const std::string problem = error(loaded); !problem.empty())
        throw InternalError(problem);
}

vs::Map Core::call(const char *name, const Arguments &arguments) const {
    VSPlugin *const plugin = api()->getPluginByNamespace("mlrt", host_.core);
    return vs::own(api()->invoke(plugin, name, arguments.get()), api());
}

std::string Core::error(const vs::Map &map) const {
    const char *const said = api()->mapGetError(map.get());
    return said ? said : "";
}

vs::Node Core::clip(const char *name, const Arguments &arguments) const {
    const vs::Map made = call(name, arguments);
    if (const std::string problem = error(made); !problem.empty())
        throw InternalError(problem);
    return vs::own(api()->mapGetNode(made.get(), "clip", 0, nullptr), api());
}

vs::Node Core::noise(int format, int width, int height, int frames) const {
    VSVideoInfo info = {{}, 24, 1, width, height, frames};
    api()->getVideoFormatByID(&info.format, static_cast<std::uint32_t>(format), host_.core);
    return vs::own(api()->createVideoFilter2("Noise", &info, fill, forget, fmParallel, nullptr, 0,
                                             new VSVideoInfo(info), host_.core),
                   api());
}

std::vector<Result> Core::frames(const vs::Node &clip, const std::vector<int> &order) const {
    Asked asked = {api(), std::vector<Result>(order.size()), {}, {}, order.size()};
    for (std::size_t i = 0; i < order.size(); ++i)
        api()->getFrameAsync(order[i], clip.get(), arrived, new Place{&asked, i});
    std::unique_lock lock(asked.mutex);
    asked.all_here.wait(lock, [&] { return asked.missing == 0; });
    return std::move(asked.results);
}

NetworkFile::NetworkFile(const model::Network &network) {
    static const unsigned process = std::random_device{}();
    static std::atomic<int> made = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("vsmlrt-host-" + std::to_string(process) + "-" + std::to_string(made++) + ".onnx");
    const std::vector<std::byte> onnx = model::write_onnx(network);
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char *>(onnx.data()), static_cast<std::streamsize>(onnx.size()));
}

NetworkFile::~NetworkFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
}

} // namespace vsmlrt::test
