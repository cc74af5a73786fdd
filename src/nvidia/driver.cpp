#include "nvidia/driver.h"

#include "base/environment.h"
#include "base/error.h"
#include "base/library_names.h"
#include "base/path.h"
#include "base/shared_library.h"
#include "base/step_clock.h"

#include <string>

namespace vsmlrt::nvidia {
namespace fs = std::filesystem;
namespace {

constexpr const char *remedy = "install the NVIDIA driver of your GPU (version 525 or newer)";

// Finds the functions of a driver one by one.
class Finder {
public:
    explicit Finder(const SharedLibrary &library) : library_(library) {}

    template <typename Function>
    void operator()(Function &function, const char *symbol) const {
        function = reinterpret_cast<Function>(library_.find(symbol));
        if (!function)
            throw Unsupported("the NVIDIA driver is too old (it has no ", symbol, "); ", remedy);
    }

    template <typename Function>
    void if_there(Function &function, const char *symbol) const {
        function = reinterpret_cast<Function>(library_.find(symbol));
    }

private:
    const SharedLibrary &library_;
};

DriverTable load(const SharedLibrary &library) {
    const Finder find(library);
    DriverTable table = {};
    find(table.init, "cuInit");
    find(table.driver_version, "cuDriverGetVersion");
    find(table.error_string, "cuGetErrorString");
    find(table.device_count, "cuDeviceGetCount");
    find(table.device_get, "cuDeviceGet");
    find(table.device_name, "cuDeviceGetName");
    find(table.device_memory, "cuDeviceTotalMem_v2");
    find(table.device_attribute, "cuDeviceGetAttribute");
    find(table.context_retain, "cuDevicePrimaryCtxRetain");
    find(table.context_release, "cuDevicePrimaryCtxRelease_v2");
    find(table.context_set, "cuCtxSetCurrent");
    find(table.memory_info, "cuMemGetInfo_v2");
    find(table.memory_alloc, "cuMemAlloc_v2");
    find(table.memory_free, "cuMemFree_v2");
    find(table.pinned_alloc, "cuMemHostAlloc");
    find(table.pinned_free, "cuMemFreeHost");
    find(table.copy_to_device, "cuMemcpyHtoD_v2");
    find(table.copy_to_device_async, "cuMemcpyHtoDAsync_v2");
    find(table.copy_on_device_async, "cuMemcpyDtoDAsync_v2");
    find(table.copy_to_host_async, "cuMemcpyDtoHAsync_v2");
    find(table.fill_async, "cuMemsetD8Async");
    find(table.module_load, "cuModuleLoadData");
    find(table.module_unload, "cuModuleUnload");
    find(table.module_function, "cuModuleGetFunction");
    find(table.function_attribute, "cuFuncGetAttribute");
    find(table.function_set_attribute, "cuFuncSetAttribute");
    find(table.launch, "cuLaunchKernelEx");
    find(table.stream_create, "cuStreamCreate");
    find(table.stream_destroy, "cuStreamDestroy_v2");
    find(table.stream_synchronize, "cuStreamSynchronize");
    find(table.event_create, "cuEventCreate");
    find(table.event_destroy, "cuEventDestroy_v2");
    find(table.event_record, "cuEventRecord");
    find(table.stream_wait_event, "cuStreamWaitEvent");
    find(table.event_synchronize, "cuEventSynchronize");
    find(table.event_elapsed, "cuEventElapsedTime");
    find(table.capture_begin, "cuStreamBeginCapture_v2");
    find(table.capture_end, "cuStreamEndCapture");
    find(table.graph_instantiate, "cuGraphInstantiateWithFlags");
    find(table.graph_launch, "cuGraphLaunch");
    find(table.graph_destroy, "cuGraphDestroy");
    find(table.graph_exec_destroy, "cuGraphExecDestroy");
    find(table.tensor_map_encode, "cuTensorMapEncodeTiled");
    find(table.texture_create, "cuTexObjectCreate");
    find(table.texture_destroy, "cuTexObjectDestroy");
    find.if_there(table.device_resource, "cuDeviceGetDevResource");
    find.if_there(table.split_multiprocessors, "cuDevSmResourceSplitByCount");
    find.if_there(table.describe_resource, "cuDevResourceGenerateDesc");
    find.if_there(table.green_context_create, "cuGreenCtxCreate");
    find.if_there(table.green_context_destroy, "cuGreenCtxDestroy");
    find.if_there(table.green_stream_create, "cuGreenCtxStreamCreate");
    return table;
}

// The driver has 8 queues to a device for all streams of a process unless this says otherwise when it starts.
// What is behind another stream's wait in a queue waits as well (decision 0063); 32 are the most it makes.
void want_queues() {
    set_environment_default("CUDA_DEVICE_MAX_CONNECTIONS", "32");
}

const DriverTable *open() {
    StepClock clock("cuda: starting the driver");
    want_queues();
    clock.begin("opening");
    const std::string named = environment("VSMLRT_CUDA_DRIVER");
    const auto library = [&] {
        try {
            return SharedLibrary(named.empty() ? fs::path(nvidia_driver_library) : path_of(named));
        } catch (const Unsupported &missing) {
            throw Unsupported("there is no NVIDIA driver (", missing.what(), "); ", remedy);
        }
    }();
    // Never destroyed: filters may outlive static destruction.
    auto *const table = new DriverTable(load(library));
    clock.begin("cuInit");
    if (const Status status = table->init(0); status != Status::success) {
        const char *text = nullptr;
        table->error_string(status, &text);
        delete table;
        throw Unsupported("the NVIDIA driver does not start: ", text ? text : "unknown cause", "; ", remedy);
    }
    clock.report();
    return table;
}

} // namespace

const DriverTable &driver() {
    static const DriverTable *const table = open();
    return *table;
}

std::string explain(Status status) {
    const char *text = nullptr;
    if (driver().error_string(status, &text) != Status::success || !text)
        return "status " + std::to_string(static_cast<int>(status));
    return text;
}

void check(Status status, const char *what) {
    if (status != Status::success)
        throw DeviceError("cuda: ", what, " failed: ", explain(status));
}

} // namespace vsmlrt::nvidia
