// What NVIDIA's assembler says about the kernel in a cubin.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vsmlrt::test {

struct Cubin {
    std::uint32_t registers = 0;   // of a thread
    std::uint32_t local_bytes = 0; // of local memory a thread: spilled registers, arrays
};

// The largest of all functions'. InternalError where the file does not say.
[[nodiscard]] Cubin read_cubin(const std::vector<std::byte> &file);

} // namespace vsmlrt::test
