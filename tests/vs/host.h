// A VapourSynth of the test's own in this process, with the plugin of the build in it: what Python's host
// cannot be under the sanitizers.
#pragma once

#include "model/network.h"
#include "vs/handles.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace vsmlrt::test {

using Integers = std::vector<std::int64_t>;
using Strings = std::vector<std::string>;

// The arguments of a function of a plugin; copies are of the same map.
class Arguments {
public:
    explicit Arguments(const VSAPI *api) : api_(api), map_(api->createMap(), api->freeMap) {}
    Arguments &with(const char *key, const Integers &values);
    Arguments &with(const char *key, const Strings &values);
    Arguments &with(const char *key, const vs::Node &clip);
    Arguments &with(const char *key, double value);
    [[nodiscard]] const VSMap *get() const { return map_.get(); }

private:
    const VSAPI *api_;
    std::shared_ptr<VSMap> map_;
};

// A frame's planes without what is between their rows, or why there is none.
struct Result {
    std::string bytes;
    std::string error;
    bool operator==(const Result &) const = default;
};

class Core {
public:
    explicit Core(int threads = 4);

    [[nodiscard]] const VSAPI *api() const { return host_.api; }
    [[nodiscard]] Arguments arguments() const { return Arguments(host_.api); }
    // Calls core.mlrt.NAME. A map with an error is returned as well.
    [[nodiscard]] vs::Map call(const char *name, const Arguments &arguments) const;
    [[nodiscard]] std::string error(const vs::Map &map) const;
    // The result's clip; throws what the function says against it.
    [[nodiscard]] vs::Node clip(const char *name, const Arguments &arguments) const;
    // Noise of a format (pfYUV420P8), every frame another, made in the core's threads.
    [[nodiscard]] vs::Node noise(int format, int width, int height, int frames) const;
    // All frames of a clip, asked for at once and in this order.
    [[nodiscard]] std::vector<Result> frames(const vs::Node &clip, const std::vector<int> &order) const;

private:
    struct Free {
        const VSAPI *api;
        void operator()(VSCore *core) const { api->freeCore(core); }
    };
    std::unique_ptr<VSCore, Free> core_;
    vs::Host host_;
};

// A network as a file that goes with the test.
class NetworkFile {
public:
    explicit NetworkFile(const model::Network &network);
    ~NetworkFile();
    NetworkFile(const NetworkFile &) = delete;
    NetworkFile &operator=(const NetworkFile &) = delete;
    [[nodiscard]] Strings path() const { return {path_.string()}; }

private:
    std::filesystem::path path_;
};

} // namespace vsmlrt::test
