// Owning handles over the driver API. Failures are DeviceErrors. What a destructor cannot free (a lost
// device) is left: there is nothing to be done about it.
#pragma once

#include "nvidia/driver.h"

#include <memory>
#include <span>
#include <thread>
#include <vector>

namespace vsmlrt::nvidia {

// The device's primary context. Current on the calling thread after use(); every thread calls use() before
// what it does with a device.
class DeviceContext {
public:
    explicit DeviceContext(int device);
    ~DeviceContext();
    DeviceContext(const DeviceContext &) = delete;
    DeviceContext &operator=(const DeviceContext &) = delete;

    void use() const;
    [[nodiscard]] int device() const { return device_; }

private:
    int device_;
    ContextHandle *handle_ = nullptr;
};

using SharedContext = std::shared_ptr<const DeviceContext>;

// Opens a device while its owner does other things, which takes some tenths of a second, and keeps it open as
// long as this lives: who opens it next waits for that at most. A failure is left for them to tell.
class EarlyContext {
public:
    explicit EarlyContext(int device);
    ~EarlyContext();
    EarlyContext(const EarlyContext &) = delete;
    EarlyContext &operator=(const EarlyContext &) = delete;

private:
    SharedContext context_;
    std::thread thread_;
};

struct MemoryState {
    std::size_t free = 0;
    std::size_t total = 0;
};
[[nodiscard]] MemoryState memory_state();

// A handle that one function of the table frees: a pointer, or a number other than 0.
template <typename Handle, Status (*DriverTable::*Free)(Handle)>
class Owned {
public:
    Owned() = default;
    Owned(SharedContext context, Handle handle) : context_(std::move(context)), handle_(handle) {}
    Owned(Owned &&other) noexcept { swap(other); }
    Owned &operator=(Owned &&other) noexcept {
        Owned(std::move(other)).swap(*this);
        return *this;
    }
    ~Owned() {
        if (handle_ && driver().context_set != nullptr) {
            static_cast<void>(use());
            static_cast<void>((driver().*Free)(handle_));
        }
    }
    [[nodiscard]] Handle get() const { return handle_; }
    explicit operator bool() const { return handle_ != Handle{}; }

private:
    bool use() const noexcept {
        try {
            context_->use();
            return true;
        } catch (...) { // The device is lost, and what it held with it.
            return false;
        }
    }
    void swap(Owned &other) noexcept {
        std::swap(context_, other.context_);
        std::swap(handle_, other.handle_);
    }
    SharedContext context_;
    Handle handle_ = {};
};

// Memory of the device. DeviceError with the figures where there is not enough.
class DeviceMemory {
public:
    DeviceMemory() = default;
    // `what`: for the message ("the weights").
    DeviceMemory(const SharedContext &context, std::size_t bytes, const char *what);

    [[nodiscard]] DevicePointer address() const { return memory_.get(); }
    [[nodiscard]] std::size_t bytes() const { return memory_ ? bytes_ : 0; }

private:
    Owned<DevicePointer, &DriverTable::memory_free> memory_;
    std::size_t bytes_ = 0;
};

// Page-locked memory of the host.
class PinnedMemory {
public:
    PinnedMemory() = default;
    PinnedMemory(const SharedContext &context, std::size_t bytes);

    [[nodiscard]] std::byte *data() const { return static_cast<std::byte *>(memory_.get()); }
    [[nodiscard]] std::size_t bytes() const { return memory_ ? bytes_ : 0; }

private:
    Owned<void *, &DriverTable::pinned_free> memory_;
    std::size_t bytes_ = 0;
};

using Module = Owned<ModuleHandle *, &DriverTable::module_unload>;
using Stream = Owned<StreamHandle *, &DriverTable::stream_destroy>;
using Event = Owned<EventHandle *, &DriverTable::event_destroy>;
using Graph = Owned<GraphHandle *, &DriverTable::graph_destroy>;
using GraphExec = Owned<GraphExecHandle *, &DriverTable::graph_exec_destroy>;
using GreenContext = Owned<GreenContextHandle *, &DriverTable::green_context_destroy>;
using Texture = Owned<std::uint64_t, &DriverTable::texture_destroy>;

[[nodiscard]] Module load_module(const SharedContext &context, std::span<const std::byte> image);
[[nodiscard]] Stream make_stream(const SharedContext &context);

// `count` disjoint shares of a device's multiprocessors, of the same size, as large as they can be; none
// where the driver makes none. They take none of the device's memory.
[[nodiscard]] std::vector<Multiprocessors> split_device(const SharedContext &context, int count);
// For streams on those multiprocessors alone; null where the driver makes none.
[[nodiscard]] GreenContext make_part(const SharedContext &context, Multiprocessors share);
[[nodiscard]] Stream make_stream(const SharedContext &context, const GreenContext &part);
// For the order of streams: it costs the device less than one that can be timed by.
[[nodiscard]] Event make_event(const SharedContext &context);
// For event_elapsed.
[[nodiscard]] Event make_timed_event(const SharedContext &context);
// Of rows of 16-bit floats in the device's memory, for the texture unit.
[[nodiscard]] Texture make_texture(const SharedContext &context, const TextureRows &rows);

// Waits for a stream asleep: the core is left to others, to an encoder say, where cuStreamSynchronize spins.
// For one thread at a time.
class Sleeper {
public:
    explicit Sleeper(const SharedContext &context);
    // Until all that is on the stream now has ended; DeviceError, saying `what` was done, where it failed.
    void wait_for(StreamHandle *stream, const char *what) const;

private:
    Event event_;
};

} // namespace vsmlrt::nvidia
