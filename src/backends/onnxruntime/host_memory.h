// Host memory for inputs and outputs: pinned where the device's provider offers that, else plain.
#pragma once

#include "backends/onnxruntime/device.h"
#include "tensor/buffer.h"

#include <memory>

namespace vsmlrt::ort {

struct PinnedFree {
    OrtAllocator *allocator = nullptr;
    void operator()(void *data) const;
};

// Memory that a provider's allocator gave; freed on destruction.
class PinnedBlock {
public:
    PinnedBlock() = default;
    PinnedBlock(OrtAllocator *allocator, void *data) : data_(data, PinnedFree{allocator}) {}
    [[nodiscard]] void *data() const { return data_.get(); }

private:
    std::unique_ptr<void, PinnedFree> data_;
};

// Where the buffers of one session's contexts come from. Thread-safe; outlives its blocks.
class HostMemory {
public:
    HostMemory(const Device &device, const OrtSession *session);

    // What tensors over its memory are declared as.
    [[nodiscard]] const OrtMemoryInfo *info() const { return info_; }
    [[nodiscard]] bool pinned() const { return allocator_ != nullptr; }

    struct Block {
        PinnedBlock pinned;
        HostBuffer plain;
        [[nodiscard]] void *data() const { return pinned.data() ? pinned.data() : plain.data(); }
    };
    // DeviceError or std::bad_alloc if there is not as much.
    [[nodiscard]] Block allocate(std::size_t bytes) const;

private:
    void use_plugin(const Device &device);
    void use_cuda(const Device &device, const OrtSession *session);

    MemoryInfo own_info_;
    Allocator own_allocator_;
    const OrtMemoryInfo *info_ = nullptr;
    OrtAllocator *allocator_ = nullptr; // null: plain memory
};

} // namespace vsmlrt::ort
