// Constants in the device's memory: weights, in the form in which a kernel wants them. Thread-safe; what was
// uploaded once is found again by its key and lives as long as this.
#pragma once

#include "nvidia/handles.h"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace vsmlrt::cuda {

class Constants {
public:
    explicit Constants(nvidia::SharedContext device) : device_(std::move(device)) {}

    using Make = std::function<std::vector<std::byte>()>;
    [[nodiscard]] std::uint64_t address(const std::string &key, const Make &make);
    // How many there are or would be under that key; nothing is uploaded.
    [[nodiscard]] std::int64_t bytes(const std::string &key, const Make &make);
    [[nodiscard]] std::int64_t bytes() const; // of all

private:
    [[nodiscard]] std::optional<std::uint64_t> find(const std::string &key) const;

    nvidia::SharedContext device_;
    mutable std::mutex mutex_;
    std::map<std::string, nvidia::DeviceMemory> memory_;
    std::map<std::string, std::int64_t> bytes_; // that were asked for
};

} // namespace vsmlrt::cuda
