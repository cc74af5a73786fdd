#include "cpu/convolution_chain.h"

#include <algorithm>
#include <memory>
#include <numeric>

namespace vsmlrt::cpu {
namespace {

constexpr std::int64_t alignment = 64;

std::int64_t aligned(std::int64_t size) {
    return (size + alignment - 1) / alignment * alignment;
}

// Of each value the last step that reads it.
std::vector<std::int64_t> last_uses(const ConvolutionChainDesc &desc) {
    std::vector<std::int64_t> last(desc.inputs.size() + desc.steps.size(), -1);
    for (std::size_t i = 0; i < desc.steps.size(); ++i)
        for (const std::int64_t value :
             {desc.steps[i].input, desc.steps[i].added_before, desc.steps[i].added_after})
            if (value >= 0)
                last[static_cast<std::size_t>(value)] = static_cast<std::int64_t>(i);
    return last;
}

} // namespace

std::vector<Place> plan_places(const ConvolutionChainDesc &desc) {
    const auto last = last_uses(desc);
    const std::size_t inputs = desc.inputs.size();
    std::vector<Place> places(desc.steps.size());
    std::vector<std::int64_t> free;
    std::int64_t slots = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
        const auto value = static_cast<std::int64_t>(inputs + i);
        const auto output = std::find(desc.outputs.begin(), desc.outputs.end(), value);
        if (output != desc.outputs.end()) {
            places[i].output = output - desc.outputs.begin();
        } else if (free.empty()) {
            places[i].slot = slots++;
        } else {
            places[i].slot = free.back();
            free.pop_back();
        }
        // A step's result must not lie where its own inputs do; after it they may go.
        for (std::size_t earlier = 0; earlier < i; ++earlier)
            if (places[earlier].slot >= 0 && last[inputs + earlier] == static_cast<std::int64_t>(i))
                free.push_back(places[earlier].slot);
    }
    return places;
}

ConvolutionChain::ConvolutionChain(const ConvolutionChainDesc &desc, const Kernels &kernels, Storage storage)
    : kernels_(kernels), storage_(kernels.bf16 ? storage : Storage::fp32), inputs_(desc.inputs),
      outputs_(desc.outputs), places_(plan_places(desc)) {
    for (std::size_t i = 0; i < inputs_.size(); ++i)
        origins_.push_back({static_cast<std::int64_t>(i)});
    steps_.reserve(desc.steps.size());
    for (const ConvolutionStepDesc &step : desc.steps) {
        steps_.push_back(
            {Convolution(step.layer, kernels_, storage_), step.input, step.added_before, step.added_after});
        const Origin from = origin(step.input);
        origins_.push_back({from.input, steps_.back().layer.result(from.larger)});
    }
}

Extent ConvolutionChain::extent(std::int64_t value, std::span<const Image> inputs) const {
    const Origin from = origin(value);
    const Extent input = inputs[static_cast<std::size_t>(from.input)].extent;
    return {input.height + from.larger.height, input.width + from.larger.width};
}

std::int64_t ConvolutionChain::channels(std::int64_t value) const {
    const auto index = static_cast<std::size_t>(value);
    return index < inputs_.size() ? inputs_[index] : steps_[index - inputs_.size()].layer.outputs();
}

void ConvolutionChain::run(std::span<const Image> inputs, std::span<const Image> outputs, Workspace &workspace) const {
    const auto size = [&](std::size_t step) {
        return extent(static_cast<std::int64_t>(inputs.size() + step), inputs);
    };
    std::vector<Image> values(inputs.begin(), inputs.end());
    std::vector<std::int64_t> slots;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const Place place = places_[i];
        if (place.output >= 0) {
            values.push_back(outputs[static_cast<std::size_t>(place.output)]);
            continue;
        }
        const Extent extent = size(i);
        const std::int64_t channels = steps_[i].layer.outputs();
        const std::int64_t pixel = kernels_.whole(channels);
        values.push_back({nullptr, storage_, extent, channels, pixel});
        slots.resize(std::max(slots.size(), static_cast<std::size_t>(place.slot) + 1));
        std::int64_t &bytes = slots[static_cast<std::size_t>(place.slot)];
        bytes = std::max(bytes, aligned(extent.height * extent.width * pixel * storage_size(storage_)));
    }

    const int threads = workspace.crew().size();
    const auto shares = std::make_unique<Shares[]>(steps_.size());
    std::vector<Task> tasks(steps_.size());
    std::int64_t scratch = 0;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const Extent extent = size(i);
        const std::int64_t tiles =
            ((extent.height + tile_size - 1) / tile_size) * ((extent.width + tile_size - 1) / tile_size);
        const std::int64_t at_a_time = steps_[i].layer.tiles_at_a_time(tiles, threads);
        shares[i].set(tiles, at_a_time);
        scratch = std::max(
            scratch, aligned(kernels_.scratch_floats(steps_[i].layer.packed(), at_a_time) * 4));
    }

    std::byte *const memory = workspace.memory(static_cast<std::size_t>(
        scratch * threads + std::accumulate(slots.begin(), slots.end(), std::int64_t{0})));
    std::byte *next = memory + scratch * threads;
    std::vector<std::byte *> begins;
    for (const std::int64_t bytes : slots) {
        begins.push_back(next);
        next += bytes;
    }
    for (std::size_t i = 0; i < steps_.size(); ++i)
        if (places_[i].slot >= 0)
            values[inputs.size() + i].data = begins[static_cast<std::size_t>(places_[i].slot)];

    const auto value = [&](std::int64_t index) {
        return index >= 0 ? values[static_cast<std::size_t>(index)] : Image{};
    };
    for (std::size_t i = 0; i < steps_.size(); ++i)
        tasks[i] = {steps_[i].layer.packed(), value(steps_[i].input), values[inputs.size() + i],
                    value(steps_[i].added_before), value(steps_[i].added_after)};
    workspace.crew().run([&](int thread) {
        auto *const own = reinterpret_cast<float *>(memory + scratch * thread);
        for (std::size_t i = 0; i < steps_.size(); ++i)
            shares[i].work([&](std::int64_t first, std::int64_t count) {
                kernels_.run(tasks[i], first, count, own);
            });
    });
}

} // namespace vsmlrt::cpu
