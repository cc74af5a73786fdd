// bench_job NETWORK...: the whole job, a clip of YUV420P8 through VapourSynth to a clip of YUV420P8, in a
// host of its own, where Python's (bench/whole_job.py) is what bounds it. GRAY8 for a network of luma.
//   --size WxH                      of the clip; 1920x1080
//   --threads N, --requests N       VapourSynth's threads, and frames asked for at a time; 16, and as many
//   --streams N, --precision NAME, --backend NAME
//   --warm S, --seconds S, --rounds N   seconds before and of each round; 1.5, 1.5 and 3
//   --plugin FILE, --vapoursynth FILE   instead of the build's, on another machine
// NETWORK is an .onnx file (bench_cuda NAME --write FOLDER writes some). One of more than four channels is an
// interpolator: its clip's frames are doubled, and what is counted are its pairs. What is printed: the median
// of the rounds, their range, and how many processors were busy.
#include "arguments.h"
#include "base/error.h"
#include "base/file.h"
#include "base/shared_library.h"
#include "model/onnx.h"
#include "vs/handles.h"

#include <VSHelper4.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

namespace {

using namespace vsmlrt;
using Clock = std::chrono::steady_clock;

struct Job {
    std::vector<std::string> networks;
    vsmlrt_extent size = {1920, 1080};
    int threads = 16;
    int requests = 0; // 0: as many as threads
    int streams = 1;
    std::string precision = "fp16";
    std::string backend = "cuda";
    double seconds = 1.5;
    double warm = 1.5;
    int rounds = 3;
    std::string plugin = VSMLRT_PLUGIN;
    std::string vapoursynth = VSMLRT_VAPOURSYNTH_LIBRARY;
};

Job parse(test::Arguments words) {
    Job given;
    while (words.next()) {
        const std::string word = words.word();
        if (word == "--size") {
            given.size = words.size();
        } else if (word == "--threads") {
            given.threads = words.number();
        } else if (word == "--requests") {
            given.requests = words.number();
        } else if (word == "--streams") {
            given.streams = words.number();
        } else if (word == "--rounds") {
            given.rounds = words.number();
        } else if (word == "--seconds") {
            given.seconds = words.seconds();
        } else if (word == "--warm") {
            given.warm = words.seconds(true);
        } else if (word == "--precision") {
            given.precision = words.value();
        } else if (word == "--backend") {
            given.backend = words.value();
        } else if (word == "--plugin") {
            given.plugin = words.value();
        } else if (word == "--vapoursynth") {
            given.vapoursynth = words.value();
        } else if (words.is_option()) {
            words.refuse();
        } else {
            given.networks.push_back(word);
        }
    }
    if (given.networks.empty())
        throw BadArgument("no network was given; give an .onnx file");
    given.requests = given.requests > 0 ? given.requests : given.threads;
    return given;
}

// Eight different frames of smooth shapes and noise, over and over, made once.
class Source {
public:
    Source(const vs::Host &host, const VSVideoInfo &info) : info_(info) {
        for (int n = 0; n < static_cast<int>(frames_.size()); ++n)
            frames_[static_cast<std::size_t>(n)] = make(host, n);
    }

    static vs::Node clip(const vs::Host &host, int width, int height, VSPresetVideoFormat format) {
        VSVideoInfo info = {{}, 24, 1, width, height, 1 << 24};
        host.api->getVideoFormatByID(&info.format, format, host.core);
        auto source = std::make_unique<Source>(host, info);
        return vs::own(host.api->createVideoFilter2("Source", &info, give, forget, fmParallel, nullptr, 0,
                                                    source.release(), host.core),
                       host.api);
    }

private:
    [[nodiscard]] vs::Frame make(const vs::Host &host, int n) const {
        vs::NewFrame frame = vs::own(
            host.api->newVideoFrame(&info_.format, info_.width, info_.height, nullptr, host.core), host.api);
        std::minstd_rand random(static_cast<unsigned>(n) + 1);
        std::normal_distribution<double> noise(0, 8);
        for (int plane = 0; plane < info_.format.numPlanes; ++plane)
            for (int y = 0; y < host.api->getFrameHeight(frame.get(), plane); ++y) {
                std::uint8_t *const row =
                    host.api->getWritePtr(frame.get(), plane) + y * host.api->getStride(frame.get(), plane);
                for (int x = 0; x < host.api->getFrameWidth(frame.get(), plane); ++x) {
                    const double shapes = 60 * std::sin(y / (17.0 + n + plane)) * std::cos(x / (23.0 - n));
                    row[x] = static_cast<std::uint8_t>(std::clamp(128 + shapes + noise(random), 16.0, 235.0));
                }
            }
        VSMap *const properties = host.api->getFramePropertiesRW(frame.get());
        host.api->mapSetInt(properties, "_Matrix", 1, maReplace);
        host.api->mapSetInt(properties, "_Range", 0, maReplace);
        host.api->mapSetInt(properties, "_DurationNum", 1, maReplace);
        host.api->mapSetInt(properties, "_DurationDen", 24, maReplace);
        return vs::own(static_cast<const VSFrame *>(frame.release()), host.api);
    }

