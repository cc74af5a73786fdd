// All steps of a frame, band by band, are written down before the threads start: they go through them in one
// order, share each step, and need nothing of the caller in between.
#include "cpu/convolution_chain.h"

#include "cpu/padded.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>

namespace vsmlrt::cpu {
namespace {

constexpr std::int64_t stripe = 16 * 1024;
constexpr std::int64_t sums_together = 16; // by kernels, of a vector

std::int64_t row_bytes(const Image &image) {
    return image.row() * storage_size(image.storage);
}

} // namespace

// A step on some rows: first what moves in its result's window, then the layer.
struct ConvolutionChain::Turn {
    LayerRows rows;
    Band band;
    Shares moves; // of stripes of each row
    Shares pieces;

    void move_rows(std::int64_t begin, std::int64_t size) const {
        auto *const stripes = static_cast<std::byte *>(rows.output.data) + begin;
        const std::int64_t row = row_bytes(rows.output);
        for (std::int64_t y = 0; y < band.moved; ++y)
            std::copy_n(stripes + (band.moved_from + y) * row, size, stripes + y * row);
    }
};

ConvolutionChain::ConvolutionChain(const ConvolutionChainDesc &desc,
                                   std::shared_ptr<const ConvolutionMethod> method)
    : method_(std::move(method)), inputs_(desc.inputs.size()), outputs_(desc.outputs), means_(desc.means) {
    for (const std::int64_t channels : desc.inputs) {
        numbers_.push_back(static_cast<std::int64_t>(values_.size()));
        values_.push_back({numbers_.back(), channels});
    }
    taken_in_.assign(desc.inputs.size() + desc.steps.size(), -1);
    for (const ConvolutionStepDesc &step : desc.steps) {
        const auto number = [&](std::int64_t value) {
            return value >= 0 ? numbers_[static_cast<std::size_t>(value)] : -1;
        };
        const auto output = std::find(outputs_.begin(), outputs_.end(), numbers_.size());
        add({method_->layer(step.layer), readable(step.input), number(step.added_before),
             number(step.added_after), step.shuffle},
            output != outputs_.end() ? output - outputs_.begin() : -1);
        numbers_.push_back(static_cast<std::int64_t>(values_.size()) - 1);
    }
    for (const std::int64_t value : means_) {
        Step &step = steps_[static_cast<std::size_t>(numbers_[static_cast<std::size_t>(value)]) - inputs_];
        step.sums = sums_;
        sums_ += whole(made(value).channels, sums_together);
    }
}

void ConvolutionChain::add(Step step, std::int64_t output) {
    const std::int64_t origin = values_[static_cast<std::size_t>(step.input)].origin;
    values_.push_back({origin, step.layer->outputs(), output});
    steps_.push_back(std::move(step));
}

std::int64_t ConvolutionChain::readable(std::int64_t value) {
    const auto index = static_cast<std::size_t>(value);
    const std::int64_t number = numbers_[index];
    const bool with_caller = index < inputs_ || made(value).output >= 0;
    if (with_caller && taken_in_[index] < 0)
        if (auto taken_in = method_->taken_in(made(value).channels)) {
            add({std::move(taken_in), number}, -1);
            taken_in_[index] = static_cast<std::int64_t>(values_.size()) - 1;
        }
    return taken_in_[index] >= 0 ? taken_in_[index] : number;
}

std::vector<Extent> ConvolutionChain::extents(std::span<const Extent> inputs) const {
    std::vector<Extent> all(inputs.begin(), inputs.end());
    for (const Step &step : steps_)
        all.push_back(step.layer->result(all[static_cast<std::size_t>(step.input)]));
    return all;
}

Extent ConvolutionChain::extent(std::int64_t value, std::span<const Extent> inputs) const {
    return extents(inputs)[static_cast<std::size_t>(numbers_[static_cast<std::size_t>(value)])];
}

std::int64_t ConvolutionChain::shuffle(std::int64_t value) const {
    const std::int64_t number = numbers_[static_cast<std::size_t>(value)];
    const std::int64_t step = number - static_cast<std::int64_t>(inputs_);
    return step < 0 ? 0 : steps_[static_cast<std::size_t>(step)].shuffle;
}

Bands ConvolutionChain::plan(std::span<const Extent> extents, int threads) const {
    BandsDesc desc;
    std::int64_t width = 1;
    for (const Extent size : extents) {
        desc.heights.push_back(size.height);
        width = std::max(width, size.width);
    }
    std::vector<LayerPixels> layers;
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const Step &step = steps_[i];
        desc.steps.push_back({step.input, step.added_before, step.added_after, step.layer->rows_read(),
                              values_[inputs_ + i].output >= 0});
        layers.push_back({step.layer->pixels_at_a_time(), step.layer->fewest_pixels(), extents[inputs_ + i]});
    }
    desc.rows = method_->rows_at_a_time(layers, width, threads);
    desc.unit = method_->row_unit();
    return plan_bands(desc);
}

