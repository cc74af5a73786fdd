// A CUDA driver, and with emulated_compiler.cpp an NVRTC, that run kernels on the CPU, those without barriers
// thread after thread, others as fibers (kernels/host_warps.h, host_hopper.h): a shared library that tests
// name by VSMLRT_CUDA_DRIVER and VSMLRT_NVRTC. Every call is checked (a current context, live handles, memory
// that was allocated) and counted; call N can be made to fail; what is left over is told.
#include "cuda/emulated_driver.h"

#include "backends/cuda/kernels/host_tensor_map.h"
#include "cuda/emulated_compiler.h"
#include "cuda/emulated_state.h"
#include "cuda/emulated_system.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace {

using Entry = void (*)(const unsigned *grid, const unsigned *block, void **parameters);

thread_local bool context_is_current = false;

} // namespace

namespace emulated {

State &state() {
    static auto *const instance = new State;
    return *instance;
}

void fault(const std::string &what) {
    const std::lock_guard lock(state().mutex);
    state().faults += what + "\n";
}

bool fails(const char *name, bool needs_context) {
    if (needs_context && !context_is_current)
        fault(std::string(name) + " without a current context");
    const std::lock_guard lock(state().mutex);
    return ++state().calls == state().failing_call;
}

bool forget(const char *name, const void *handle) {
    const std::lock_guard lock(state().mutex);
    if (state().handles.erase(handle) == 1)
        return true;
    state().faults += std::string(name) + " of what is not alive\n";
    return false;
}

} // namespace emulated

using namespace emulated;

namespace {

bool holds(const std::map<std::uint64_t, std::size_t> &memory, std::uint64_t address, std::size_t bytes) {
    auto after = memory.upper_bound(address);
    if (after == memory.begin())
        return false;
    --after;
    return address + bytes <= after->first + after->second;
}

void check_range(const char *name, std::uint64_t address, std::size_t bytes) {
    std::unique_lock lock(state().mutex);
    const bool inside = holds(state().memory, address, bytes);
    lock.unlock();
    if (!inside)
        fault(std::string(name) + " outside of the device's memory");
}

struct Loaded {
    void *library;
};

// As many bytes of those as this process can read, page by page.
void copy_readable(std::byte *to, const std::byte *from, std::size_t bytes) {
    constexpr std::size_t page = 4096;
    while (bytes > 0) {
        const std::size_t piece = std::min(bytes, page - reinterpret_cast<std::uintptr_t>(from) % page);
        if (!vsmlrt::emulated::copy_if_readable(to, from, piece))
            return;
        to += piece;
        from += piece;
        bytes -= piece;
    }
}

// A kernel's parameters by value, as a driver keeps them. Nobody says here how many there are and how large:
// two at most, and what can be read behind them is kept with them.
class Parameters {
public:
    explicit Parameters(void **given) {
        for (std::size_t i = 0; i < copies_.size(); ++i) {
            void *from = nullptr;
            copy_readable(reinterpret_cast<std::byte *>(&from),
                          reinterpret_cast<const std::byte *>(given + i), sizeof from);
            copy_readable(copies_[i].bytes, static_cast<const std::byte *>(from), sizeof(Copy));
        }
    }
    [[nodiscard]] std::array<void *, 2> addresses() { return {copies_[0].bytes, copies_[1].bytes}; }

private:
    struct alignas(64) Copy {
        std::byte bytes[4096] = {};
    };
    std::array<Copy, 2> copies_;
};

// A kernel counts its threads in a variable of its library.
void run(FunctionHandle *function, const LaunchConfig &launch, void **parameters) {
    static auto *const one_at_a_time = new std::mutex;
    const std::lock_guard lock(*one_at_a_time);
    reinterpret_cast<Entry>(function)(launch.grid, launch.block, parameters);
}

} // namespace

