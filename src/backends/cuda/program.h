// A network planned and compiled for a device.
#pragma once

#include "backends/cuda/arena.h"
#include "backends/cuda/blob.h"
#include "backends/cuda/constants.h"
#include "backends/cuda/device.h"
#include "backends/cuda/frame_store.h"
#include "backends/cuda/kernel_cache.h"
#include "backends/cuda/options.h"
#include "backends/cuda/planner.h"
#include "vsmlrt/backend.h"

#include <optional>

namespace vsmlrt::cuda {

class Program {
public:
    // BadModel or Unsupported for networks that cannot be read or lowered, or do not work at the sizes of the
    // range; DeviceError where the GPU fails or has no memory for the weights.
    Program(const Device &device, const vsmlrt_program_desc &desc);

    [[nodiscard]] vsmlrt_program_info info() const { return info_; }
    [[nodiscard]] std::vector<std::byte> blob() const;
    // See vsmlrt_backend::shapes.
    void shapes(vsmlrt_extent extent, vsmlrt_tensor *inputs, vsmlrt_tensor *outputs) const;

    // What contexts are made of.
    [[nodiscard]] Plan plan(vsmlrt_extent extent);
    [[nodiscard]] KernelCache &kernels() { return kernels_; }
    [[nodiscard]] ArenaPool &arenas() { return *arenas_; }
    [[nodiscard]] FrameStore &frames() { return frames_; }
    [[nodiscard]] const nvidia::SharedContext &device() const { return context_; }
    [[nodiscard]] const Options &options() const { return options_; }

private:
    [[nodiscard]] std::vector<graph::Shape> input_shapes(vsmlrt_extent extent) const;
    [[nodiscard]] Plan plan(vsmlrt_extent extent, Constants &weights) const;
    void describe(const vsmlrt_program_desc &desc, std::int64_t arena_bytes);
    // Chooses among the kernels that serve a step by timing them, unless a blob or an earlier program of this
    // process says which it is.
    void tune(vsmlrt_extent extent);

    Options options_;
    DeviceFacts facts_;
    std::string architecture_;
    std::string device_id_;
    KeptFolder kept_;
    nvidia::SharedContext context_;
    graph::Graph graph_;
    Constants weights_;
    KernelCache kernels_;
    FrameStore frames_;
    std::optional<ArenaPool> arenas_;
    Choices choices_;
    vsmlrt_program_info info_ = {};
};

} // namespace vsmlrt::cuda