ConvolutionChain::Memory ConvolutionChain::plan_memory(std::span<const Extent> inputs, int threads) const {
    const std::vector<Extent> sizes = extents(inputs);
    Memory memory = {plan(sizes, threads), {}, {}, 0, 0};
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const Extent size = sizes[inputs_ + i];
        const std::int64_t rows = memory.plan.capacities[i];
        memory.windows.push_back(method_->window(size, steps_[i].layer->outputs(), rows));
        memory.sizes.push_back(rows > 0 ? method_->window_bytes(memory.windows.back(), rows) : 0);
        memory.scratch = std::max(memory.scratch, whole(steps_[i].layer->scratch_bytes(), 64));
    }
    memory.scratch += whole(sums_ * static_cast<std::int64_t>(sizeof(double)), 64);
    memory.bytes = std::accumulate(memory.sizes.begin(), memory.sizes.end(), memory.scratch * threads);
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
                           std::span<float *const> means, Workspace &workspace) const {
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
        if (const std::int64_t output = values_[inputs_ + i].output; output >= 0) {
            values.push_back(outputs[static_cast<std::size_t>(output)]);
            continue;
        }
        values.push_back(needed.windows[i]);
        values.back().data = next + method_->bytes_before(needed.windows[i]);
        next += needed.sizes[i];
    }

    const auto turns = std::make_unique<Turn[]>(needed.plan.bands.size());
    for (std::size_t i = 0; i < needed.plan.bands.size(); ++i) {
        const Band &band = needed.plan.bands[i];
        const Step &step = steps_[static_cast<std::size_t>(band.step)];
        Image &result = values[inputs_ + static_cast<std::size_t>(band.step)];
        result.first_row = result.ring > 0 ? band.first / result.ring * result.ring : band.first;
        const auto value = [&](std::int64_t number) {
            return number >= 0 ? values[static_cast<std::size_t>(number)] : Image{};
        };
        Turn &turn = turns[i];
        turn.rows = {value(step.input),       result,     value(step.added_before),
                     value(step.added_after), band.begin, band.end};
        turn.band = band;
        const bool moves = band.moved > 0 && result.ring == 0;
        turn.moves.set(moves ? row_bytes(result) : 0, stripe);
        const std::int64_t pieces = step.layer->pieces(turn.rows);
        turn.pieces.set(pieces, step.layer->pieces_at_a_time(pieces, threads));
    }
    const auto sums = [&](int thread) {
        return reinterpret_cast<double *>(memory + needed.scratch * (thread + 1)) - sums_;
    };
    for (int thread = 0; thread < threads; ++thread)
        std::fill_n(sums(thread), sums_, 0.0);
    workspace.crew().run([&](int thread) {
        std::byte *const own = memory + needed.scratch * thread;
        method_->begin();
        if (threads == 1) {
            run_alone({turns.get(), needed.plan.bands.size()}, values, sums(0), own);
            method_->end();
            return;
        }
        for (std::size_t i = 0; i < needed.plan.bands.size(); ++i) {
            Turn &turn = turns[i];
            const Step &step = steps_[static_cast<std::size_t>(turn.band.step)];
            LayerRows rows = turn.rows;
            rows.sums = step.sums >= 0 ? sums(thread) + step.sums : nullptr;
            turn.moves.work([&](std::int64_t begin, std::int64_t size) { turn.move_rows(begin, size); });
            turn.pieces.work(
                [&](std::int64_t first, std::int64_t count) { step.layer->run(rows, first, count, own); });
        }
        method_->end();
    });
    std::vector<double> all(static_cast<std::size_t>(sums_), 0.0);
    for (int thread = 0; thread < threads; ++thread)
        std::transform(all.begin(), all.end(), sums(thread), all.begin(), std::plus<>());
    for (std::size_t i = 0; i < means.size(); ++i)
        write_mean(means_[i], values, all, means[i]);
}

