// Weights that an ONNX file keeps in other files of its folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace vsmlrt::model {

class ExternalData {
public:
    // An empty folder refuses every location.
    explicit ExternalData(std::filesystem::path folder) : folder_(std::move(folder)) {}

    // `bytes` bytes at `offset` of the file at `location`, valid as long as this object. BadModel for a
    // location that is not a plain relative path without "..", that leads out of the folder, or that holds
    // too few bytes.
    [[nodiscard]] std::span<const std::byte> slice(const std::string &location, std::int64_t offset,
                                                   std::int64_t bytes);

    // Every file read so far, whole, by its location.
    [[nodiscard]] const std::map<std::string, std::vector<std::byte>> &files() const { return files_; }

private:
    const std::vector<std::byte> &file(const std::string &location);

    std::filesystem::path folder_;
    std::map<std::string, std::vector<std::byte>> files_;
};

} // namespace vsmlrt::model
