#include "nvidia/compiler.h"

#include "base/environment.h"
#include "base/error.h"
#include "base/library_names.h"
#include "base/path.h"
#include "base/shared_library.h"
#include "base/step_clock.h"

#include <filesystem>

namespace vsmlrt::nvidia {
namespace fs = std::filesystem;
namespace {

struct Program;

struct Table {
    int (*version)(int *major, int *minor);
    int (*create)(Program **program, const char *source, const char *name, int headers,
                  const char *const *sources, const char *const *names);
    int (*destroy)(Program **program);
    int (*compile)(Program *program, int count, const char *const *options);
    int (*cubin_size)(Program *program, std::size_t *bytes);
    int (*cubin)(Program *program, char *bytes);
    int (*log_size)(Program *program, std::size_t *bytes);
    int (*log)(Program *program, char *text);
};

constexpr int invalid_option = 5;

template <typename Function>
bool find(const SharedLibrary &library, Function &function, const char *symbol) {
    function = reinterpret_cast<Function>(library.find(symbol));
    return function != nullptr;
}

bool load(const SharedLibrary &library, Table &table) {
    return find(library, table.version, "nvrtcVersion") &&
           find(library, table.create, "nvrtcCreateProgram") &&
           find(library, table.destroy, "nvrtcDestroyProgram") &&
           find(library, table.compile, "nvrtcCompileProgram") &&
           find(library, table.cubin_size, "nvrtcGetCUBINSize") &&
           find(library, table.cubin, "nvrtcGetCUBIN") &&
           find(library, table.log_size, "nvrtcGetProgramLogSize") &&
           find(library, table.log, "nvrtcGetProgramLog");
}

// Where it may be, the system's own first. The folders of wheels are this module's own.
std::vector<fs::path> places() {
    if (const std::string named = environment("VSMLRT_NVRTC"); !named.empty())
        return {path_of(named)};
    const std::span<const char *const> names = nvidia_compiler_libraries();
    std::vector<fs::path> all(names.begin(), names.end());
    std::vector<fs::path> folders = search_folders();
    for (const char *folder : nvidia_compiler_folders())
        folders.emplace_back(folder);
    for (const fs::path &folder : folders)
        for (const char *name : names)
            all.push_back(folder / name);
    return all;
}

// Once open, a library is found by its bare name.
void open_parts(const fs::path &folder) {
    std::error_code ignored;
    for (const char *beginning : nvidia_compiler_parts())
        for (const auto &entry : fs::directory_iterator(folder, ignored))
            if (text_of(entry.path().filename()).starts_with(beginning))
                static_cast<void>(SharedLibrary(entry.path()));
}

bool open_at(const fs::path &place, Table &table) {
    try {
        const SharedLibrary library(place);
        if (place.has_parent_path())
            open_parts(place.parent_path());
        return load(library, table);
    } catch (const Unsupported &) {
        return false;
    }
}

const Table *open() {
    StepClock clock("cuda: starting the compiler");
    clock.begin("opening NVRTC");
    for (const fs::path &place : places()) {
        Table table = {};
        if (!open_at(place, table))
            continue;
        clock.report();
        return new Table(table); // never destroyed: filters may outlive static destruction
    }
    throw Unsupported("NVRTC, NVIDIA's run-time compiler, is missing; install it with: pip install "
                      "nvidia-cuda-nvrtc (or set VSMLRT_NVRTC to the file ",
                      library_file("nvrtc"), ")");
}

const Table &nvrtc() {
    static const Table *const table = open();
    return *table;
}

// A program of NVRTC while it is compiled.
class Unit {
public:
    explicit Unit(const std::string &source) {
        if (nvrtc().create(&program_, source.c_str(), "kernel.cu", 0, nullptr, nullptr) != 0)
            throw InternalError("NVRTC takes no program");
    }
    ~Unit() { nvrtc().destroy(&program_); }
    Unit(const Unit &) = delete;
    Unit &operator=(const Unit &) = delete;

    [[nodiscard]] Program *get() const { return program_; }
    [[nodiscard]] std::string log() const {
        std::size_t bytes = 0;
        if (nvrtc().log_size(program_, &bytes) != 0 || bytes < 2)
            return {};
        std::string text(bytes, '\0');
        nvrtc().log(program_, text.data());
        text.resize(bytes - 1);
        return text;
    }

private:
    Program *program_ = nullptr;
};

} // namespace

void require_compiler() {
    static_cast<void>(nvrtc());
}

std::string compiler_version() {
    int major = 0;
    int minor = 0;
    static_cast<void>(nvrtc().version(&major, &minor));
    return text("NVRTC ", major, ".", minor);
}

std::vector<std::string> compiler_options(const std::string &architecture) {
    return {"--gpu-architecture=" + architecture, "--std=c++17", "--restrict"};
}

std::vector<std::byte> compile(const std::string &source, const std::string &architecture) {
    const Unit unit(source);
    const std::vector<std::string> options = compiler_options(architecture);
    std::vector<const char *> given;
    for (const std::string &option : options)
        given.push_back(option.c_str());
    const int status = nvrtc().compile(unit.get(), static_cast<int>(given.size()), given.data());
    if (status == invalid_option)
        throw Unsupported(compiler_version(), " does not know GPUs of ", architecture,
                          "; install a newer one with: pip install -U nvidia-cuda-nvrtc");
    if (status != 0)
        throw InternalError("a kernel does not compile for ", architecture, ": ", unit.log());
    std::size_t bytes = 0;
    if (nvrtc().cubin_size(unit.get(), &bytes) != 0 || bytes == 0)
        throw InternalError("NVRTC gives no cubin for ", architecture);
    std::vector<std::byte> cubin(bytes);
    nvrtc().cubin(unit.get(), reinterpret_cast<char *>(cubin.data()));
    return cubin;
}

} // namespace vsmlrt::nvidia
