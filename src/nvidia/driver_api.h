// The part of the CUDA driver API that this project calls, declared by itself: libcuda is opened at run time
// and nothing of NVIDIA's is needed to build. Names and values are those of the driver's binary interface
// (CUDA driver API reference, functions with their versioned symbols).
#pragma once

#include <cstddef>
#include <cstdint>

namespace vsmlrt::nvidia {

using DevicePointer = std::uint64_t;
struct ContextHandle;
struct ModuleHandle;
struct FunctionHandle;
struct StreamHandle;
struct EventHandle;
struct GraphHandle;
struct GraphExecHandle;
struct GreenContextHandle;
struct ResourceDescription;

// What a call returns; those named here are told apart.
enum class Status : int {
    success = 0,
    out_of_memory = 2,
    no_device = 100,
};

enum class Attribute : int {
    shared_bytes_of_block = 97, // with the opt-in
    multiprocessors = 16,
    capability_major = 75,
    capability_minor = 76,
};

enum class FunctionAttribute : int {
    registers = 4,
    local_bytes = 3,
    shared_bytes = 1,
    most_dynamic_shared = 8
};

// CUtensorMap: opaque, 128 bytes, aligned to 64.
struct alignas(64) TensorMapBytes {
    std::uint64_t words[16] = {};
};

// CUDA_RESOURCE_DESC of rows of 16-bit floats in memory, of one channel.
struct TextureRows {
    int kind = 3;
    DevicePointer address = 0;
    int format = 0x10;
    unsigned channels = 1;
    std::size_t width = 0; // elements
    std::size_t height = 0;
    std::size_t pitch = 0; // bytes
    char rest[88] = {};
    unsigned flags = 0;
};
// CUDA_TEXTURE_DESC: elements as they are, those at the edge repeated outside.
struct TextureReading {
    int address_modes[3] = {1, 1, 1};
    int filter = 0;
    unsigned flags = 0;
    char rest[84] = {};
};
static_assert(sizeof(TextureRows) == 144 && sizeof(TextureReading) == 104);

// CUlaunchAttribute with the programmatic dependent launch (id 6), and CUlaunchConfig.
struct LaunchAttribute {
    int id = 0;
    char padding[4] = {};
    int value = 0;
    char rest[60] = {};
};
struct LaunchConfig {
    unsigned grid[3] = {1, 1, 1};
    unsigned block[3] = {1, 1, 1};
    unsigned shared_bytes = 0;
    StreamHandle *stream = nullptr;
    LaunchAttribute *attributes = nullptr;
    unsigned num_attributes = 0;
};

// CUdevResource of multiprocessors (type 1).
struct Multiprocessors {
    int type = 1;
    char rest[92] = {};
    unsigned count = 0;
    char more[44] = {};
};
static_assert(sizeof(Multiprocessors) == 144);

// The functions by name; see driver.cpp for the symbols.
struct DriverTable {
    Status (*init)(unsigned flags);
    Status (*driver_version)(int *version);
    Status (*error_string)(Status status, const char **text);
    Status (*device_count)(int *count);
    Status (*device_get)(int *device, int index);
    Status (*device_name)(char *name, int size, int device);
    Status (*device_memory)(std::size_t *bytes, int device);
    Status (*device_attribute)(int *value, Attribute attribute, int device);
    Status (*context_retain)(ContextHandle **context, int device);
    Status (*context_release)(int device);
    Status (*context_set)(ContextHandle *context);
    Status (*memory_info)(std::size_t *free, std::size_t *total);
    Status (*memory_alloc)(DevicePointer *address, std::size_t bytes);
    Status (*memory_free)(DevicePointer address);
    Status (*pinned_alloc)(void **address, std::size_t bytes, unsigned flags);
    Status (*pinned_free)(void *address);
    Status (*copy_to_device)(DevicePointer to, const void *from, std::size_t bytes);
    Status (*copy_to_device_async)(DevicePointer to, const void *from, std::size_t bytes,
                                   StreamHandle *stream);
    Status (*copy_on_device_async)(DevicePointer to, DevicePointer from, std::size_t bytes,
                                   StreamHandle *stream);
    Status (*copy_to_host_async)(void *to, DevicePointer from, std::size_t bytes, StreamHandle *stream);
    Status (*fill_async)(DevicePointer to, unsigned char value, std::size_t bytes, StreamHandle *stream);
    Status (*module_load)(ModuleHandle **module, const void *image);
    Status (*module_unload)(ModuleHandle *module);
    Status (*module_function)(FunctionHandle **function, ModuleHandle *module, const char *name);
    Status (*function_attribute)(int *value, FunctionAttribute attribute, FunctionHandle *function);
    Status (*function_set_attribute)(FunctionHandle *function, FunctionAttribute attribute, int value);
    Status (*launch)(const LaunchConfig *config, FunctionHandle *function, void **parameters, void **extra);
    Status (*stream_create)(StreamHandle **stream, unsigned flags);
    Status (*stream_destroy)(StreamHandle *stream);
    Status (*stream_synchronize)(StreamHandle *stream);
    Status (*event_create)(EventHandle **event, unsigned flags);
    Status (*event_destroy)(EventHandle *event);
    Status (*event_record)(EventHandle *event, StreamHandle *stream);
    Status (*stream_wait_event)(StreamHandle *stream, EventHandle *event, unsigned flags);
    Status (*event_synchronize)(EventHandle *event);
    Status (*event_elapsed)(float *milliseconds, EventHandle *begin, EventHandle *end);
    Status (*capture_begin)(StreamHandle *stream, int mode);
    Status (*capture_end)(StreamHandle *stream, GraphHandle **graph);
    Status (*graph_instantiate)(GraphExecHandle **exec, GraphHandle *graph, unsigned long long flags);
    Status (*graph_launch)(GraphExecHandle *exec, StreamHandle *stream);
    Status (*graph_destroy)(GraphHandle *graph);
    Status (*graph_exec_destroy)(GraphExecHandle *exec);
    Status (*tensor_map_encode)(TensorMapBytes *map, int type, unsigned rank, void *address,
                                const std::uint64_t *sizes, const std::uint64_t *strides,
                                const std::uint32_t *box, const std::uint32_t *element_strides,
                                int interleave, int swizzle, int promotion, int fill);
    Status (*texture_create)(std::uint64_t *texture, const TextureRows *rows, const TextureReading *reading,
                             const void *view);
    Status (*texture_destroy)(std::uint64_t texture);
    // Of drivers from CUDA 12.5 on (555); null in older ones.
    Status (*device_resource)(int device, Multiprocessors *all, int type);
    Status (*split_multiprocessors)(Multiprocessors *parts, unsigned *count, const Multiprocessors *all,
                                    Multiprocessors *rest, unsigned flags, unsigned least);
    Status (*describe_resource)(ResourceDescription **description, Multiprocessors *parts, unsigned count);
    Status (*green_context_create)(GreenContextHandle **context, ResourceDescription *description, int device,
                                   unsigned flags);
    Status (*green_context_destroy)(GreenContextHandle *context);
    Status (*green_stream_create)(StreamHandle **stream, GreenContextHandle *context, unsigned flags,
                                  int priority);
};

} // namespace vsmlrt::nvidia
