// From a network to a program: precision, shape, the fp16 rewrite and the plan cache.
#pragma once

#include "engine/backend.h"
#include "engine/shape_range.h"
#include "model/load.h"

#include <optional>
#include <set>
#include <utility>

namespace vsmlrt::engine {

// Whether the network's inputs become float16 tensors.
enum class HalfInputs { never, where_computed_in_half, always };

struct ProgramOptions {
    vsmlrt_precision precision = VSMLRT_PRECISION_AUTO;
    std::optional<std::set<std::string>>
        keep_fp32; // operators that the fp16 rewrite leaves alone; absent: its list
    HalfInputs half_inputs = HalfInputs::never;
    bool half_outputs = false; // the network's outputs become float16 tensors
    // Ends that the network rounds to float16 anyway become float16 tensors: model/edit.h, narrow_ends.
    bool narrow_inputs = false;
    bool narrow_outputs = false;
    int num_streams = 1;      // at least 1
    int frames_in_flight = 0; // that the host asks for at once; more streams make no sense; 0: unknown
    int num_threads = 0;      // 0: the backend's choice
    std::vector<std::pair<std::string, std::string>> properties; // handed to the backend
    std::filesystem::path plan_folder;                           // of the plan cache; empty: the user's own
};

// A program for these sizes; a dynamic one is shared with others of this process that want the very same.
// Taken from the plan cache where the backend finds that worth while; one log line says when the precision
// used is not the one asked for. Errors: the backend's.
[[nodiscard]] std::shared_ptr<const Program> build_program(const std::shared_ptr<const Device> &device,
                                                           model::Loaded loaded, const ShapeRange &range,
                                                           const ProgramOptions &options);

// What "auto" means on a device: bf16 on CPUs that have it, fp16 on other devices that have it, else fp32.
[[nodiscard]] vsmlrt_precision resolve_precision(vsmlrt_precision asked, const DeviceInfo &device);

} // namespace vsmlrt::engine
