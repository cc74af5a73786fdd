#include "backends/cuda/result_store.h"

#include "base/error.h"
#include "base/log.h"

#include <algorithm>

namespace vsmlrt::cuda {

using nvidia::check;
using nvidia::driver;

bool share_results(std::int64_t contexts, std::int64_t bytes) {
    constexpr std::int64_t little = std::int64_t{64} << 20;
    return bytes > little / std::max<std::int64_t>(contexts, 1);
}

std::int64_t ResultStore::bytes_of(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto size = sizes_.find(bytes);
    return size == sizes_.end() ? 0 : static_cast<std::int64_t>(bytes * size->second.buffers.size());
}

// It holds zeros: what frames do not write is copied as well.
void ResultStore::add_buffer(Size &size, std::size_t bytes, nvidia::StreamHandle *stream) {
    nvidia::DeviceMemory memory;
    try {
        memory = nvidia::DeviceMemory(device_, bytes, "a frame's result");
    } catch (const DeviceError &) {
        if (size.buffers.empty())
            throw;
        log_once(LogLevel::warning, "there is memory for few results on their way to the host, and frames "
                                    "wait for them; use fewer streams or smaller tiles");
        return;
    }
    Buffer buffer{std::move(memory), nvidia::make_event(device_)};
    check(driver().fill_async(buffer.memory.address(), 0, bytes, stream), "clearing memory");
    check(driver().stream_synchronize(stream), "clearing memory"); // frames of other streams may have it
    size.free.reserve(size.buffers.size() + 1);
    size.copying.reserve(size.buffers.size() + 1);
    size.free.push_back(&size.buffers.emplace_back(std::move(buffer)));
    freed_.notify_all();
}

ResultStore::Share::Share(ResultStore &store, std::size_t bytes, std::size_t most,
                          nvidia::StreamHandle *stream) {
    const LogLater later;
    const std::lock_guard lock(store.mutex_);
    Size &size = store.sizes_[bytes];
    try {
        if (size.buffers.size() < std::min(size.shares + 1, std::max(size.most, most)))
            store.add_buffer(size, bytes, stream);
    } catch (...) {
        if (size.shares == 0)
            store.sizes_.erase(bytes);
        throw;
    }
    ++size.shares;
    size.most = std::max(size.most, most);
    store_ = &store;
    size_ = &size;
    bytes_ = bytes;
}

// A share has one buffer at most: where there are more buffers than shares, one is free.
ResultStore::Share::~Share() {
    if (store_ == nullptr)
        return;
    std::list<Buffer> unused; // freed behind the lock: the driver may wait for the device
    const std::lock_guard lock(store_->mutex_);
    if (--size_->shares == 0) {
        unused.swap(size_->buffers);
        store_->sizes_.erase(bytes_);
    } else if (size_->buffers.size() > size_->shares) {
        const auto is_it = [free = size_->free.back()](const Buffer &buffer) { return &buffer == free; };
        unused.splice(unused.end(), size_->buffers, std::ranges::find_if(size_->buffers, is_it));
        size_->free.pop_back();
    }
}

// Null where there is none.
ResultStore::Buffer *ResultStore::take(Size &size, nvidia::StreamHandle *stream) {
    if (!size.free.empty()) {
        Buffer *const buffer = size.free.back();
        size.free.pop_back();
        return buffer;
    }
    if (size.copying.empty())
        return nullptr;
    Buffer *const buffer = size.copying.front();
    check(driver().stream_wait_event(stream, buffer->copied.get(), 0), "waiting for a frame");
    size.copying.erase(size.copying.begin());
    return buffer;
}

ResultStore::Result::Result(const Share &share, nvidia::StreamHandle *stream)
    : store_(*share.store_), size_(*share.size_) {
    std::unique_lock lock(store_.mutex_);
    store_.freed_.wait(lock, [&] { return (buffer_ = take(size_, stream)) != nullptr; });
    if (++store_.last_frame_ == 0)
        ++store_.last_frame_;
    frame_ = buffer_->frame = store_.last_frame_;
}

ResultStore::Result::~Result() {
    if (buffer_ != nullptr)
        complete();
}

void ResultStore::Result::complete() {
    {
        const std::lock_guard lock(store_.mutex_);
        if (buffer_->frame == frame_) { // no other has taken it
            std::erase(size_.copying, buffer_);
            size_.free.push_back(buffer_);
        }
        buffer_ = nullptr;
    }
    store_.freed_.notify_all(); // who waits may want another size
}

void ResultStore::Result::copied_on(nvidia::StreamHandle *stream) {
    {
        const std::lock_guard lock(store_.mutex_);
        if (size_.buffers.size() >= size_.shares) // each has its own
            return;
        check(driver().event_record(buffer_->copied.get(), stream), "copying a frame from the GPU");
        size_.copying.push_back(buffer_);
    }
    store_.freed_.notify_all();
}

} // namespace vsmlrt::cuda
