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
    // A number that follows from constants alone, found when it is first asked for under that key.
    using Find = std::function<std::int64_t()>;
    [[nodiscard]] std::int64_t number(const std::string &key, const Find &find);
    [[nodiscard]] std::int64_t bytes() const; // of all

private:
    [[nodiscard]] std::optional<std::uint64_t> find(const std::string &key) const;

    nvidia::SharedContext device_;
    mutable std::mutex mutex_;
    std::map<std::string, nvidia::DeviceMemory> memory_;
    std::map<std::string, std::int64_t> numbers_;
};

} // namespace vsmlrt::cuda
