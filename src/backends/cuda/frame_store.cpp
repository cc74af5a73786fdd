#include "backends/cuda/frame_store.h"

#include "base/error.h"

#include <algorithm>
#include <iterator>

namespace vsmlrt::cuda {

void FrameStore::keep(std::size_t least) {
    const std::lock_guard lock(mutex_);
    kept_ = std::max(kept_, least);
}

std::int64_t FrameStore::bytes() {
    const std::lock_guard lock(mutex_);
    std::size_t bytes = 0;
    for (const Known &known : known_)
        bytes += known.frame->memory.bytes();
    return static_cast<std::int64_t>(bytes);
}

// The memory of the least recently used frame of that size that nobody holds, emptied.
std::shared_ptr<StoredFrame> FrameStore::take_unread(std::size_t bytes) {
    if (known_.size() < kept_)
        return nullptr;
    const auto unread = std::find_if(known_.begin(), known_.end(), [&](const Known &known) {
        return known.frame.use_count() == 1 && known.frame->memory.bytes() == bytes;
    });
    if (unread == known_.end())
        return nullptr;
    std::shared_ptr<StoredFrame> frame = std::move(unread->frame);
    known_.erase(unread);
    frame->filled = false;
    return frame;
}

// Frees those used longest ago, whatever their size, until `most` are left.
void FrameStore::free_unread(std::size_t most) {
    for (auto known = known_.begin(); known != known_.end() && known_.size() > most;)
        known = known->frame.use_count() == 1 ? known_.erase(known) : std::next(known);
}

std::shared_ptr<StoredFrame> FrameStore::find(std::uint64_t identity, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto same = std::find_if(known_.begin(), known_.end(), [&](const Known &known) {
        return identity != 0 && known.identity == identity && known.frame->memory.bytes() == bytes;
    });
    if (same != known_.end()) {
        std::rotate(same, same + 1, known_.end());
        return known_.back().frame;
    }
    std::shared_ptr<StoredFrame> frame = take_unread(bytes);
    if (!frame) {
        free_unread(kept_ > 0 ? kept_ - 1 : 0);
        frame = std::make_shared<StoredFrame>();
        constexpr const char *what = "the frames of a clip";
        try {
            frame->memory = nvidia::DeviceMemory(context_, bytes, what);
        } catch (const DeviceError &) { // then nothing is kept for who may come
            free_unread(0);
            frame->memory = nvidia::DeviceMemory(context_, bytes, what);
        }
        frame->ready = nvidia::make_event(context_);
    }
    known_.push_back({identity, frame});
    return frame;
}

} // namespace vsmlrt::cuda
