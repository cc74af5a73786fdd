// Providers come from many wheels, laid down without a way to find each other: each is looked for here,
// next to ONNX Runtime's own file and next to this module, before ONNX Runtime is asked for devices.
#include "backends/onnxruntime/environment.h"

#include "base/environment.h"
#include "base/error.h"
#include "base/library_names.h"
#include "base/log.h"
#include "base/path.h"
#include "base/text.h"
#include "module/vendor_library.h"

#include <algorithm>
#include <map>
#include <sstream>

namespace vsmlrt::ort {
namespace fs = std::filesystem;
namespace {

constexpr const char *variable = "VSMLRT_ONNXRUNTIME_PROVIDERS";

void write_log(void *, int severity, const char *, const char *, const char *, const char *message) {
    // Below a warning there is only what a session was asked to say.
    log(severity >= log_warning ? LogLevel::warning : LogLevel::information, text("ONNX Runtime: ", message));
}

// What the files of providers begin with, of the wheels and of ONNX Runtime itself.
const std::string &provider_stem() {
    static const std::string stem = text_of(fs::path(library_file("onnxruntime_providers_")).stem());
    return stem;
}

std::string provider_file(const char *name) {
    return provider_stem() + name + std::string(library_ending);
}

// The names that the wheels' own Python modules register their libraries under; a provider may take the name
// for its own.
std::string registration_name(const fs::path &file) {
    static const std::map<std::string, std::string> known = {
        {"nv_tensorrt_rtx", "NvTensorRTRTXExecutionProvider"},
        {"openvino_plugin", "OpenVINOExecutionProvider"},
        {"webgpu", "WebGpuExecutionProvider"},
        {"cuda", "CUDAExecutionProvider"}};
    const std::string stem = text_of(file.stem());
    const std::string part = stem.starts_with(provider_stem()) ? stem.substr(provider_stem().size()) : stem;
    const auto name = known.find(part);
    return name != known.end() ? name->second : part;
}

bool is_provider(const fs::path &path) {
    const std::string name = text_of(path.filename());
    return name.starts_with(provider_stem()) && path.extension() == library_ending &&
           name != provider_file("shared");
}

void add_folder(const fs::path &folder, std::vector<fs::path> &files) {
    std::error_code ignored;
    std::vector<fs::path> found;
    for (const auto &entry : fs::recursive_directory_iterator(folder, ignored))
        if (is_provider(entry.path()))
            found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
}

void add_variable(std::vector<fs::path> &files) {
    std::istringstream parts(vsmlrt::environment(variable));
    for (std::string part; std::getline(parts, part, path_separator);) {
        const fs::path path = path_of(part);
        if (fs::is_directory(path))
            add_folder(path, files);
        else if (!part.empty())
            files.push_back(path);
    }
}

// The site-packages folders of ONNX Runtime's library and of this module.
std::vector<fs::path> package_folders() {
    std::vector<fs::path> capi = search_folders();
    capi.push_back(library().file.parent_path());
    std::vector<fs::path> folders;
    for (const fs::path &folder : capi) {
        std::error_code missing;
        const fs::path real = fs::canonical(folder, missing);
        if (missing || real.filename() != "capi" || real.parent_path().filename() != "onnxruntime")
            continue;
        const fs::path packages = real.parent_path().parent_path();
        if (std::find(folders.begin(), folders.end(), packages) == folders.end())
            folders.push_back(packages);
    }
    return folders;
}

void add_wheels(std::vector<fs::path> &files) {
    for (const fs::path &packages : package_folders()) {
        std::error_code ignored;
        for (const auto &entry : fs::directory_iterator(packages, ignored))
            if (text_of(entry.path().filename()).rfind("onnxruntime_ep_", 0) == 0 &&
                entry.is_directory(ignored))
                add_folder(entry.path(), files);
    }
}

// Where NVIDIA's wheels put their libraries: nvidia-cublas, nvidia-cudnn-cu13, tensorrt-cu13-libs and the
// like.
std::vector<fs::path> nvidia_folders() {
    std::vector<fs::path> folders;
    for (const fs::path &packages : package_folders()) {
        std::error_code ignored;
        for (const auto &entry : fs::directory_iterator(packages / "nvidia", ignored))
            for (const char *name : nvidia_wheel_folders())
                if (fs::is_directory(entry.path() / name, ignored))
                    folders.push_back(entry.path() / name);
        if (fs::is_directory(packages / "tensorrt_libs", ignored))
            folders.push_back(packages / "tensorrt_libs");
    }
    std::sort(folders.begin(), folders.end());
    return folders;
}

// A failure shows again, with its reason, where ONNX Runtime needs the file.
void open_for_its_needs(const fs::path &file, const std::vector<fs::path> &folders) {
    try {
        static_cast<void>(open_vendor_library(file, folders));
    } catch (const Unsupported &missing) {
        log(LogLevel::debug, text(text_of(file.filename()), ": ", missing.what()));
    }
}

std::size_t count_devices() {
    const OrtEpDevice *const *devices = nullptr;
    std::size_t count = 0;
    must(GetEpDevices, environment(), &devices, &count);
    return count;
}

// Registers the library; empty, or why it is not.
std::string registration_failure(const ProviderLibrary &library) {
    if (!fs::exists(library.file))
        return "there is no such file";
    try {
        if (!open_vendor_library(library.file, nvidia_folders()).find("CreateEpFactories"))
            return "it is not an execution provider of ONNX Runtime (it has no CreateEpFactories)";
    } catch (const Unsupported &missing) {
        return missing.what();
    }
    const auto refused =
        attempt(RegisterExecutionProviderLibrary, environment(), library.name.c_str(), library.file.c_str());
    return refused ? refused->message : std::string();
}

ProviderLibrary enter(const fs::path &file) {
    ProviderLibrary library = {registration_name(file), file, {}};
    const std::size_t before = count_devices();
    library.failure = registration_failure(library);
    if (!library.failure.empty())
        log(LogLevel::warning,
            text("the provider library ", text_of(file), " is not used: ", library.failure));
    library.num_devices = count_devices() - before;
    return library;
}

std::vector<ProviderLibrary> enter_all() {
    std::vector<fs::path> files;
    add_variable(files);
    add_wheels(files);
    std::vector<ProviderLibrary> libraries;
    for (const fs::path &file : files) {
        const auto same = [&](const ProviderLibrary &other) { return other.name == registration_name(file); };
        if (std::none_of(libraries.begin(), libraries.end(), same))
            libraries.push_back(enter(file));
    }
    return libraries;
}

} // namespace

OrtEnv *environment() {
    static OrtEnv *const instance = [] {
        OrtEnv *made = nullptr;
        must(CreateEnvWithCustomLogger, write_log, nullptr, log_warning, "vsmlrt", &made);
        return made;
    }();
    return instance;
}

void load_nvidia_wheels() {
    const std::vector<fs::path> folders = nvidia_folders();
    if (folders.empty())
        return;
    // ONNX Runtime opens these two itself. Here they are opened for what they need alone: without the library
    // that it opens before them they do not stay open, while what they need does.
    for (const char *name : {"cuda", "tensorrt"})
        if (const fs::path file = library().file.parent_path() / provider_file(name); fs::exists(file))
            open_for_its_needs(file, folders);
    // The provider and cuDNN ask the loader for these by name when they need them.
    for (const fs::path &folder : folders)
        for (const char *name : {"nvrtc", "cudnn"})
            if (const fs::path file = newest(folder, library_file(name)); !file.empty())
                open_for_its_needs(file, folders);
}

const std::vector<ProviderLibrary> &provider_libraries() {
    static const auto *const instance = new std::vector<ProviderLibrary>(enter_all());
    return *instance;
}

} // namespace vsmlrt::ort
