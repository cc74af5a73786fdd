// Kernels by NVIDIA's compiler, and what its assembler says about them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace vsmlrt::test {

// As nvidia::compile has it. Cubins stay in the build folder as object files do, by the text, the options and
// the very compiler: a kernel is compiled again when one of them has changed, or its file is damaged.
[[nodiscard]] std::vector<std::byte> compiled(const std::string &source, const std::string &architecture);

// Those that kernels are compiled for: the most frequent cards', or those that the
// environment variable VSMLRT_TEST_ARCHITECTURES names ("sm_89 sm_100", as .ci/run has them in addition). On
// Windows one for all, since the compiler takes minutes and makes the same of a text on both systems.
[[nodiscard]] std::vector<std::string> architectures();
[[nodiscard]] bool is_compiled_for(const std::string &architecture);

struct Cubin {
    std::uint32_t registers = 0;   // of a thread
    std::uint32_t local_bytes = 0; // of local memory a thread: spilled registers, arrays
};

// The largest of all functions'. InternalError where the file does not say.
[[nodiscard]] Cubin read_cubin(const std::vector<std::byte> &file);

} // namespace vsmlrt::test