// A thread alone goes through the steps of a round some columns at a time, so that what one writes is still
// in its cache when the next one reads it. A round: turns of steps in ascending order.
void ConvolutionChain::run_alone(std::span<Turn> turns, std::span<const Image> values, double *sums,
                                 std::byte *scratch) const {
    std::vector<std::int64_t> columns; // of each value, that are there
    for (const Image &value : values)
        columns.push_back(value.extent.width);
    while (!turns.empty()) {
        std::size_t count = 1;
        while (count < turns.size() && turns[count].band.step > turns[count - 1].band.step)
            ++count;
        run_round(turns.first(count), columns, sums, scratch);
        turns = turns.subspan(count);
    }
}

std::int64_t ConvolutionChain::parts(std::span<const Turn> round) const {
    constexpr std::int64_t narrowest = 64; // columns
    std::int64_t wanted = 1;
    std::int64_t most = std::numeric_limits<std::int64_t>::max();
    for (const Turn &turn : round) {
        const Layer &layer = *step_of(turn).layer;
        const std::int64_t width = turn.rows.output.extent.width;
        const std::int64_t pixels = (turn.band.end - turn.band.begin) * width;
        wanted = std::max(wanted, pixels / std::max<std::int64_t>(1, layer.pixels_at_a_time()));
        most = std::min(most, width / narrowest);
        if (const std::int64_t fewest = layer.fewest_pixels(); fewest > 0)
            most = std::min(most, pixels / fewest);
    }
    return std::max<std::int64_t>(1, std::min(wanted, most));
}

void ConvolutionChain::run_round(std::span<Turn> round, std::span<std::int64_t> columns, double *sums,
                                 std::byte *scratch) const {
    for (Turn &turn : round) {
        turn.moves.work([&](std::int64_t begin, std::int64_t size) { turn.move_rows(begin, size); });
        columns[inputs_ + static_cast<std::size_t>(turn.band.step)] = 0;
    }
    std::vector<std::int64_t> done(round.size(), 0); // pieces
    const std::int64_t count = parts(round);
    for (std::int64_t part = 1; part <= count; ++part)
        for (std::size_t i = 0; i < round.size(); ++i) {
            const Step &step = step_of(round[i]);
            LayerRows rows = round[i].rows;
            rows.sums = step.sums >= 0 ? sums + step.sums : nullptr;
            std::int64_t most = rows.output.extent.width * part / count;
            for (const std::int64_t added : {step.added_before, step.added_after})
                if (added >= 0)
                    most = std::min(most, columns[static_cast<std::size_t>(added)]);
            const std::int64_t end =
                step.layer->pieces_within(rows, columns[static_cast<std::size_t>(step.input)], most);
            if (end <= done[i])
                continue;
            const std::int64_t at_a_time = step.layer->pieces_at_a_time(step.layer->pieces(rows), 1);
            for (std::int64_t first = done[i]; first < end; first += at_a_time)
                step.layer->run(rows, first, std::min(at_a_time, end - first), scratch);
            done[i] = end;
            columns[inputs_ + static_cast<std::size_t>(round[i].band.step)] =
                step.layer->columns_of(rows, end);
        }
}

const ConvolutionChain::Step &ConvolutionChain::step_of(const Turn &turn) const {
    return steps_[static_cast<std::size_t>(turn.band.step)];
}

void ConvolutionChain::write_mean(std::int64_t value, std::span<const Image> values,
                                  std::span<const double> sums, float *to) const {
    const auto number = static_cast<std::size_t>(numbers_[static_cast<std::size_t>(value)]);
    const Image &image = values[number];
    const auto pixels = static_cast<double>(image.extent.height * image.extent.width);
    const auto own = sums.subspan(static_cast<std::size_t>(steps_[number - inputs_].sums),
                                  static_cast<std::size_t>(image.channels));
    std::ranges::transform(own, to, [&](double sum) { return static_cast<float>(sum / pixels); });
}

} // namespace vsmlrt::cpu
