// ONNX Runtime lists the devices of plugin libraries itself. For providers that are compiled
// in, trying is the only way to learn whether their driver and their vendor's library are here.
#include "backends/onnxruntime/device.h"

#include "backends/onnxruntime/environment.h"
#include "backends/onnxruntime/file_sizes.h"
#include "backends/onnxruntime/nvidia.h"
#include "base/library_names.h"
#include "base/log.h"
#include "base/machine.h"
#include "base/path.h"
#include "module/device.h"

#include <algorithm>
#include <filesystem>
#include <map>

namespace vsmlrt::ort {
namespace {

Device processor() {
    Device device;
    device.id = "CPU";
    device.name = processor_name();
    device.memory_bytes = memory_bytes();
    device.provider = provider_named("CPUExecutionProvider");
    device.group = device.provider.id;
    return device;
}

std::string id_of(const Provider &provider, int index) {
    return text(provider.id, ".", index);
}

vsmlrt_device_kind kind_of(int hardware) {
    return hardware == hardware_gpu   ? VSMLRT_DEVICE_GPU
           : hardware == hardware_npu ? VSMLRT_DEVICE_NPU
                                      : VSMLRT_DEVICE_CPU;
}

bool needs_nvidia(const Provider &provider) {
    return provider.id == "CUDA" || provider.id == "TensorRT" || provider.id == "NvTensorRTRTX";
}

void describe_nvidia(Device &device, const std::vector<NvidiaDevice> &known) {
    const auto place = static_cast<std::size_t>(device.index);
    if (!needs_nvidia(device.provider) || place >= known.size())
        return;
    device.name = known[place].name;
    device.memory_bytes = known[place].memory_bytes;
    device.plan_basis += known[place].plan_basis + "\n";
}

// A provider library and the vendor's libraries next to it.
std::string library_basis(const Provider &provider) {
    std::vector<std::filesystem::path> files;
    for (const ProviderLibrary &library : provider_libraries()) {
        if (library.name != provider.name)
            continue;
        std::error_code ignored;
        for (const auto &entry : std::filesystem::directory_iterator(library.file.parent_path(), ignored))
            if (entry.is_regular_file(ignored) && !entry.is_symlink(ignored) &&
                text_of(entry.path().filename()).find(library_ending) != std::string::npos)
                files.push_back(entry.path());
    }
    return file_sizes(files);
}

// What a provider says of itself and its driver.
std::string metadata_basis(const OrtEpDevice *device) {
    const char *const *keys = nullptr;
    const char *const *values = nullptr;
    std::size_t count = 0;
    call(GetKeyValuePairs, call(EpDevice_EpMetadata, device), &keys, &values, &count);
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < count; ++i)
        parts.push_back(text(keys[i], " ", values[i]));
    std::sort(parts.begin(), parts.end());
    return join(parts, "\n") + "\n";
}

std::string hardware_name(const OrtEpDevice *device) {
    const OrtHardwareDevice *const hardware = call(EpDevice_Device, device);
    const char *described = call(GetKeyValue, call(HardwareDevice_Metadata, hardware), "Description");
    return described ? std::string(described)
                     : text(call(HardwareDevice_Vendor, hardware), " ", hardware_kind(device));
}

void add_plugins(std::vector<Device> &devices, const std::vector<NvidiaDevice> &nvidia) {
    const OrtEpDevice *const *found = nullptr;
    std::size_t count = 0;
    must(GetEpDevices, environment(), &found, &count);
    std::map<std::string, int> numbers;
    for (std::size_t i = 0; i < count; ++i) {
        const OrtHardwareDevice *const hardware = call(EpDevice_Device, found[i]);
        Device device;
        device.plugin = found[i];
        device.provider = provider_named(call(EpDevice_EpName, found[i]));
        device.group = device.provider.id;
        if (device.is_cpu())
            continue;
        device.index = numbers[std::string(device.provider.id)]++;
        device.id = id_of(device.provider, device.index);
        device.name = hardware_name(found[i]);
        device.kind = kind_of(call(HardwareDevice_Type, hardware));
        device.provider.native_fp16 = device.kind != VSMLRT_DEVICE_CPU;
        if (device.provider.context_models)
            device.plan_basis = library_basis(device.provider) + metadata_basis(found[i]);
        describe_nvidia(device, nvidia);
        devices.push_back(std::move(device));
    }
}

std::vector<std::string> builtin_names() {
    char **names = nullptr;
    int count = 0;
    must(GetAvailableProviders, &names, &count);
    std::vector<std::string> copied(names, names + count);
    must(ReleaseAvailableProviders, names, count);
    return copied;
}

// Why a provider that is compiled in cannot be used, for want of its driver or its vendor's library: only
// trying tells. Empty: it can.
std::string obstacle(const Device &device) {
    try {
        const auto options = make<SessionOptions>(CreateSessionOptions);
        Settings settings;
        if (needs_nvidia(device.provider))
            settings.emplace_back("device_id", std::to_string(device.index));
        append_builtin(options.get(), device.provider, settings);
        return {};
    } catch (const Error &failure) {
        return failure.what();
    }
}

struct Found {
    std::vector<Device> devices;
    std::vector<std::pair<std::string, std::string>> absent;

