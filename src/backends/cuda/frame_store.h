// Frames on the device by their identity, so that one upload serves every context that reads the frame.
#pragma once

#include "nvidia/handles.h"

#include <array>
#include <deque>
#include <map>
#include <mutex>

namespace vsmlrt::cuda {

// A frame's planes on the device, each at its offset. Filled under its mutex by whoever finds it empty;
// others wait for `ready` on their own stream.
struct StoredFrame {
    std::mutex mutex;
    bool filled = false;
    std::array<std::ptrdiff_t, 3> strides = {}; // bytes; 0 where one row stands for all
    bool rows_equal = false;                    // of a plane of floats, of which alone that is found out
    bool columns_equal = false;
    nvidia::DeviceMemory memory;
    nvidia::Event ready;
};

// Thread-safe. Memory of frames that nobody reads any more is used again, or freed where frames of that size
// are asked for no longer or the device has no other.
class FrameStore {
public:
    explicit FrameStore(nvidia::SharedContext context) : context_(std::move(context)) {}

    // From then on `least` frames are kept, or more if it was called for more before, and those that somebody
    // reads; until it is called, those alone.
    void keep(std::size_t least);

    // The frame of this identity, perhaps empty; an empty one that nobody else finds for identity 0. It stays
    // as it is for as long as it is held; hold it until the device has read it.
    [[nodiscard]] std::shared_ptr<StoredFrame> find(std::uint64_t identity, std::size_t bytes);

    // Of the frames that are kept or held.
    [[nodiscard]] std::int64_t bytes();

private:
    struct Known {
        std::uint64_t identity = 0;
        std::shared_ptr<StoredFrame> frame;
    };
    [[nodiscard]] std::shared_ptr<StoredFrame> take_unread(std::size_t bytes);
    void free_unread(std::size_t most);

    nvidia::SharedContext context_;
    std::size_t kept_ = 0;
    std::mutex mutex_;
    std::deque<Known> known_; // the least recently used first
};

} // namespace vsmlrt::cuda
