// What a plan is found by.
#pragma once

#include <string>

namespace vsmlrt::cache {

struct Key {
    // Says which program it is; one file a program, so that a new plan takes the place of a stale one.
    std::string file_name;
    // Everything that changes the plan: the network's fingerprint, options, driver, library versions, compute
    // capability. Kept in the file; a plan with another one is stale.
    std::string full;
};

// What a file name is made of. Free text: what file systems do not take is replaced.
struct ProgramName {
    std::string stem;            // of the network's file
    std::string shapes;          // "1920x1080", or min, opt and max
    std::string precision;       // "fp16"
    std::string io_type;         // "fp32"
    std::string device;          // "NVIDIA H100"
    std::string backend_version; // "OpenVINO 2026.4.1"
};

// Letters, digits, dot, minus and underscore only, at most 180 bytes, no leading dot. Names that differ stay
// different: whatever had to be replaced or shortened is told apart by a hash at the end.
[[nodiscard]] std::string make_file_name(const ProgramName &program);

} // namespace vsmlrt::cache
