#include "backends/cuda/plan.h"

#include "base/checked.h"
#include "base/text.h"
#include "graph/memory.h"

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

// TMA reads and writes boxes from 1024-byte boundaries on.
constexpr std::int64_t alignment = 1024;

constexpr const char *what = "bytes of the arena";

// With what kernels may read over a tensor's end in whole vectors.
std::int64_t aligned(std::int64_t bytes) {
    constexpr std::int64_t slack = 64;
    return checked_add(bytes, slack + alignment - 1, what) / alignment * alignment;
}

std::string list(const std::vector<int> &buffers) {
    std::vector<std::string> names;
    for (const int buffer : buffers)
        names.push_back("b" + std::to_string(buffer));
    return join(names, " ");
}

} // namespace

std::size_t Step::rivals() const {
    if (leader)
        return 0;
    const std::size_t fast = alternatives.size() - (ends_plain ? 1 : 0);
    return fast < 2 ? 0 : fast;
}

void choose(Step &step, const std::string &name) {
    for (Alternative &alternative : step.alternatives)
        if (alternative.name == name) {
            std::swap(alternative, step.alternatives.front());
            return;
        }
}

void follow_leaders(Plan &plan) {
    for (Step &step : plan.steps)
        if (step.leader)
            choose(step, plan.steps[*step.leader].alternatives.front().name);
}

void pack_arena(Plan &plan) {
    std::vector<graph::Slot> slots;
    std::vector<std::size_t> slot_of(plan.buffers.size(), SIZE_MAX);
    const auto touch = [&](int buffer, std::size_t step) {
        const auto index = static_cast<std::size_t>(buffer);
        if (plan.buffers[index].kind != BufferKind::arena)
            return;
        if (slot_of[index] == SIZE_MAX) {
            slot_of[index] = slots.size();
            slots.push_back({buffer, 0, aligned(plan.buffers[index].bytes), step, step});
        }
        slots[slot_of[index]].last = step;
    };
    for (std::size_t step = 0; step < plan.steps.size(); ++step) {
        for (const int buffer : plan.steps[step].reads)
            touch(buffer, step);
        for (const int buffer : plan.steps[step].writes)
            touch(buffer, step);
    }
    plan.arena_bytes = graph::pack(slots);
    for (std::size_t i = 0; i < plan.buffers.size(); ++i)
        if (slot_of[i] != SIZE_MAX)
            plan.buffers[i].offset = slots[slot_of[i]].offset;
    for (Buffer &buffer : plan.buffers)
        if (buffer.kind == BufferKind::input || buffer.kind == BufferKind::output) {
            buffer.offset = plan.arena_bytes;
            plan.arena_bytes = checked_add(plan.arena_bytes, aligned(buffer.bytes), what);
        }
}

std::int64_t bytes_of(std::span<const Tensor> tensors) {
    std::int64_t bytes = 0;
    for (const Tensor &tensor : tensors)
        bytes += bytes_of(tensor);
    return bytes;
}

std::string describe(const Plan &plan) {
    std::string lines;
    for (const Step &step : plan.steps) {
        std::vector<std::string> names;
        for (const Alternative &alternative : step.alternatives)
            names.push_back(alternative.name);
        lines += text(step.label, ": ", join(names, " | "), ", reads ", list(step.reads), ", writes ",
                      list(step.writes), "\n");
    }
    for (std::size_t i = 0; i < plan.buffers.size(); ++i)
        if (plan.buffers[i].kind == BufferKind::arena)
            lines += text("b", i, ": bytes ", plan.buffers[i].offset, "..",
                          plan.buffers[i].offset + plan.buffers[i].bytes, "\n");
    return lines;
}

} // namespace vsmlrt::cuda