    static const VSFrame *give(int n, int, void *data, void **, VSFrameContext *, VSCore *,
                               const VSAPI *api) {
        const auto &frames = static_cast<const Source *>(data)->frames_;
        return api->addFrameRef(frames[static_cast<std::size_t>(n) % frames.size()].get());
    }
    static void forget(void *data, VSCore *, const VSAPI *) { delete static_cast<Source *>(data); }

    VSVideoInfo info_;
    std::array<vs::Frame, 8> frames_;
};

// Asks for a clip's frames in order, so many at a time, until it is told to stop.
class Reader {
public:
    Reader(const vs::Host &host, const vs::Node &clip, int requests) : host_(host), clip_(clip.get()) {
        under_way_ = requests;
        for (int i = 0; i < requests; ++i)
            ask();
    }
    ~Reader() {
        std::unique_lock lock(mutex_);
        ends_ = true;
        ended_.wait(lock, [&] { return under_way_ == 0; });
    }
    Reader(const Reader &) = delete;
    Reader &operator=(const Reader &) = delete;

    // That have come.
    [[nodiscard]] std::int64_t frames() {
        const std::lock_guard lock(mutex_);
        if (!failure_.empty())
            throw InternalError(failure_);
        return frames_;
    }

private:
    void ask() { host_.api->getFrameAsync(next_++, clip_, arrived, this); }

    static void arrived(void *data, const VSFrame *frame, int, VSNode *, const char *error) {
        auto &reader = *static_cast<Reader *>(data);
        if (frame)
            reader.host_.api->freeFrame(frame);
        {
            const std::lock_guard lock(reader.mutex_);
            ++reader.frames_;
            if (!frame)
                reader.failure_ = error;
            if (reader.ends_ || !reader.failure_.empty()) {
                if (--reader.under_way_ == 0)
                    reader.ended_.notify_all();
                return;
            }
        }
        reader.ask();
    }

