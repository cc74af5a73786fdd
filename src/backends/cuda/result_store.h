// Memory of the device from which results are copied to the host, shared by the contexts of a program: while
// one is copied the next frame is computed to another, and the kernels of a third one wait for the first
// copy.
#pragma once

#include "nvidia/handles.h"

#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace vsmlrt::cuda {

// Whether so many contexts share memory for results of that size. Where all together take little each has its
// own, and no frame waits for another's.
[[nodiscard]] bool share_results(std::int64_t contexts, std::int64_t bytes);

// Thread-safe.
class ResultStore {
    struct Buffer {
        nvidia::DeviceMemory memory;
        nvidia::Event copied;    // behind the last frame's copy to the host
        std::uint32_t frame = 0; // that has it, or had it last
    };
    // Of one number of bytes. The lists have room for all buffers, so that giving one back cannot fail.
    struct Size {
        std::size_t shares = 0;
        std::size_t most = 0; // buffers
        std::list<Buffer> buffers;
        std::vector<Buffer *> free;
        std::vector<Buffer *> copying; // to the host, the first one in front: who takes it waits for `copied`
    };

public:
    explicit ResultStore(nvidia::SharedContext device) : device_(std::move(device)) {}

    // What a context has of the memory for results of that size: there is a buffer for each share, but no
    // more than `most`, the largest that is asked for, and fewer where the memory for more is lacking.
    class Share {
    public:
        Share() = default;
        // DeviceError where the memory for a first buffer is lacking. What is new is cleared, on `stream`.
        Share(ResultStore &store, std::size_t bytes, std::size_t most, nvidia::StreamHandle *stream);
        Share(Share &&other) noexcept { swap(other); }
        Share &operator=(Share &&other) noexcept {
            Share(std::move(other)).swap(*this);
            return *this;
        }
        ~Share();
        // 0 of none.
        [[nodiscard]] std::size_t bytes() const { return bytes_; }

    private:
        friend class ResultStore;
        void swap(Share &other) noexcept {
            std::swap(store_, other.store_);
            std::swap(size_, other.size_);
            std::swap(bytes_, other.bytes_);
        }
        ResultStore *store_ = nullptr;
        Size *size_ = nullptr;
        std::size_t bytes_ = 0;
    };

    // The memory for one frame. A share has no more than one at a time.
    class Result {
    public:
        // What comes on `stream` from then on may write there. Where all are in use the host waits until a
        // copy from one of them is on a stream, or complete.
        Result(const Share &share, nvidia::StreamHandle *stream);
        // Nothing uses it any more, whatever has failed: the caller has waited for the streams.
        ~Result();
        Result(const Result &) = delete;
        Result &operator=(const Result &) = delete;

        [[nodiscard]] nvidia::DevicePointer address() const { return buffer_->memory.address(); }
        // Other than of any frame before, and than 0, which is what the memory held at first.
        [[nodiscard]] std::uint32_t frame() const { return frame_; }
        // Nothing but what is on `stream` now uses it: the next frame may have it behind that.
        void copied_on(nvidia::StreamHandle *stream);
        // The device has done all of that: it is given back.
        void complete();

    private:
        ResultStore &store_;
        Size &size_;
        Buffer *buffer_ = nullptr; // null where it is given back
        std::uint32_t frame_ = 0;
    };

    // Of all results of that size.
    [[nodiscard]] std::int64_t bytes_of(std::size_t bytes);

private:
    void add_buffer(Size &size, std::size_t bytes, nvidia::StreamHandle *stream);
    [[nodiscard]] static Buffer *take(Size &size, nvidia::StreamHandle *stream);

    nvidia::SharedContext device_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::map<std::size_t, Size> sizes_; // by bytes; those with shares
    std::uint32_t last_frame_ = 0;
};

} // namespace vsmlrt::cuda