EXPORT void emulated_reset(long failing_call) {
    const std::lock_guard lock(state().mutex);
    state().calls = 0;
    state().allocations = 0;
    state().compilations = 0;
    state().timings = 0;
    state().failing_call = failing_call;
    state().faults.clear();
}
EXPORT long emulated_calls() {
    const std::lock_guard lock(state().mutex);
    return state().calls;
}
EXPORT void emulated_capacity(std::size_t bytes) {
    const std::lock_guard lock(state().mutex);
    state().capacity = bytes;
}
EXPORT std::size_t emulated_live() {
    const std::lock_guard lock(state().mutex);
    return state().memory.size() + state().pinned.size() + state().handles.size();
}
EXPORT std::size_t emulated_live_bytes() {
    const std::lock_guard lock(state().mutex);
    return state().used + state().pinned_bytes;
}
EXPORT long emulated_allocations() {
    const std::lock_guard lock(state().mutex);
    return state().allocations;
}
EXPORT void emulated_stand_in() {
    const std::lock_guard lock(state().mutex);
    state().stand_in = true;
}
EXPORT long emulated_compilations() {
    const std::lock_guard lock(state().mutex);
    return state().compilations;
}
EXPORT long emulated_timings() {
    const std::lock_guard lock(state().mutex);
    return state().timings;
}
EXPORT const char *emulated_faults() {
    thread_local std::string copy;
    const std::lock_guard lock(state().mutex);
    copy = state().faults;
    return copy.c_str();
}

EXPORT const char *emulated_queues() {
    return state().queues_wanted.c_str();
}

