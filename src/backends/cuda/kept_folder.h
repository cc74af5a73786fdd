// What programs find out once for a device and driver, in a folder that they share with other processes:
// compiled kernels, and which kernel is the fastest for a problem.
#pragma once

#include "backends/cuda/blob.h"

#include <filesystem>
#include <optional>

namespace vsmlrt::cuda {

// Thread-safe, and safe against other processes on the folder, also those that are killed. A file that is
// damaged or cannot be read is as if it were not there, and is written anew. Nothing throws because of the
// disk: a folder that cannot be written costs a log line.
class KeptFolder {
public:
    // An empty path: nothing is found and nothing kept. A folder that is not there is made when something is
    // kept.
    explicit KeptFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

    [[nodiscard]] const std::filesystem::path &path() const { return folder_; }
    // By kernel_hash of the text.
    [[nodiscard]] std::optional<std::vector<std::byte>> cubin(const std::string &hash) const;
    void keep_cubin(const std::string &hash, std::span<const std::byte> cubin) const;

    [[nodiscard]] Choices choices() const;
    // Adds those to what the folder holds by then.
    void keep_choices(const Choices &found) const;

private:
    [[nodiscard]] std::optional<std::vector<std::byte>> read(const std::string &name) const;
    void make_folder() const;
    void write(const std::string &name, std::span<const std::byte> content) const;

    std::filesystem::path folder_;
};

} // namespace vsmlrt::cuda