    [[nodiscard]] bool has(std::string_view provider) const {
        return std::any_of(devices.begin(), devices.end(),
                           [&](const Device &device) { return device.provider.name == provider; });
    }
};

void add_builtin(Found &found, const Provider &provider, const std::vector<NvidiaDevice> &nvidia) {
    const int count = needs_nvidia(provider) ? static_cast<int>(nvidia.size()) : 1;
    if (count == 0)
        found.absent.emplace_back(provider.id, "NVIDIA's driver lists no device here");
    for (int index = 0; index < count; ++index) {
        Device device;
        device.provider = provider;
        device.group = device.provider.id;
        device.kind = provider.kind;
        device.name = std::string(provider.id);
        device.index = index;
        device.id = id_of(provider, index);
        describe_nvidia(device, nvidia);
        if (std::string reason = obstacle(device); !reason.empty()) {
            found.absent.emplace_back(provider.id, std::move(reason));
            continue;
        }
        if (provider.id == "TensorRT") // Trying has loaded the vendor's library.
            device.plan_basis += sizes_of_loaded("nvinfer");
        found.devices.push_back(std::move(device));
    }
}

void add_absent_plugins(Found &found) {
    for (const ProviderLibrary &library : provider_libraries()) {
        const std::string id(provider_named(library.name).id);
        if (!library.failure.empty())
            found.absent.emplace_back(id, text(text_of(library.file), " is not used: ", library.failure));
        else if (library.num_devices == 0)
            found.absent.emplace_back(id, text(library.name, " is registered and lists no device here"));
    }
}

const Found &all() {
    static const auto *const instance = [] {
        static_cast<void>(provider_libraries());
        auto *const found = new Found;
        found->devices.push_back(processor());
        const std::vector<NvidiaDevice> nvidia = nvidia_devices();
        add_plugins(found->devices, nvidia);
        add_absent_plugins(*found);
        if (!nvidia.empty())
            load_nvidia_wheels();
        for (const std::string &name : builtin_names()) {
            const Provider *const provider = known_provider(name);
            if (provider && provider->id != "CPU" && !found->has(name))
                add_builtin(*found, *provider, nvidia);
        }
        return found;
    }();
    return *instance;
}

std::string absences() {
    std::vector<std::string> reasons;
    for (const auto &[what, reason] : list_absent())
        reasons.push_back(text(what, ": ", reason));
    return reasons.empty() ? std::string() : " (" + join(reasons, "; ") + ")";
}

} // namespace

const char *hardware_kind(const OrtEpDevice *device) {
    const int type = call(HardwareDevice_Type, call(EpDevice_Device, device));
    return type == hardware_gpu ? "GPU" : type == hardware_npu ? "NPU" : "CPU";
}

const std::vector<Device> &list_devices() {
    return all().devices;
}

const std::vector<std::pair<std::string, std::string>> &list_absent() {
    return all().absent;
}

const Device &find_device(const std::string &id) {
    return device_of(list_devices(), id, "ONNX Runtime", absences());
}

} // namespace vsmlrt::ort
