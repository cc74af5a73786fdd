// A backend module whose programs can be stored. It computes as the reference backend does, and what a plan
// depends on is told by the environment:
//
//     VSMLRT_PLANNING_LIBRARY   its version
//     VSMLRT_PLANNING_DEVICE    the name of its two devices, which are equals
//     VSMLRT_PLANNING_DRIVER    its device's plan basis; unset: none of its plans is kept
//     VSMLRT_PLANNING_HALF      1: its device says that it computes in fp16
//     VSMLRT_PLANNING_BRAIN     1: its device says that it computes in bf16
//     VSMLRT_PLANNING_JOURNAL   the file that gets "built" for each build, "loaded DRIVER" for each import
//     VSMLRT_PLANNING_SLOW      milliseconds that a build takes longer
//     VSMLRT_PLANNING_PADDING   bytes that a blob has more
//     VSMLRT_PLANNING_REFUSES   set: blobs are refused
//     VSMLRT_PLANNING_GPU       1: its devices are GPUs, not processors
//     VSMLRT_PLANNING_STREAMS   the streams that are best for them; unset: 1
//     VSMLRT_PLANNING_MEMORY    the bytes that they have; unset: it does not know
//     VSMLRT_PLANNING_FREE      the bytes that are free at the moment; unset: it does not know
//     VSMLRT_PLANNING_CONTEXT   the bytes that it says a context takes; unset: it says nothing of memory
//     VSMLRT_PLANNING_WEIGHTS   then the bytes of a program without contexts
//     VSMLRT_PLANNING_SPARE     and those of a spare context; unset: it has none
//     VSMLRT_PLANNING_SPARES    how many of these it would like; unset: one
//     VSMLRT_PLANNING_OF_PIXEL  those of a context for each pixel of a size; unset: those of CONTEXT
//     VSMLRT_PLANNING_OF_FRAMES those that a context takes more where it converts frames
//     VSMLRT_PLANNING_KEEPS     1: its library keeps a file of its own, and says in the journal whether it
//     found it
//     VSMLRT_PLANNING_GONE      a file with the numbers of the devices that fail whenever they run
//     VSMLRT_PLANNING_SHARES    1: its programs leave a file for each other, and say whether they found it
//
// A blob is the driver, a line's end and the network. Whose plan it is nobody checks here: a stale one would
// run, and give the pictures of its own network.
#include "backends/reference/program.h"
#include "module/door.h"

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <unistd.h>

namespace reference = vsmlrt::reference;
using vsmlrt::guarded;

