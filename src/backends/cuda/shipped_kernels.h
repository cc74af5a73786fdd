// Kernels that were compiled when the package was made, in a file an architecture beside the module:
// libvsmlrt_cuda.sm_90a.kernels. tools/kernels writes it.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace vsmlrt::cuda {

// Thread-safe. Of the file only its list is in memory: a kernel is read when it is asked for.
class ShippedKernels {
public:
    // BadArgument, naming the file and what is wrong with it.
    explicit ShippedKernels(std::filesystem::path file);

    // By kernel_hash of the text; nothing, and a log line, where what the file has under it is damaged.
    [[nodiscard]] std::optional<std::vector<std::byte>> cubin(const std::string &hash) const;

    [[nodiscard]] std::size_t count() const { return kernels_.size(); }
    // The least version of a driver that takes cubins of the compiler that made them, as cuDriverGetVersion
    // gives it. Source: NVIDIA, CUDA Compatibility, "Minor Version Compatibility".
    [[nodiscard]] int oldest_driver() const { return oldest_driver_; }
    // "kernels 1f2e3d4c of NVRTC 13.0": changes with what the file has.
    [[nodiscard]] const std::string &version() const { return version_; }

private:
    struct Place {
        std::uint64_t offset = 0; // in the file
        std::uint64_t bytes = 0;
        std::string content; // its hash
    };

    std::filesystem::path file_;
    std::map<std::string, Place> kernels_;
    int oldest_driver_ = 0;
    std::string version_;
};

// Of a GPU's architecture ("sm_90a") and driver: those beside this module or, where it is set, in the folder
// VSMLRT_CUDA_KERNELS. Null where there are none; a file that is damaged costs a log line, and is as if it
// were not there. Opened once a process.
[[nodiscard]] std::shared_ptr<const ShippedKernels> shipped_kernels(const std::string &architecture,
                                                                    int driver_version);

// "libvsmlrt_cuda.sm_90a.kernels"
[[nodiscard]] std::string shipped_file(const std::string &architecture);

// The file's content; `compiler`: nvidia::compiler_version's words for what made the cubins.
[[nodiscard]] std::vector<std::byte>
encode_shipped(const std::string &compiler, const std::map<std::string, std::vector<std::byte>> &cubins);

} // namespace vsmlrt::cuda
