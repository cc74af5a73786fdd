#include "nvidia/handles.h"

#include "base/error.h"
#include "base/machine.h"

#include <string>

namespace vsmlrt::nvidia {
namespace {

constexpr unsigned non_blocking = 1;

} // namespace

DeviceContext::DeviceContext(int device) : device_(device) {
    check(driver().context_retain(&handle_, device), "opening the GPU");
}

DeviceContext::~DeviceContext() {
    static_cast<void>(driver().context_release(device_));
}

void DeviceContext::use() const {
    check(driver().context_set(handle_), "choosing the GPU");
}

EarlyContext::EarlyContext(int device)
    : thread_([this, device] {
          try {
              context_ = std::make_shared<const DeviceContext>(device);
          } catch (const Error &) { // the next one fails as well, and says so
          }
      }) {}

EarlyContext::~EarlyContext() {
    thread_.join();
}

MemoryState memory_state() {
    MemoryState state;
    check(driver().memory_info(&state.free, &state.total), "asking for free memory");
    return state;
}

DeviceMemory::DeviceMemory(const SharedContext &context, std::size_t bytes, const char *what)
    : bytes_(bytes) {
    if (bytes == 0)
        return;
    context->use();
    DevicePointer address = 0;
    const Status status = driver().memory_alloc(&address, bytes);
    if (status == Status::out_of_memory)
        throw DeviceError("cuda: ", what, " take ", (bytes >> 20) + 1, " MiB and the GPU has ",
                          memory_state().free >> 20, " MiB free; use fewer streams or smaller tiles");
    check(status, "allocating memory of the GPU");
    memory_ = {context, address};
}

PinnedMemory::PinnedMemory(const SharedContext &context, std::size_t bytes) : bytes_(bytes) {
    // What is locked is taken at once and never swapped: too much of it and the system ends programs.
    if (const std::uint64_t available = available_memory_bytes(); bytes > available)
        throw DeviceError("cuda: frames on their way to the GPU and back take ", (bytes >> 20) + 1,
                          " MiB of page-locked memory and this machine has ", available >> 20,
                          " MiB available; use fewer streams or smaller tiles");
    context->use();
    void *address = nullptr;
    const Status status = driver().pinned_alloc(&address, bytes == 0 ? 1 : bytes, 0);
    if (status == Status::out_of_memory)
        throw DeviceError("cuda: there are no ", (bytes >> 20) + 1,
                          " MiB of this machine's memory that could be locked for frames on their way to the "
                          "GPU and back; use fewer streams or smaller tiles");
    check(status, "allocating page-locked memory");
    memory_ = {context, address};
}

Texture make_texture(const SharedContext &context, const TextureRows &rows) {
    context->use();
    const TextureReading reading;
    std::uint64_t handle = 0;
    check(driver().texture_create(&handle, &rows, &reading, nullptr), "making a texture");
    return {context, handle};
}

Module load_module(const SharedContext &context, std::span<const std::byte> image) {
    ModuleHandle *handle = nullptr;
    context->use();
    check(driver().module_load(&handle, image.data()), "loading a kernel");
    return {context, handle};
}

Stream make_stream(const SharedContext &context) {
    StreamHandle *handle = nullptr;
    context->use();
    check(driver().stream_create(&handle, non_blocking), "making a stream");
    return {context, handle};
}

Stream make_stream(const SharedContext &context, const GreenContext &part) {
    StreamHandle *handle = nullptr;
    context->use();
    check(driver().green_stream_create(&handle, part.get(), non_blocking, 0), "making a stream");
    return {context, handle};
}

namespace {

bool makes_parts(const DriverTable &call) {
    return call.device_resource && call.split_multiprocessors && call.describe_resource &&
           call.green_context_create && call.green_context_destroy && call.green_stream_create;
}

int handle_of_device(const SharedContext &context) {
    context->use();
    int device = 0;
    check(driver().device_get(&device, context->device()), "finding the GPU");
    return device;
}

// `count` equal shares of a device's multiprocessors, as large as the driver makes them; none where it does
// not.
std::vector<Multiprocessors> equal_shares(int device, unsigned count) {
    constexpr int of_multiprocessors = 1;
    constexpr unsigned of_any_cluster = 1; // else shares are multiples of 8
    Multiprocessors all;
    if (driver().device_resource(device, &all, of_multiprocessors) != Status::success)
        return {};
    for (unsigned each = all.count / count; each > 0; --each) {
        std::vector<Multiprocessors> shares(count);
        Multiprocessors rest;
        unsigned made = count;
        if (driver().split_multiprocessors(shares.data(), &made, &all, &rest, of_any_cluster, each) ==
                Status::success &&
            made == count)
            return shares;
    }
    return {};
}

} // namespace

std::vector<Multiprocessors> split_device(const SharedContext &context, int count) {
    return makes_parts(driver()) ? equal_shares(handle_of_device(context), static_cast<unsigned>(count))
                                 : std::vector<Multiprocessors>();
}

GreenContext make_part(const SharedContext &context, Multiprocessors share) {
    constexpr unsigned with_default_stream = 1; // wanted of all
    const int device = handle_of_device(context);
    ResourceDescription *description = nullptr;
    GreenContextHandle *handle = nullptr;
    if (driver().describe_resource(&description, &share, 1) != Status::success ||
        driver().green_context_create(&handle, description, device, with_default_stream) != Status::success)
        return {};
    return {context, handle};
}

namespace {

// Flags of events; 0 is one that can be timed by.
constexpr unsigned blocking = 1;
constexpr unsigned without_timing = 2;

Event make_event(const SharedContext &context, unsigned flags) {
    EventHandle *handle = nullptr;
    context->use();
    check(driver().event_create(&handle, flags), "making an event");
    return {context, handle};
}

} // namespace

Event make_event(const SharedContext &context) {
    return make_event(context, without_timing);
}

Event make_timed_event(const SharedContext &context) {
    return make_event(context, 0);
}

Sleeper::Sleeper(const SharedContext &context) : event_(make_event(context, blocking | without_timing)) {}

void Sleeper::wait_for(StreamHandle *stream, const char *what) const {
    check(driver().event_record(event_.get(), stream), what);
    check(driver().event_synchronize(event_.get()), what);
}

} // namespace vsmlrt::nvidia
