// The properties of a GPU come from the driver alone; those of CUDA's runtime that it does not know are left
// out.
#include "vs/old_names/tensorrt.h"

#include "base/error.h"
#include "base/path.h"
#include "nvidia/driver.h"
#include "vs/arguments.h"
#include "vs/old_names/core_mlrt.h"

namespace vsmlrt::vs {
namespace {

struct Property {
    const char *key;
    int attribute; // CUdevice_attribute
};

constexpr Property properties[] = {
    {"shared_memory_per_block", 8},
    {"regs_per_block", 12},
    {"warp_size", 10},
    {"mem_pitch", 11},
    {"max_threads_per_block", 1},
    {"total_const_mem", 9},
    {"major", 75},
    {"minor", 76},
    {"texture_alignment", 14},
    {"texture_pitch_alignment", 51},
    {"multi_processor_count", 16},
    {"integrated", 18},
    {"can_map_host_memory", 19},
    {"concurrent_kernels", 31},
    {"ecc_enabled", 32},
    {"pci_bus_id", 33},
    {"pci_device_id", 34},
    {"pci_domain_id", 50},
    {"tcc_driver", 35},
    {"async_engine_count", 40},
    {"unified_addressing", 41},
    {"memory_bus_width", 37},
    {"l2_cache_size", 38},
    {"persisting_l2_cache_max_size", 108},
    {"max_threads_per_multiprocessor", 39},
    {"stream_priorities_supported", 78},
    {"global_l1_cache_supported", 79},
    {"local_l1_cache_supported", 80},
    {"shared_mem_per_multiprocessor", 81},
    {"regs_per_multiprocessor", 82},
    {"managed_memory", 83},
    {"is_multi_gpu_board", 84},
    {"multi_gpu_board_group_id", 85},
    {"host_native_atomic_supported", 86},
    {"pageable_memory_access", 88},
    {"conccurrent_managed_access", 89}, // spelled so in vs-mlrt
    {"compute_preemption_supported", 90},
    {"can_use_host_pointer_for_registered_mem", 91},
    {"cooperative_launch", 95},
    {"shared_mem_per_block_optin", 97},
    {"pageable_memory_access_uses_host_page_tables", 100},
    {"direct_managed_mem_access_from_host", 101},
    {"max_blocks_per_multi_processor", 106},
    {"access_policy_max_window_size", 109},
    {"reserved_shared_mem_per_block", 111},
};

} // namespace

const char *const tensorrt_arguments = "clips:vnode[];engine_path:data;overlap:int[]:opt;tilesize:int[]:opt;"
                                       "device_id:int:opt;use_cuda_graph:int:opt;"
                                       "num_streams:int:opt;verbosity:int:opt;flexible_output_prop:data:opt;";

void tensorrt_version(const OldName &old_name, const char *release, const Host &host, VSMap &out) {
    add_bytes(host, out, "version", interface_version);
    add_bytes(host, out, "tensorrt_version", release);
    add_bytes(host, out, "tensorrt_version_build", release);
    add_bytes(host, out, "cuda_runtime_version", "13040");
    add_bytes(host, out, "cuda_runtime_version_build", "13040");
    add_bytes(host, out, "path", text_of(file_of_name(old_name)));
}

void gpu_properties(const Host &host, const VSMap &in, VSMap &out) {
    const int number = Arguments(host, in).integer("device_id").value_or(0);
    const nvidia::DriverTable &driver = nvidia::driver();
    nvidia::check(driver.init(0), "starting the driver");
    int count = 0;
    nvidia::check(driver.device_count(&count), "counting the GPUs");
    if (number < 0 || number >= count)
        throw BadArgument("\"device_id\" must be 0 to ", count - 1, "; got ", number);
    int device = 0;
    nvidia::check(driver.device_get(&device, number), "opening the GPU");
    char name[256] = {};
    nvidia::check(driver.device_name(name, sizeof name, device), "reading the GPU's name");
    std::size_t memory = 0;
    nvidia::check(driver.device_memory(&memory, device), "reading the GPU's memory");
    int release = 0;
    nvidia::check(driver.driver_version(&release), "reading the driver's version");
    host.api->mapSetInt(&out, "driver_version", release, maReplace);
    add_bytes(host, out, "name", name);
    host.api->mapSetInt(&out, "total_global_memory", static_cast<std::int64_t>(memory), maReplace);
    for (const Property &property : properties) {
        int value = 0;
        const auto attribute = static_cast<nvidia::Attribute>(property.attribute);
        if (driver.device_attribute(&value, attribute, device) == nvidia::Status::success)
            host.api->mapSetInt(&out, property.key, value, maReplace);
    }
}

} // namespace vsmlrt::vs