    vs::Host host_;
    VSNode *clip_;
    std::atomic<int> next_ = 0;
    std::mutex mutex_;
    std::int64_t frames_ = 0;
    bool ends_ = false;
    std::string failure_;
    std::condition_variable ended_;
    int under_way_ = 0;
};

struct Rate {
    double frames; // a second
    double busy;   // processors
};

Rate measure(Reader &reader, double seconds) {
    const auto processor = [] { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; };
    const auto begin = Clock::now();
    const double used = processor();
    const std::int64_t before = reader.frames();
    double spent = 0;
    while ((spent = std::chrono::duration<double>(Clock::now() - begin).count()) < seconds)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return {static_cast<double>(reader.frames() - before) / spent, (processor() - used) / spent};
}

class Bench {
public:
    explicit Bench(const Job &given) : given_(given), library_(given.vapoursynth) {
        const auto entry = reinterpret_cast<const VSAPI *(*)(int)>(library_.symbol("getVapourSynthAPI"));
        host_.api = entry(VAPOURSYNTH_API_VERSION);
        core_ = {host_.api->createCore(ccfDisableAutoLoading), host_.api->freeCore};
        host_.core = core_.get();
        host_.api->setThreadCount(given.threads, host_.core);
        const vs::Map arguments = map();
        text_value(arguments, "path", given.plugin);
        static_cast<void>(call(VSH_STD_PLUGIN_ID, "LoadPlugin", arguments));
    }
    void run(const std::string &network) const {
        const model::Network read = model::read_onnx(read_file(network));
        const std::int64_t channels = read.inputs.front().dims.at(1).size.value_or(0);
        const bool interpolates = channels > 4;
        const vs::Node clip = made(network, channels);
        Reader reader(host_, clip, given_.requests);
        static_cast<void>(measure(reader, given_.warm));
        std::vector<double> rates;
        double busy = 0;
        for (int i = 0; i < given_.rounds; ++i) {
            const Rate rate = measure(reader, given_.seconds);
            rates.push_back(rate.frames / (interpolates ? 2 : 1));
            busy += rate.busy / given_.rounds;
        }
        std::sort(rates.begin(), rates.end());
        std::printf("%s %dx%d, %d threads, %d requests, %d stream%s: %.1f %s/s (%.1f to %.1f), %.1f "
                    "processors busy\n",
                    network.c_str(), given_.size.width, given_.size.height, given_.threads, given_.requests,
                    given_.streams, given_.streams == 1 ? "" : "s", rates[rates.size() / 2],
                    interpolates ? "pairs" : "frames", rates.front(), rates.back(), busy);
        std::fflush(stdout);
    }

private:
    [[nodiscard]] vs::Map map() const { return vs::own(host_.api->createMap(), host_.api); }
    void text_value(const vs::Map &map, const char *key, const std::string &value) const {
        host_.api->mapSetData(map.get(), key, value.data(), static_cast<int>(value.size()), dtUtf8, maAppend);
    }
    [[nodiscard]] vs::Map call(const char *plugin, const char *function, const vs::Map &arguments) const {
        vs::Map result = vs::own(
            host_.api->invoke(host_.api->getPluginByID(plugin, host_.core), function, arguments.get()),
            host_.api);
        if (const char *const problem = host_.api->mapGetError(result.get()))
            throw InternalError(problem);
        return result;
    }

    // The job's clip. A denoiser, of four channels, has its noise level beside the picture.
    [[nodiscard]] vs::Node made(const std::string &network, std::int64_t channels) const {
        const vs::Node source =
            Source::clip(host_, given_.size.width, given_.size.height, channels == 1 ? pfGray8 : pfYUV420P8);
        const vs::Map arguments = map();
        const char *const clips = channels > 4 ? "clip" : "clips";
        host_.api->mapSetNode(arguments.get(), clips, source.get(), maAppend);
        if (channels == 4) {
            const vs::Map level = map();
            host_.api->mapSetNode(level.get(), "clip", source.get(), maAppend);
            host_.api->mapSetInt(level.get(), "format", pfGrayS, maAppend);
            host_.api->mapSetFloat(level.get(), "color", 0.05, maAppend);
            host_.api->mapSetInt(level.get(), "keep", 1, maAppend);
            const vs::Map blank = call(VSH_STD_PLUGIN_ID, "BlankClip", level);
            const vs::Node plane = vs::own(host_.api->mapGetNode(blank.get(), "clip", 0, nullptr), host_.api);
            host_.api->mapSetNode(arguments.get(), clips, plane.get(), maAppend);
        }
        text_value(arguments, "network_path", network);
        text_value(arguments, "backend", given_.backend);
        text_value(arguments, "precision", given_.precision);
        host_.api->mapSetInt(arguments.get(), "num_streams", given_.streams, maAppend);
        if (channels > 4)
            host_.api->mapSetInt(arguments.get(), "multi", 2, maAppend);
        const vs::Map job = call("io.github.vsmlrt", channels > 4 ? "Interpolate" : "Model", arguments);
        return vs::own(host_.api->mapGetNode(job.get(), "clip", 0, nullptr), host_.api);
    }

    Job given_;
    SharedLibrary library_;
    std::unique_ptr<VSCore, void(VS_CC *)(VSCore *)> core_{nullptr, nullptr};
    vs::Host host_ = {};
};

} // namespace

int main(int count, char **values) {
    try {
        const Job job = parse({count, values});
        const Bench bench(job);
        for (const std::string &network : job.networks)
            bench.run(network);
        return 0;
    } catch (const std::exception &failure) {
        std::cerr << failure.what() << "\n";
        return 2;
    }
}
