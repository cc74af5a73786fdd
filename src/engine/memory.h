// What the live programs of this process take of each memory, as their backends estimate it. Thread-safe.
#pragma once

#include "base/error.h"

#include <cstdint>
#include <optional>
#include <string>

namespace vsmlrt::engine {

struct DeviceInfo;

// A program or its contexts do not fit into a memory.
class MemoryTooSmall : public DeviceError {
public:
    using DeviceError::DeviceError;
};

// What programs share: a GPU's own memory, or the host's, in which processors and NPUs compute.
struct Memory {
    std::string name;       // the same for all devices that share it
    std::int64_t bytes = 0; // 0: unknown, and no limit
};

[[nodiscard]] Memory memory_of(const DeviceInfo &device);
[[nodiscard]] Memory host_memory();

// Bytes that count as taken while it lives.
class MemoryClaim {
public:
    MemoryClaim(std::string memory, std::int64_t bytes);
    ~MemoryClaim();
    MemoryClaim(MemoryClaim &&other) noexcept;
    MemoryClaim(const MemoryClaim &) = delete;
    MemoryClaim &operator=(const MemoryClaim &) = delete;
    MemoryClaim &operator=(MemoryClaim &&other) noexcept;

private:
    friend std::optional<MemoryClaim> claim(const Memory &memory, std::int64_t bytes);
    struct Taken {};
    MemoryClaim(Taken, std::string memory, std::int64_t bytes);

    std::string memory_;
    std::int64_t bytes_;
};

// Takes that many bytes if the memory has them in addition to what is claimed.
[[nodiscard]] std::optional<MemoryClaim> claim(const Memory &memory, std::int64_t bytes);
[[nodiscard]] std::int64_t claimed_bytes(const Memory &memory);

} // namespace vsmlrt::engine
