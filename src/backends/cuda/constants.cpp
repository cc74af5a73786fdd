#include "backends/cuda/constants.h"

namespace vsmlrt::cuda {

std::uint64_t Constants::address(const std::string &key, const Make &make) {
    if (const auto known = find(key))
        return *known;
    // Not under the lock: others make theirs meanwhile. Of two who make the same the first one's stays.
    const std::vector<std::byte> bytes = make();
    // Kernels may read whole vectors over a constant's end.
    constexpr std::size_t slack = 64;
    nvidia::DeviceMemory memory(device_, bytes.size() + slack, "the network's weights");
    nvidia::check(nvidia::driver().copy_to_device(memory.address(), bytes.data(), bytes.size()),
                  "copying weights to the GPU");
    // The copy returns once the driver has the bytes; streams of contexts do not wait for what follows.
    nvidia::check(nvidia::driver().stream_synchronize(nullptr), "copying weights to the GPU");
    const std::lock_guard lock(mutex_);
    return memory_.emplace(key, std::move(memory)).first->second.address();
}

std::optional<std::uint64_t> Constants::find(const std::string &key) const {
    const std::lock_guard lock(mutex_);
    const auto known = memory_.find(key);
    return known == memory_.end() ? std::nullopt : std::optional(known->second.address());
}

std::int64_t Constants::number(const std::string &key, const Find &find) {
    const std::lock_guard lock(mutex_);
    const auto known = numbers_.find(key);
    return known != numbers_.end() ? known->second : numbers_[key] = find();
}

std::int64_t Constants::bytes() const {
    const std::lock_guard lock(mutex_);
    std::int64_t sum = 0;
    for (const auto &[key, memory] : memory_)
        sum += static_cast<std::int64_t>(memory.bytes());
    return sum;
}

} // namespace vsmlrt::cuda
