// Memory for inputs and outputs: on the host, pinned where the device's provider offers that; and on the
// device, where the provider wants them there.
#pragma once

#include "backends/onnxruntime/device.h"
#include "tensor/buffer.h"

#include <memory>

namespace vsmlrt::ort {

struct AllocatorDeleter {
    OrtAllocator *allocator = nullptr;
    void operator()(void *data) const;
};

// One allocation, freed on destruction.
class Block {
public:
    Block() = default;
    Block(OrtAllocator *allocator, void *data) : provided_(data, AllocatorDeleter{allocator}) {}
    explicit Block(HostBuffer plain) : plain_(std::move(plain)) {}
    [[nodiscard]] void *data() const { return provided_ ? provided_.get() : plain_.data(); }

private:
    std::unique_ptr<void, AllocatorDeleter> provided_; // by a provider's allocator
    HostBuffer plain_;
};

// A place where tensors can lie. Thread-safe; outlives its blocks.
class Memory {
public:
    // Pinned where there is such, else plain.
    [[nodiscard]] static Memory host(const Device &device, const OrtSession *session);
    // Without an info() unless the device's provider wants buffers of its own and shares an allocator.
    [[nodiscard]] static Memory on_device(const Device &device);

    // What tensors in it are declared as; null: there is no such memory.
    [[nodiscard]] const OrtMemoryInfo *info() const { return info_; }
    // DeviceError or std::bad_alloc if there is not as much.
    [[nodiscard]] Block allocate(std::size_t bytes) const;

private:
    void use_shared(const Device &device, int kind);
    void use_cuda_pinned(const Device &device, const OrtSession *session);

    MemoryInfo own_info_;
    Allocator own_allocator_;
    const OrtMemoryInfo *info_ = nullptr;
    OrtAllocator *allocator_ = nullptr; // null: plain memory
};

} // namespace vsmlrt::ort
