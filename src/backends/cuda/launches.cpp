// Parameters are kept as bytes with each kernel and handed to the driver by address, as it wants them; the
// driver copies them when it launches or records.
#include "backends/cuda/launches.h"

#include "backends/cuda/tensor_map.h"
#include "base/error.h"
#include "base/log.h"

#include <algorithm>
#include <cstring>

namespace vsmlrt::cuda {

using nvidia::check;
using nvidia::driver;

Launches::Launches(Plan plan, std::uint64_t memory, nvidia::SharedContext device, KernelCache &kernels)
    : plan_(std::move(plan)), device_(std::move(device)), cache_(kernels), addresses_(plan_.buffers, memory),
      kernels_(plan_.steps.size()) {
    for (std::size_t i = 0; i < kernels_.size(); ++i)
        prepare(kernels_[i], plan_.steps[i].alternatives.front());
}

void Launches::prepare(Kernel &kernel, const Alternative &chosen) const {
    const Launch launch = chosen.launch(addresses_);
    kernel.function = cache_.function(chosen.source);
    std::copy(launch.grid.begin(), launch.grid.end(), kernel.config.grid);
    std::copy(launch.block.begin(), launch.block.end(), kernel.config.block);
    kernel.config.shared_bytes = launch.shared_bytes;
    constexpr unsigned shared_without_asking = 48 << 10;
    if (launch.shared_bytes > shared_without_asking)
        check(driver().function_set_attribute(kernel.function, nvidia::FunctionAttribute::most_dynamic_shared,
                                              static_cast<int>(launch.shared_bytes)),
              "asking for shared memory");
    if (launch.dependent) {
        constexpr int programmatic_serialization = 6;
        kernel.attribute.id = programmatic_serialization;
        kernel.attribute.value = 1;
        kernel.config.attributes = &kernel.attribute;
        kernel.config.num_attributes = 1;
    }
    for (const Argument &each : launch.arguments) {
        if (const auto *map = std::get_if<TensorMap>(&each)) {
            kernel.maps.push_back(encode(*map));
            kernel.values.emplace_back();
        } else if (const auto *with_textures = std::get_if<WithTextures>(&each)) {
            kernel.values.push_back(with_textures->bytes);
            for (const WithTextures::Strides &strides : with_textures->strides)
                for (const std::size_t of_columns : {0, 1}) {
                    Kernel::Stride stride{kernel.values.size() - 1,
                                          of_columns == 0 ? strides.place_y : strides.place_x,
                                          2 * strides.channel + of_columns, 0};
                    std::memcpy(&stride.given, kernel.values.back().data() + stride.place,
                                sizeof stride.given);
                    kernel.strides.push_back(stride);
                }
            for (const WithTextures::Rows &rows : with_textures->textures) {
                nvidia::TextureRows texture;
                texture.address = rows.address;
                texture.width = rows.width;
                texture.height = rows.height;
                texture.pitch = rows.pitch;
                kernel.textures.push_back(nvidia::make_texture(device_, texture));
                const std::uint64_t handle = kernel.textures.back().get();
                std::memcpy(kernel.values.back().data() + rows.place, &handle, sizeof handle);
            }
        } else {
            kernel.values.push_back(std::get<std::vector<std::byte>>(each));
        }
    }
    std::size_t next_map = 0;
    for (std::vector<std::byte> &value : kernel.values)
        kernel.parameters.push_back(value.empty() ? static_cast<void *>(&kernel.maps[next_map++])
                                                  : static_cast<void *>(value.data()));
}

void Launches::launch(Kernel &kernel, nvidia::StreamHandle *stream) {
    kernel.config.stream = stream;
    check(driver().launch(&kernel.config, kernel.function, kernel.parameters.data(), nullptr),
          "launching a kernel");
}

void Launches::assume(EvenChannels even) {
    if (even == even_)
        return;
    for (Kernel &kernel : kernels_)
        for (const Kernel::Stride &stride : kernel.strides) {
            const std::int64_t value = (even >> stride.bit & 1U) != 0 ? 0 : stride.given;
            std::memcpy(kernel.values[stride.value].data() + stride.place, &value, sizeof value);
        }
    even_ = even;
}

void Launches::enqueue(nvidia::StreamHandle *stream, bool as_graph, EvenChannels even) {
    assume(even);
    const auto all = [&] {
        for (Kernel &kernel : kernels_)
            launch(kernel, stream);
    };
    if (!as_graph || !launched_) {
        all();
        launched_ = true;
        return;
    }
    const auto [graph, is_new] = graphs_.try_emplace(even);
    if (is_new) {
        try {
            graph->second = record(stream, all);
        } catch (const DeviceError &error) { // a graph takes memory, which may be all in use
            log(LogLevel::debug, text("cuda: kernels are launched one by one: ", error.what()));
        }
    }
    if (graph->second)
        check(driver().graph_launch(graph->second.get(), stream), "launching a graph");
    else
        all(); // also tells of what fails with and without a graph
}

nvidia::GraphExec Launches::record(nvidia::StreamHandle *stream, const std::function<void()> &work) const {
    constexpr int of_this_thread = 1;
    check(driver().capture_begin(stream, of_this_thread), "recording a graph");
    nvidia::GraphHandle *recorded = nullptr;
    try {
        work();
    } catch (...) {
        static_cast<void>(driver().capture_end(stream, &recorded));
        const nvidia::Graph freed(device_, recorded);
        throw;
    }
    check(driver().capture_end(stream, &recorded), "recording a graph");
    const nvidia::Graph graph(device_, recorded);
    nvidia::GraphExecHandle *exec = nullptr;
    check(driver().graph_instantiate(&exec, graph.get(), 0), "making a graph");
    return {device_, exec};
}

double Launches::time(const nvidia::GraphExec &graph, int repeats, nvidia::StreamHandle *stream) const {
    const nvidia::Event begin = nvidia::make_timed_event(device_);
    const nvidia::Event end = nvidia::make_timed_event(device_);
    check(driver().graph_launch(graph.get(), stream), "launching a graph");
    check(driver().event_record(begin.get(), stream), "timing");
    for (int i = 0; i < repeats; ++i)
        check(driver().graph_launch(graph.get(), stream), "launching a graph");
    check(driver().event_record(end.get(), stream), "timing");
    check(driver().event_synchronize(end.get()), "timing");
    float milliseconds = 0;
    check(driver().event_elapsed(&milliseconds, begin.get(), end.get()), "timing");
    return static_cast<double>(milliseconds) / repeats;
}

double Launches::time(std::size_t first, std::size_t last, int repeats, nvidia::StreamHandle *stream) {
    const nvidia::GraphExec graph = record(stream, [&] {
        for (std::size_t i = first; i < last; ++i)
            launch(kernels_[i], stream);
    });
    return time(graph, repeats, stream);
}

double Launches::time(const Alternative &alternative, nvidia::StreamHandle *stream) const {
    constexpr int launches = 4;
    constexpr int repeats = 3;
    Kernel kernel;
    prepare(kernel, alternative);
    const nvidia::GraphExec graph = record(stream, [&] {
        for (int i = 0; i < launches; ++i)
            launch(kernel, stream);
    });
    return time(graph, repeats, stream) / launches;
}

} // namespace vsmlrt::cuda
