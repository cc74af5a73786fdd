// The machine that this process runs on, as its system tells of it.
#pragma once

#include <cstdint>
#include <string>

namespace vsmlrt {

// The memory of this machine, in bytes; 0 where the system does not tell.
[[nodiscard]] std::int64_t memory_bytes();

// What of it can be had without taking it from other programs, in bytes; all that can be counted where the
// system does not tell.
[[nodiscard]] std::uint64_t available_memory_bytes();

// What a person calls this machine's processor ("AMD EPYC 9354"); "CPU" where the system does not tell.
[[nodiscard]] std::string processor_name();

// How many logical processors this process may run on, at least 1.
[[nodiscard]] int usable_processors();

// The release of NVIDIA's driver, which its own functions do not tell ("580.95.05"); empty where there is no
// driver or the system does not show it.
[[nodiscard]] std::string nvidia_driver_release();

} // namespace vsmlrt
