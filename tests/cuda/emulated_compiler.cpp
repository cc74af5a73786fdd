#include "cuda/emulated_compiler.h"

#include "cuda/emulated_system.h"
#include "vsmlrt/backend.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#define EXPORT extern "C" VSMLRT_EXPORT

namespace fs = std::filesystem;
namespace emulated = vsmlrt::emulated;

// NVRTC: the text behind kernels/host*.h, compiled by the compiler that built this. A library is kept under
// the hash of all that it is made from; those headers are parsed once, as one of their own.
namespace {

struct Unit {
    std::string source;
    std::string library;
    std::string log;
};

fs::path cache_folder() {
    const char *named = std::getenv("VSMLRT_EMULATED_CACHE");
    static const fs::path folder =
        named ? fs::path(named) : fs::temp_directory_path() / ("emulated_cuda_" + emulated::user_name());
    fs::create_directories(folder);
    return folder;
}

std::string text_of(const char *path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string hash_of(const std::string &text) {
    return std::to_string(std::hash<std::string>{}(emulated::compiler + text));
}

// What stands before every kernel.
const std::string &prelude() {
    static const std::string text =
        text_of(VSMLRT_KERNELS "/host.h") + text_of(VSMLRT_KERNELS "/" VSMLRT_FIBERS) +
        text_of(VSMLRT_KERNELS "/host_warps.h") + text_of(VSMLRT_KERNELS "/host_tensor_map.h") +
        text_of(VSMLRT_KERNELS "/host_cuda.h") + text_of(VSMLRT_KERNELS "/host_hopper.h");
    return text;
}

// What stands behind it: the entry of a kernel that is written as the card has it (hopper/ptx.cuh names it
// so).
constexpr const char *entry = R"(
#ifdef kernel
#undef kernel
extern "C" void kernel(const unsigned *grid, const unsigned *block, void **parameters) {
    hopper::run(kernel_of_card, shared, sizeof shared, grid, block, parameters);
}
#endif
)";

// Its file in the cache folder: there when it is whole, and where the compiler could parse it ahead, behind
// that.
std::string prelude_header() {
    const std::string name = "prelude_" + hash_of(prelude()) + ".h";
    const fs::path header = cache_folder() / name;
    if (!fs::exists(header)) {
        const emulated::Turn turn(header.string());
        if (!fs::exists(header)) {
            const fs::path made = header.string() + "." + emulated::process_name();
            std::ofstream(made) << prelude();
            emulated::precompile(made.string(), header.string());
            std::error_code there;
            fs::rename(made, header, there);
        }
    }
    return name;
}

} // namespace

EXPORT int nvrtcVersion(int *major, int *minor) {
    *major = 13;
    *minor = 0;
    return 0;
}
EXPORT int nvrtcCreateProgram(Unit **unit, const char *source, const char *, int, const char *const *,
                              const char *const *) {
    if (begin_emulated_compilation())
        source = "extern \"C\" void kernel(const unsigned *, const unsigned *, void **) {}";
    *unit = new Unit{source, {}, {}};
    return 0;
}
EXPORT int nvrtcDestroyProgram(Unit **unit) {
    delete *unit;
    return 0;
}
EXPORT int nvrtcCompileProgram(Unit *unit, int, const char *const *) {
    static std::atomic<int> number = 0;
    const std::string name = hash_of(prelude() + unit->source + entry);
    unit->library = (cache_folder() / (name + emulated::library_ending)).string();
    if (fs::exists(unit->library))
        return 0;
    const emulated::Turn turn(unit->library);
    if (fs::exists(unit->library))
        return 0;
    const std::string stem =
        (cache_folder() / (name + "." + emulated::process_name() + "." + std::to_string(number++))).string();
    std::ofstream(stem + ".cpp") << "#include \"" << prelude_header() << "\"\n" << unit->source << entry;
    const bool compiled = emulated::compile(stem);
    unit->log = text_of((stem + ".log").c_str());
    const bool good = compiled && emulated::publish(stem + emulated::library_ending, unit->library);
    if (compiled && !good)
        unit->log += unit->library + " cannot be made";
    fs::remove(stem + ".log");
    if (good)
        fs::remove(stem + ".cpp");
    return good ? 0 : 6;
}
EXPORT int nvrtcGetCUBINSize(Unit *unit, std::size_t *bytes) {
    *bytes = unit->library.size() + 1;
    return 0;
}
EXPORT int nvrtcGetCUBIN(Unit *unit, char *bytes) {
    std::memcpy(bytes, unit->library.c_str(), unit->library.size() + 1);
    return 0;
}
EXPORT int nvrtcGetProgramLogSize(Unit *unit, std::size_t *bytes) {
    *bytes = unit->log.size() + 1;
    return 0;
}
EXPORT int nvrtcGetProgramLog(Unit *unit, char *text) {
    std::memcpy(text, unit->log.c_str(), unit->log.size() + 1);
    return 0;
}
