#include "backends/onnxruntime/memory.h"

#include "backends/onnxruntime/environment.h"

namespace vsmlrt::ort {

void AllocatorDeleter::operator()(void *data) const {
    static_cast<void>(attempt(AllocatorFree, allocator, data));
}

Memory Memory::host(const Device &device, const OrtSession *session) {
    Memory memory;
    if (device.plugin)
        memory.use_shared(device, device_memory_host_accessible);
    else if (device.provider.id == "CUDA" || device.provider.id == "TensorRT")
        memory.use_cuda_pinned(device, session);
    if (!memory.info_) {
        memory.own_info_ = make<MemoryInfo>(CreateCpuMemoryInfo, allocator_device, memory_default);
        memory.info_ = memory.own_info_.get();
    }
    return memory;
}

Memory Memory::on_device(const Device &device) {
    Memory memory;
    if (device.plugin && device.provider.device_buffers)
        memory.use_shared(device, device_memory_default);
    return memory;
}

void Memory::use_shared(const Device &device, int kind) {
    const OrtMemoryInfo *const info = call(EpDevice_MemoryInfo, device.plugin, kind);
    OrtAllocator *shared = nullptr;
    if (!info || attempt(GetSharedAllocator, environment(), info, &shared) || !shared)
        return;
    info_ = info;
    allocator_ = shared;
}

// Its tensors are declared as plain ones: the provider's copies take those declared as pinned for the
// device's own and refuse them, while the driver knows pinned memory by its address and copies it at full
// speed.
void Memory::use_cuda_pinned(const Device &device, const OrtSession *session) {
    OrtMemoryInfo *info = nullptr;
    if (attempt(CreateMemoryInfo, "CudaPinned", allocator_device, device.index, memory_cpu_output, &info))
        return;
    const MemoryInfo pinned(info);
    OrtAllocator *allocator = nullptr;
    if (attempt(CreateAllocator, session, info, &allocator))
        return;
    own_allocator_.reset(allocator);
    allocator_ = allocator;
}

Block Memory::allocate(std::size_t bytes) const {
    if (!allocator_)
        return Block(HostBuffer(bytes));
    void *data = nullptr;
    must(AllocatorAlloc, allocator_, bytes, &data);
    return {allocator_, data};
}

} // namespace vsmlrt::ort
