// A network planned and compiled for a device.
#pragma once

#include "backends/cuda/arena.h"
#include "backends/cuda/blob.h"
#include "backends/cuda/bytes_of_frames.h"
#include "backends/cuda/card_parts.h"
#include "backends/cuda/constants.h"
#include "backends/cuda/device.h"
#include "backends/cuda/frame_store.h"
#include "backends/cuda/kernel_cache.h"
#include "backends/cuda/layer_rates.h"
#include "backends/cuda/options.h"
#include "backends/cuda/planner.h"
#include "backends/cuda/result_store.h"
#include "base/step_clock.h"
#include "vsmlrt/backend.h"

#include <list>
#include <optional>

namespace vsmlrt::cuda {

class Program {
public:
    // BadModel or Unsupported for networks that cannot be read or lowered, or do not work at the sizes of the
    // range; DeviceError where the GPU fails or has no memory for the weights.
    Program(const Device &device, const vsmlrt_program_desc &desc);

    [[nodiscard]] vsmlrt_program_info info() const { return info_; }
    // See vsmlrt_backend::describe_size. From then on the size's weights are on the device, and frames are
    // kept for as many as run side by side. DeviceError where the memory for the weights is lacking.
    [[nodiscard]] vsmlrt_program_info info(vsmlrt_extent extent, const vsmlrt_frame_plan *frames = nullptr);
    // Contexts are bound to that size, whose frames take so much, or, with null, to tensors: arenas() knows
    // how they run.
    void serve(vsmlrt_extent extent, const BytesOfFrames *frames = nullptr);
    [[nodiscard]] std::vector<std::byte> blob() const;
    // See vsmlrt_backend::shapes.
    void shapes(vsmlrt_extent extent, vsmlrt_tensor *inputs, vsmlrt_tensor *outputs) const;

    // Measures this GPU for the steps of a plan of this program.
    [[nodiscard]] LayerRates layer_rates(std::span<const Step> steps) const {
        return {context_, facts_, architecture_, {options_.half_sums, options_.tf32}, steps};
    }

    // By a test's driver, on the processor.
    [[nodiscard]] bool is_simulated() const { return !facts_.runs_barriers; }

    // What contexts are made of.
    [[nodiscard]] Plan plan(vsmlrt_extent extent);
    [[nodiscard]] KernelCache &kernels() { return kernels_; }
    [[nodiscard]] ArenaPool &arenas() { return *arenas_; }
    [[nodiscard]] FrameStore &frames() { return frames_; }
    [[nodiscard]] ResultStore &results() { return results_; }
    [[nodiscard]] const nvidia::SharedContext &device() const { return context_; }
    [[nodiscard]] const Options &options() const { return options_; }

private:
    Program(const Device &device, const vsmlrt_program_desc &desc, StepClock clock);
    [[nodiscard]] std::vector<graph::Shape> input_shapes(vsmlrt_extent extent) const;
    // How tensors of that size are computed; planned when it is first asked for.
    [[nodiscard]] SizeOfFrames described(vsmlrt_extent extent);
    [[nodiscard]] SizeOfFrames describe_size(vsmlrt_extent extent);
    [[nodiscard]] SizeOfFrames size_of(vsmlrt_extent extent, const Plan &plan) const;
    [[nodiscard]] vsmlrt_program_info info_of(const SizeOfFrames &size) const;
    void describe(std::span<const vsmlrt_program_info> sizes);
    [[nodiscard]] Plan make_plan(vsmlrt_extent extent, Constants &weights);
    // One that was made before, or a new one.
    [[nodiscard]] Plan plan_of(vsmlrt_extent extent);
    // Timed, where there is what that takes.
    [[nodiscard]] Plan new_plan(vsmlrt_extent extent);
    // For whoever wants that size next.
    void keep(vsmlrt_extent extent, Plan plan);
    // Takes the kernels that were chosen.
    void decide(Plan &plan) const;
    // The plan of a size after choosing among the kernels that serve a step by timing them, unless a blob or
    // an earlier program of this process says which it is.
    [[nodiscard]] Plan timed_plan(vsmlrt_extent extent, StepClock &clock);
    void tune(vsmlrt_extent extent, Choices &known, StepClock &clock);

    Options options_;
    DeviceFacts facts_; // of the whole card
    FramesAtOnce at_once_;
    std::string architecture_;
    std::string device_id_;
    KeptFolder kept_;
    graph::Graph graph_;
    nvidia::SharedContext context_;
    Constants weights_;
    KernelCache kernels_;
    FrameStore frames_;
    ResultStore results_;
    CardParts parts_;
    std::optional<ArenaPool> arenas_;
    Choices choices_;
    // Plans for arenas that come to want them, the last made first: planning takes some 50 ms.
    std::mutex made_mutex_;
    std::list<std::pair<vsmlrt_extent, Plan>> made_;
    std::mutex described_mutex_;
    std::vector<SizeOfFrames> described_;
    vsmlrt_program_info info_ = {};
};

} // namespace vsmlrt::cuda
