// All steps of a frame, band by band, are written down before the threads start: they go through them in one
// order, share each step, and need nothing of the caller in between.
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

// A step on some rows: first what moves in its result's window, then the convolution.
struct Turn {
    Task task;
    Band band;
    Shares moves; // of stripes of each row
    Shares tiles;
};

constexpr std::int64_t stripe = 16 * 1024;

std::int64_t row_bytes(const Image &image) {
    return image.extent.width * image.pixel * storage_size(image.storage);
}

void move_rows(const Turn &turn, std::int64_t begin, std::int64_t size) {
    auto *const window = static_cast<std::byte *>(turn.task.output.data) + begin;
    const std::int64_t row = row_bytes(turn.task.output);
    for (std::int64_t y = 0; y < turn.band.moved; ++y)
        std::copy_n(window + (turn.band.moved_from + y) * row, size, window + y * row);
}

} // namespace

ConvolutionChain::ConvolutionChain(const ConvolutionChainDesc &desc, const Kernels &kernels, Storage storage)
    : kernels_(kernels), storage_(kernels.bf16 ? storage : Storage::fp32), inputs_(desc.inputs),
      outputs_(desc.outputs) {
    for (std::size_t i = 0; i < inputs_.size(); ++i)
        origins_.push_back({static_cast<std::int64_t>(i)});
    steps_.reserve(desc.steps.size());
    for (const ConvolutionStepDesc &step : desc.steps) {
        steps_.push_back({Convolution(step.layer, kernels_, storage_), step.input, step.added_before,
                          step.added_after, step.shuffle});
        const Origin from = origin(step.input);
        origins_.push_back({from.input, steps_.back().layer.result(from.larger)});
    }
}

Extent ConvolutionChain::extent(std::int64_t value, std::span<const Extent> inputs) const {
    const Origin from = origin(value);
    const Extent input = inputs[static_cast<std::size_t>(from.input)];
    return {input.height + from.larger.height, input.width + from.larger.width};
}

std::int64_t ConvolutionChain::channels(std::int64_t value) const {
    const auto index = static_cast<std::size_t>(value);
    return index < inputs_.size() ? inputs_[index] : steps_[index - inputs_.size()].layer.outputs();
}

std::int64_t ConvolutionChain::shuffle(std::int64_t value) const {
    const auto index = static_cast<std::size_t>(value);
    return index < inputs_.size() ? 0 : steps_[index - inputs_.size()].shuffle;
}

std::int64_t ConvolutionChain::rows_at_a_time(std::int64_t width, int threads) const {
    std::int64_t tiles = 0;
    for (const Step &step : steps_)
        tiles = std::max(tiles, threads * step.layer.most_tiles_at_a_time());
    const std::int64_t across = (width + tile_size - 1) / tile_size;
    return std::max<std::int64_t>(4, (tiles + across - 1) / across) * tile_size;
}

Bands ConvolutionChain::plan(std::span<const Extent> inputs, int threads) const {
    BandsDesc desc;
    std::int64_t width = 1;
    for (std::size_t value = 0; value < origins_.size(); ++value) {
        const Extent size = extent(static_cast<std::int64_t>(value), inputs);
        desc.heights.push_back(size.height);
        width = std::max(width, size.width);
    }
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const Step &step = steps_[i];
        const auto value = static_cast<std::int64_t>(inputs.size() + i);
        desc.steps.push_back({step.input, step.added_before, step.added_after, step.layer.packed().pad_top,
                              std::find(outputs_.begin(), outputs_.end(), value) != outputs_.end()});
    }
    desc.rows = rows_at_a_time(width, threads);
    return plan_bands(desc);
}

ConvolutionChain::Memory ConvolutionChain::plan_memory(std::span<const Extent> inputs, int threads) const {
    Memory memory = {plan(inputs, threads), {}, 0, 0};
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const Extent size = extent(static_cast<std::int64_t>(inputs.size() + i), inputs);
        const std::int64_t row =
            size.width * kernels_.whole(steps_[i].layer.outputs()) * storage_size(storage_);
        memory.windows.push_back(aligned(memory.plan.capacities[i] * row));
        const std::int64_t tiles = steps_[i].layer.most_tiles_at_a_time() + kernels_.rows;
        const std::int64_t floats = kernels_.scratch_floats(steps_[i].layer.packed(), tiles);
        memory.scratch = std::max(memory.scratch, aligned(floats * static_cast<std::int64_t>(sizeof(float))));
    }
    memory.bytes = std::accumulate(memory.windows.begin(), memory.windows.end(), memory.scratch * threads);
    return memory;
}

std::shared_ptr<const ConvolutionChain::Memory> ConvolutionChain::workspace(std::span<const Extent> inputs,
                                                                            int threads) const {
    const std::lock_guard lock(mutex_);
    if (!last_.memory || last_.threads != threads || !std::ranges::equal(last_.inputs, inputs))
        last_ = {{inputs.begin(), inputs.end()},
                 threads,
                 std::make_shared<const Memory>(plan_memory(inputs, threads))};
    return last_.memory;
}

void ConvolutionChain::run(std::span<const Image> inputs, std::span<const Image> outputs,
                           Workspace &workspace) const {
    const int threads = workspace.crew().size();
    std::vector<Extent> extents;
    for (const Image &input : inputs)
        extents.push_back(input.extent);
    const std::shared_ptr<const Memory> planned = this->workspace(extents, threads);
    const Memory &needed = *planned;
    std::byte *const memory = workspace.memory(static_cast<std::size_t>(needed.bytes));

    std::vector<Image> values(inputs.begin(), inputs.end());
    std::byte *next = memory + needed.scratch * threads;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const auto value = static_cast<std::int64_t>(inputs.size() + i);
        const auto output = std::find(outputs_.begin(), outputs_.end(), value);
        if (output != outputs_.end()) {
            values.push_back(outputs[static_cast<std::size_t>(output - outputs_.begin())]);
            continue;
        }
        const std::int64_t channels = steps_[i].layer.outputs();
        values.push_back({next, storage_, extent(value, extents), channels, kernels_.whole(channels)});
        next += needed.windows[i];
    }

    const auto turns = std::make_unique<Turn[]>(needed.plan.bands.size());
    for (std::size_t i = 0; i < needed.plan.bands.size(); ++i) {
        const Band &band = needed.plan.bands[i];
        const Step &step = steps_[static_cast<std::size_t>(band.step)];
        Image &result = values[inputs.size() + static_cast<std::size_t>(band.step)];
        result.first_row = band.first;
        const auto value = [&](std::int64_t index) {
            return index >= 0 ? values[static_cast<std::size_t>(index)] : Image{};
        };
        Turn &turn = turns[i];
        turn.task = {step.layer.packed(),     value(step.input), result,  value(step.added_before),
                     value(step.added_after), band.begin,        band.end};
        turn.band = band;
        turn.moves.set(band.moved > 0 ? row_bytes(result) : 0, stripe);
        turn.tiles.set(turn.task.tiles(), step.layer.tiles_at_a_time(turn.task.tiles(), threads));
    }
    workspace.crew().run([&](int thread) {
        auto *const own = reinterpret_cast<float *>(memory + needed.scratch * thread);
        for (std::size_t i = 0; i < needed.plan.bands.size(); ++i) {
            Turn &turn = turns[i];
            turn.moves.work([&](std::int64_t begin, std::int64_t size) { move_rows(turn, begin, size); });
            turn.tiles.work(
                [&](std::int64_t first, std::int64_t count) { kernels_.run(turn.task, first, count, own); });
        }
    });
}

} // namespace vsmlrt::cpu