namespace {

std::string variable(const char *name) {
    const char *value = std::getenv((std::string("VSMLRT_PLANNING_") + name).c_str());
    return value ? value : "";
}

int number(const char *name) {
    return std::atoi(variable(name).c_str());
}

bool is_gone(char device_number) {
    std::ifstream file(variable("GONE"));
    std::string numbers;
    file >> numbers;
    return numbers.find(device_number) != std::string::npos;
}

void note(const std::string &line) {
    const int file = ::open(variable("JOURNAL").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0 || ::write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
        std::abort();
    ::close(file);
}

// As vendors' libraries do: what an earlier run left is read, and something is left for the next.
void note_kept(const char *folder) {
    if (number("KEEPS") == 0)
        return;
    if (!folder)
        return note("no folder\n");
    const std::filesystem::path file = std::filesystem::path(folder) / "kernels";
    note(std::filesystem::exists(file) ? "found kernels\n" : "no kernels\n");
    std::ofstream(file) << std::string(1000, 'k');
}

// As what programs of a device leave for each other.
void note_shared(const char *folder) {
    if (number("SHARES") == 0)
        return;
    if (!folder)
        return note("no shared folder\n");
    const std::filesystem::path file = std::filesystem::path(folder) / "measured";
    note(std::filesystem::exists(file) ? "found measurements\n" : "no measurements\n");
    std::ofstream(file) << "m";
}

// The description of the program that the blob holds, in place of the one asked for.
vsmlrt_program_desc from_blob(const vsmlrt_program_desc &asked) {
    const std::string_view blob(static_cast<const char *>(asked.blob), asked.blob_size);
    const std::size_t end = blob.find('\n');
    if (end == std::string_view::npos || !variable("REFUSES").empty())
        throw vsmlrt::DeviceError("planning: the blob is refused");
    if (asked.network_read)
        throw vsmlrt::DeviceError("planning: the network must stay for when the blob is refused");
    vsmlrt_program_desc desc = asked;
    const std::size_t padding = static_cast<std::size_t>(number("PADDING"));
    desc.network = blob.data() + end + 1;
    desc.network_size = blob.size() - end - 1 - padding;
    note("loaded " + std::string(blob.substr(0, end)) + "\n");
    note_kept(asked.kept_folder);
    return desc;
}

vsmlrt_program_desc from_network(const vsmlrt_program_desc &asked) {
    std::this_thread::sleep_for(std::chrono::milliseconds(number("SLOW")));
    note("built\n");
    note_kept(asked.kept_folder);
    note_shared(asked.shared_folder);
    return asked;
}

} // namespace

struct vsmlrt_device {
    char number;
};
struct vsmlrt_program : reference::Program {
    vsmlrt_program(const vsmlrt_device &device, const vsmlrt_program_desc &desc)
        : Program(desc), device_number(device.number),
          network(static_cast<const char *>(desc.network), desc.network_size) {
        if (desc.network_read)
            desc.network_read(desc.user);
    }
    char device_number;
    std::string network;
};
struct vsmlrt_context : reference::Context {
    explicit vsmlrt_context(vsmlrt_program &program)
        : Context(program), device_number(program.device_number) {}
    void run() {
        if (is_gone(device_number))
            throw vsmlrt::DeviceError("planning: the device ", device_number, " is gone");
        Context::run();
    }
    char device_number;
};

namespace {

vsmlrt_code probe(vsmlrt_sink) {
    return VSMLRT_OK;
}

const char *version() {
    static std::string text;
    text = variable("LIBRARY");
    return text.c_str();
}

vsmlrt_code list_devices(void *user, void (*visit)(void *, const vsmlrt_device_info *), vsmlrt_sink) {
    const std::string name = variable("DEVICE");
    const char *const basis = std::getenv("VSMLRT_PLANNING_DRIVER");
    for (const int index : {0, 1}) {
        const std::string id = "Plan." + std::to_string(index);
        const vsmlrt_device_info info = {.id = id.c_str(),
                                         .name = name.c_str(),
                                         .kind = number("GPU") != 0 ? VSMLRT_DEVICE_GPU : VSMLRT_DEVICE_CPU,
                                         .group = "Plan",
                                         .number = index,
                                         .memory_bytes = number("MEMORY"),
                                         .native_fp16 = number("HALF"),
                                         .native_bf16 = number("BRAIN"),
                                         .plan_basis = basis,
                                         .plans_follow_streams = 0,
                                         .best_streams = std::max(1, number("STREAMS")),
                                         .keeps_files = number("KEEPS"),
                                         .shares_files = number("SHARES")};
        visit(user, &info);
    }
    return VSMLRT_OK;
}

void list_absent(void *user, void (*visit)(void *, const char *, const char *)) {
    visit(user, "Other", "it is at home");
}

vsmlrt_code open_device(const char *id, vsmlrt_device **device, vsmlrt_sink) {
    *device = new vsmlrt_device{std::string_view(id).back()};
    return VSMLRT_OK;
}

vsmlrt_code build_program(vsmlrt_device *device, const vsmlrt_program_desc *desc, vsmlrt_program **program,
                          vsmlrt_sink error) {
    return guarded(error, [&] {
        *program = new vsmlrt_program(*device, desc->blob ? from_blob(*desc) : from_network(*desc));
    });
}

vsmlrt_code memory(vsmlrt_device *, std::int64_t *free_bytes, std::int64_t *total_bytes, vsmlrt_sink error) {
    return guarded(error, [&] {
        if (variable("FREE").empty())
            throw vsmlrt::Unsupported("planning: it does not know");
        *free_bytes = number("FREE");
        *total_bytes = number("MEMORY");
    });
}

void describe_program(const vsmlrt_program *program, vsmlrt_program_info *info) {
    *info = program->info();
    info->blob_worth_caching = 1;
    if (number("CONTEXT") == 0)
        return;
    info->program_bytes = number("WEIGHTS");
    info->context_bytes = number("CONTEXT");
    info->spare_contexts =
        number("SPARE") > 0 ? static_cast<std::int32_t>(std::max<std::int64_t>(number("SPARES"), 1)) : 0;
    info->spare_context_bytes = number("SPARE");
}

vsmlrt_code describe_size(vsmlrt_program *program, vsmlrt_extent extent, const vsmlrt_frame_plan *frames,
                          vsmlrt_program_info *info, vsmlrt_sink error) {
    return guarded(error, [&] {
        describe_program(program, info);
        if (const std::int64_t of_pixel = number("OF_PIXEL"); of_pixel > 0)
            info->context_bytes = of_pixel * extent.width * extent.height;
        if (frames)
            info->context_bytes += number("OF_FRAMES");
    });
}

vsmlrt_code export_program(const vsmlrt_program *program, vsmlrt_sink blob, vsmlrt_sink error) {
    return guarded(error, [&] {
        const std::string padding(static_cast<std::size_t>(number("PADDING")), '\0');
        vsmlrt::write_text(blob, variable("DRIVER") + "\n" + program->network + padding);
    });
}

std::int32_t accepts_frames(vsmlrt_device *, const vsmlrt_frame_input *inputs, std::int32_t num_inputs,
                            std::int32_t output_channels, const vsmlrt_frame_format *output) {
    const std::span all(inputs, static_cast<std::size_t>(num_inputs));
    return reference::accepts_frames(all, output_channels, *output) ? 1 : 0;
}

constexpr vsmlrt_backend table = {.interface_version = VSMLRT_INTERFACE_VERSION,
                                  .name = "planning",
                                  .set_log = vsmlrt::send_log,
                                  .probe = probe,
                                  .version = version,
                                  .list_devices = list_devices,
                                  .list_absent = list_absent,
                                  .open_device = open_device,
                                  .close_device = vsmlrt::destroy,
                                  .build_program = build_program,
                                  .free_program = vsmlrt::destroy,
                                  .describe_program = describe_program,
                                  .export_program = export_program,
                                  .make_context = vsmlrt::make_context,
                                  .free_context = vsmlrt::destroy,
                                  .bind = vsmlrt::bind_context,
                                  .run = vsmlrt::run_context,
                                  .rank = -1,
                                  .accepts_frames = accepts_frames,
                                  .bind_frames = vsmlrt::bind_context_frames,
                                  .run_frames = vsmlrt::run_context_frames,
                                  .shapes = vsmlrt::program_shapes,
                                  .memory = memory,
                                  .time_layers = nullptr,
                                  .describe_size = describe_size};

} // namespace

const vsmlrt_backend *vsmlrt_backend_entry(std::uint32_t interface_version) {
    return interface_version == VSMLRT_INTERFACE_VERSION ? &table : nullptr;
}
