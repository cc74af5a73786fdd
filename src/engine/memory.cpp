#include "engine/memory.h"

#include "base/machine.h"
#include "base/text.h"
#include "engine/backend.h"

#include <map>
#include <mutex>
#include <utility>

namespace vsmlrt::engine {
namespace {

struct Ledger {
    std::mutex mutex;
    std::map<std::string, std::int64_t> claimed;
};

Ledger &ledger() {
    // Never destroyed: filters may outlive static destruction.
    static auto *const instance = new Ledger;
    return *instance;
}

constexpr const char *host_name = "host";

} // namespace

// One GPU can be a device of several backends, which call it by the same name and number.
Memory memory_of(const DeviceInfo &device) {
    if (device.kind != VSMLRT_DEVICE_GPU)
        return {host_name, device.memory_bytes};
    return {text("gpu ", device.number, " ", device.name), device.memory_bytes};
}

Memory host_memory() {
    return {host_name, memory_bytes()};
}

MemoryClaim::MemoryClaim(std::string memory, std::int64_t bytes) : memory_(std::move(memory)), bytes_(bytes) {
    Ledger &all = ledger();
    const std::lock_guard lock(all.mutex);
    all.claimed[memory_] += bytes_;
}

MemoryClaim::MemoryClaim(Taken, std::string memory, std::int64_t bytes)
    : memory_(std::move(memory)), bytes_(bytes) {}

MemoryClaim::MemoryClaim(MemoryClaim &&other) noexcept
    : memory_(std::move(other.memory_)), bytes_(std::exchange(other.bytes_, 0)) {}

MemoryClaim &MemoryClaim::operator=(MemoryClaim &&other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(bytes_, other.bytes_);
    return *this;
}

MemoryClaim::~MemoryClaim() {
    if (bytes_ == 0)
        return;
    Ledger &all = ledger();
    const std::lock_guard lock(all.mutex);
    all.claimed[memory_] -= bytes_;
}

std::optional<MemoryClaim> claim(const Memory &memory, std::int64_t bytes) {
    Ledger &all = ledger();
    const std::lock_guard lock(all.mutex);
    std::int64_t &claimed = all.claimed[memory.name];
    if (memory.bytes > 0 && bytes > memory.bytes - claimed)
        return {};
    claimed += bytes;
    return MemoryClaim(MemoryClaim::Taken{}, memory.name, bytes);
}

std::int64_t claimed_bytes(const Memory &memory) {
    Ledger &all = ledger();
    const std::lock_guard lock(all.mutex);
    return all.claimed[memory.name];
}

} // namespace vsmlrt::engine
