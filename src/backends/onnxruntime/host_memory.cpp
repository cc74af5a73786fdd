#include "backends/onnxruntime/host_memory.h"

#include "backends/onnxruntime/environment.h"

namespace vsmlrt::ort {

void PinnedFree::operator()(void *data) const {
    static_cast<void>(attempt(AllocatorFree, allocator, data));
}

HostMemory::HostMemory(const Device &device, const OrtSession *session) {
    if (device.plugin)
        use_plugin(device);
    else if (device.provider.id == "CUDA" || device.provider.id == "TensorRT")
        use_cuda(device, session);
    if (allocator_)
        return;
    own_info_ = make<MemoryInfo>(CreateCpuMemoryInfo, allocator_device, memory_default);
    info_ = own_info_.get();
}

void HostMemory::use_plugin(const Device &device) {
    const OrtMemoryInfo *const info = call(EpDevice_MemoryInfo, device.plugin, device_memory_host_accessible);
    OrtAllocator *shared = nullptr;
    if (!info || attempt(GetSharedAllocator, environment(), info, &shared) || !shared)
        return;
    info_ = info;
    allocator_ = shared;
}

void HostMemory::use_cuda(const Device &device, const OrtSession *session) {
    OrtMemoryInfo *info = nullptr;
    if (attempt(CreateMemoryInfo, "CudaPinned", allocator_device, device.index, memory_cpu_output, &info))
        return;
    own_info_.reset(info);
    OrtAllocator *allocator = nullptr;
    if (attempt(CreateAllocator, session, info, &allocator))
        return;
    own_allocator_.reset(allocator);
    info_ = info;
    allocator_ = allocator;
}

HostMemory::Block HostMemory::allocate(std::size_t bytes) const {
    Block block;
    if (!allocator_) {
        block.plain = HostBuffer(bytes);
        return block;
    }
    void *data = nullptr;
    must(AllocatorAlloc, allocator_, bytes, &data);
    block.pinned = PinnedBlock(allocator_, data);
    return block;
}

} // namespace vsmlrt::ort