EXPORT Status cuInit(unsigned) {
    state().queues_wanted = vsmlrt::emulated::variable("CUDA_DEVICE_MAX_CONNECTIONS");
    return success;
}
EXPORT Status cuDriverGetVersion(int *version) {
    *version = 13000;
    return success;
}
EXPORT Status cuGetErrorString(Status status, const char **text) {
    *text = status == out_of_memory ? "out of memory" : status == success ? "no error" : "invalid argument";
    return success;
}
EXPORT Status cuDeviceGetCount(int *count) {
    *count = 1;
    return success;
}
EXPORT Status cuDeviceGet(int *device, int index) {
    *device = index;
    return success;
}
EXPORT Status cuDeviceGetName(char *name, int size, int) {
    std::snprintf(name, static_cast<std::size_t>(size), "emulated GPU");
    return success;
}
EXPORT Status cuDeviceTotalMem_v2(std::size_t *bytes, int) {
    *bytes = state().capacity;
    return success;
}
EXPORT Status cuDeviceGetAttribute(int *value, Attribute attribute, int) {
    switch (attribute) {
    case Attribute::capability_major:
        *value = 8;
        break;
    case Attribute::multiprocessors:
        *value = state().stand_in ? 132 : 4;
        break;
    default: // without shared memory kernels with barriers, which cannot run here, are not taken
        *value = state().stand_in ? 160 << 10 : 0;
    }
    return success;
}
EXPORT Status cuDevicePrimaryCtxRetain(ContextHandle **context, int) {
    if (fails("cuDevicePrimaryCtxRetain", false))
        return out_of_memory;
    *context = reinterpret_cast<ContextHandle *>(&state());
    ++state().contexts;
    return success;
}
EXPORT Status cuDevicePrimaryCtxRelease_v2(int) {
    if (--state().contexts < 0)
        fault("a context is released once more than it was retained");
    return success;
}
EXPORT Status cuCtxSetCurrent(ContextHandle *context) {
    context_is_current = context != nullptr;
    return success;
}
EXPORT Status cuMemGetInfo_v2(std::size_t *free, std::size_t *total) {
    const std::lock_guard lock(state().mutex);
    *free = state().capacity - state().used;
    *total = state().capacity;
    return success;
}
EXPORT Status cuMemAlloc_v2(DevicePointer *address, std::size_t bytes) {
    if (fails("cuMemAlloc"))
        return out_of_memory;
    const std::lock_guard lock(state().mutex);
    if (state().used + bytes > state().capacity)
        return out_of_memory;
    void *memory = vsmlrt::emulated::allocate(1024, bytes);
    std::memset(memory, 0xff, bytes); // NaN in every type
    *address = reinterpret_cast<std::uint64_t>(memory);
    state().memory[*address] = bytes;
    state().used += bytes;
    ++state().allocations;
    return success;
}
EXPORT Status cuMemFree_v2(DevicePointer address) {
    do_all();
    const std::lock_guard lock(state().mutex);
    const auto found = state().memory.find(address);
    if (found == state().memory.end()) {
        state().faults += "memory is freed that was not allocated\n";
        return invalid_value;
    }
    state().used -= found->second;
    state().memory.erase(found);
    vsmlrt::emulated::release(reinterpret_cast<void *>(address));
    return success;
}
EXPORT Status cuMemHostAlloc(void **address, std::size_t bytes, unsigned) {
    if (fails("cuMemHostAlloc"))
        return out_of_memory;
    *address = vsmlrt::emulated::allocate(64, bytes);
    const std::lock_guard lock(state().mutex);
    state().pinned[*address] = bytes;
    state().pinned_bytes += bytes;
    ++state().allocations;
    return success;
}
EXPORT Status cuMemFreeHost(void *address) {
    do_all();
    const std::lock_guard lock(state().mutex);
    const auto found = state().pinned.find(address);
    if (found == state().pinned.end()) {
        state().faults += "page-locked memory is freed that was not allocated\n";
        return invalid_value;
    }
    state().pinned_bytes -= found->second;
    state().pinned.erase(found);
    vsmlrt::emulated::release(address);
    return success;
}
EXPORT Status cuMemcpyHtoD_v2(DevicePointer to, const void *from, std::size_t bytes) {
    if (fails("cuMemcpyHtoD"))
        return invalid_value;
    check_range("cuMemcpyHtoD", to, bytes);
    std::memcpy(reinterpret_cast<void *>(to), from, bytes);
    return success;
}
EXPORT Status cuMemcpyHtoDAsync_v2(DevicePointer to, const void *from, std::size_t bytes,
                                   StreamHandle *stream) {
    if (fails("cuMemcpyHtoDAsync"))
        return invalid_value;
    check_range("cuMemcpyHtoDAsync", to, bytes);
    submit(stream, [=] { std::memcpy(reinterpret_cast<void *>(to), from, bytes); });
    return success;
}
EXPORT Status cuMemcpyDtoDAsync_v2(DevicePointer to, DevicePointer from, std::size_t bytes,
                                   StreamHandle *stream) {
    if (fails("cuMemcpyDtoDAsync"))
        return invalid_value;
    check_range("cuMemcpyDtoDAsync", to, bytes);
    check_range("cuMemcpyDtoDAsync", from, bytes);
    submit(stream,
           [=] { std::memcpy(reinterpret_cast<void *>(to), reinterpret_cast<const void *>(from), bytes); });
    return success;
}
EXPORT Status cuMemcpyDtoHAsync_v2(void *to, DevicePointer from, std::size_t bytes, StreamHandle *stream) {
    if (fails("cuMemcpyDtoHAsync"))
        return invalid_value;
    check_range("cuMemcpyDtoHAsync", from, bytes);
    submit(stream, [=] { std::memcpy(to, reinterpret_cast<const void *>(from), bytes); });
    return success;
}
EXPORT Status cuMemsetD8Async(DevicePointer to, unsigned char value, std::size_t bytes,
                              StreamHandle *stream) {
    if (fails("cuMemsetD8Async"))
        return invalid_value;
    check_range("cuMemsetD8Async", to, bytes);
    submit(stream, [=] { std::memset(reinterpret_cast<void *>(to), value, bytes); });
    return success;
}
EXPORT Status cuModuleLoadData(ModuleHandle **module, const void *image) {
    // The image is the path of a shared library; see nvrtcGetCUBIN.
    std::string words;
    void *library = vsmlrt::emulated::open_library(static_cast<const char *>(image), words);
    if (!library) {
        fault("a module cannot be loaded: " + words);
        return invalid_value;
    }
    auto *loaded = new Loaded{library};
    const Status status = make("cuModuleLoadData", module, loaded);
    if (status != success)
        delete loaded;
    return status;
}
EXPORT Status cuModuleUnload(ModuleHandle *module) {
    do_all();
    if (forget("cuModuleUnload", module))
        delete reinterpret_cast<Loaded *>(module);
    return success;
}
EXPORT Status cuModuleGetFunction(FunctionHandle **function, ModuleHandle *module, const char *name) {
    if (fails("cuModuleGetFunction"))
        return invalid_value;
    *function = static_cast<FunctionHandle *>(
        vsmlrt::emulated::find_symbol(reinterpret_cast<Loaded *>(module)->library, name));
    return *function ? success : invalid_value;
}
EXPORT Status cuFuncGetAttribute(int *value, FunctionAttribute, FunctionHandle *) {
    *value = 0;
    return success;
}
EXPORT Status cuFuncSetAttribute(FunctionHandle *, FunctionAttribute, int) {
    return fails("cuFuncSetAttribute") ? invalid_value : success;
}
EXPORT Status cuLaunchKernelEx(const LaunchConfig *config, FunctionHandle *function, void **parameters,
                               void **) {
    if (fails("cuLaunchKernelEx"))
        return invalid_value;
    const LaunchConfig copy = *config;
    if (!state().late) { // a graph's parameters live as long as it does
        submit(config->stream, [=] { run(function, copy, parameters); });
        return success;
    }
    submit(config->stream, [=, kept = std::make_shared<Parameters>(parameters)] {
        run(function, copy, kept->addresses().data());
    });
    return success;
}
// The handle is the address of a copy of the rows, which read_quad of kernels/expression_places.cuh reads.
EXPORT Status cuTexObjectCreate(std::uint64_t *texture, const TextureRows *rows, const TextureReading *,
                                const void *) {
    if (rows->address % 512 != 0 || rows->pitch % 32 != 0)
        fault("a texture's rows are not aligned");
    check_range("cuTexObjectCreate", rows->address, rows->pitch * (rows->height - 1) + 2 * rows->width);
    TextureRows *made = nullptr;
    const Status status = make("cuTexObjectCreate", &made, new TextureRows(*rows));
    *texture = reinterpret_cast<std::uint64_t>(made);
    return status;
}
EXPORT Status cuTexObjectDestroy(std::uint64_t texture) {
    const auto *rows = reinterpret_cast<const TextureRows *>(texture);
    if (forget("cuTexObjectDestroy", rows))
        delete rows;
    return success;
}
// Made what load_box() and store_box() of kernels/host_hopper.h read; types as tensor_map.cpp has them.
EXPORT Status cuTensorMapEncodeTiled(vsmlrt::nvidia::TensorMapBytes *map, int type, unsigned rank,
                                     void *address, const std::uint64_t *sizes, const std::uint64_t *strides,
                                     const std::uint32_t *box, const std::uint32_t *, int, int swizzle, int,
                                     int) {
    constexpr unsigned axes = 3;
    if (rank != axes)
        return invalid_value;
    HostTensorMap made = {};
    made.address = reinterpret_cast<std::uintptr_t>(address);
    std::copy_n(sizes, axes, made.sizes);
    std::copy_n(strides, axes - 1, made.strides);
    std::copy_n(box, axes, made.box);
    made.element = type == 7 ? 4 : type == 6 || type == 9 ? 2 : 1;
    made.swizzle = swizzle == 0 ? 0 : 16U << swizzle;
    static_assert(sizeof made <= sizeof map->words);
    std::memcpy(map->words, &made, sizeof made);
    return success;
}

bool begin_emulated_compilation() {
    const std::lock_guard lock(state().mutex);
    ++state().compilations;
    return state().stand_in;
}
