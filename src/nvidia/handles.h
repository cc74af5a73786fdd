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

// Memory of the device. DeviceError with the figures where there is not enough.
class DeviceMemory {
public:
    DeviceMemory() = default;
    // `what`: for the message ("the weights").
    DeviceMemory(SharedContext context, std::size_t bytes, const char *what);
    DeviceMemory(DeviceMemory &&other) noexcept { swap(other); }
    DeviceMemory &operator=(DeviceMemory &&other) noexcept {
        DeviceMemory(std::move(other)).swap(*this);
        return *this;
    }
    ~DeviceMemory();

    [[nodiscard]] DevicePointer address() const { return address_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    void swap(DeviceMemory &other) noexcept;
    SharedContext context_;
    DevicePointer address_ = 0;
    std::size_t bytes_ = 0;
};

// Page-locked memory of the host.
class PinnedMemory {
public:
    PinnedMemory() = default;
    PinnedMemory(SharedContext context, std::size_t bytes);
    PinnedMemory(PinnedMemory &&other) noexcept { swap(other); }
    PinnedMemory &operator=(PinnedMemory &&other) noexcept {
        PinnedMemory(std::move(other)).swap(*this);
        return *this;
    }
    ~PinnedMemory();

    [[nodiscard]] std::byte *data() const { return data_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

private:
    void swap(PinnedMemory &other) noexcept;
    SharedContext context_;
    std::byte *data_ = nullptr;
    std::size_t bytes_ = 0;
};

// A handle that one function of the table frees.
template <typename Handle, Status (*DriverTable::*Free)(Handle *)>
class Owned {
public:
    Owned() = default;
    Owned(SharedContext context, Handle *handle) : context_(std::move(context)), handle_(handle) {}
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
    [[nodiscard]] Handle *get() const { return handle_; }
    explicit operator bool() const { return handle_ != nullptr; }

private:
    bool use() const noexcept {
        try {
            context_->use();
            return true;
        } catch (...) {
            return false;
        }
    }
    void swap(Owned &other) noexcept {
        std::swap(context_, other.context_);
        std::swap(handle_, other.handle_);
    }
    SharedContext context_;
    Handle *handle_ = nullptr;
};

using Module = Owned<ModuleHandle, &DriverTable::module_unload>;
using Stream = Owned<StreamHandle, &DriverTable::stream_destroy>;
using Event = Owned<EventHandle, &DriverTable::event_destroy>;
using Graph = Owned<GraphHandle, &DriverTable::graph_destroy>;
using GraphExec = Owned<GraphExecHandle, &DriverTable::graph_exec_destroy>;

// Rows of 16-bit floats in the device's memory, read through the texture unit.
class Texture {
public:
    Texture(SharedContext context, const TextureRows &rows);
    Texture(Texture &&other) noexcept { swap(other); }
    Texture &operator=(Texture &&other) noexcept {
        Texture(std::move(other)).swap(*this);
        return *this;
    }
    ~Texture();

    [[nodiscard]] std::uint64_t handle() const { return handle_; }

private:
    void swap(Texture &other) noexcept;
    SharedContext context_;
    std::uint64_t handle_ = 0;
};

[[nodiscard]] Module load_module(const SharedContext &context, std::span<const std::byte> image);
[[nodiscard]] Stream make_stream(const SharedContext &context);
[[nodiscard]] Event make_event(const SharedContext &context);

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
