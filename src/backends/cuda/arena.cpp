// An arena is handed on as soon as the host has put a frame's work on its stream, so that the next frame's
// kernels follow the last one's without waiting for the host, nor for an event of another stream: what they
// read was copied long before.
#include "backends/cuda/arena.h"

#include "module/shapes.h"

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

using nvidia::check;
using nvidia::driver;

// Sizes of which an arena keeps the launches: of the filters of a script that share a program.
constexpr std::size_t sizes_kept = 4;

} // namespace

Arena::Arena(nvidia::SharedContext device, KernelCache &kernels, std::int64_t bytes, CardParts &parts,
             std::size_t number)
    : device_(std::move(device)), kernels_(kernels),
      memory_(device_, static_cast<std::size_t>(bytes), "the buffers of one stream"), parts_(parts),
      number_(number), on_card_(nvidia::make_stream(device_)), stream_(on_card_.get()),
      begin_(nvidia::make_event(device_)), done_(nvidia::make_event(device_)) {}

void Arena::wait() const {
    if (used_)
        check(driver().event_synchronize(done_.get()), "running the network");
}

void Arena::run_in(bool part) {
    if (part && !in_part_)
        in_part_ = parts_.stream(number_);
    nvidia::StreamHandle *const wanted = part ? in_part_.get() : on_card_.get();
    if (wanted != stream_ && used_)
        check(driver().stream_wait_event(wanted, done_.get(), 0), "waiting for a frame");
    stream_ = wanted;
}

Launches &Arena::at(vsmlrt_extent extent, const MakePlan &make_plan) {
    const auto known = std::find_if(sizes_.begin(), sizes_.end(),
                                    [&](const Sized &sized) { return same_extent(sized.extent, extent); });
    if (known == sizes_.end() || known != sizes_.begin())
        held_.forget();
    if (known != sizes_.end()) {
        sizes_.splice(sizes_.begin(), sizes_, known);
        run_in(sizes_.front().launches->plan().in_part);
        return *sizes_.front().launches;
    }
    Plan plan = make_plan(extent);
    const auto bytes = static_cast<std::size_t>(plan.arena_bytes);
    if (bytes > memory_.bytes() || sizes_.size() == sizes_kept)
        wait(); // what is let go may still be running
    if (bytes > memory_.bytes()) {
        sizes_.clear();
        memory_ = {};
        memory_ = nvidia::DeviceMemory(device_, bytes, "the buffers of one stream");
    }
    if (sizes_.size() == sizes_kept)
        sizes_.pop_back();
    auto launches = std::make_unique<Launches>(std::move(plan), memory_.address(), device_, kernels_);
    sizes_.push_front({extent, std::move(launches)});
    run_in(sizes_.front().launches->plan().in_part);
    return *sizes_.front().launches;
}

ArenaPool::ArenaPool(nvidia::SharedContext device, KernelCache &kernels, std::int64_t bytes, int most,
                     CardParts &parts)
    : device_(std::move(device)), kernels_(kernels), bytes_(bytes),
      most_(static_cast<std::size_t>(std::max(most, 1))), parts_(parts) {}

void ArenaPool::add_context() {
    const std::lock_guard lock(mutex_);
    if (arenas_.size() < std::min(contexts_ + 1, most_)) {
        arenas_.emplace_back(device_, kernels_, bytes_, parts_, arenas_.size());
        free_.push_front(&arenas_.back());
    }
    ++contexts_;
}

// Without contexts nothing runs: the memory is free for other programs while this one is kept.
void ArenaPool::remove_context() {
    const std::lock_guard lock(mutex_);
    if (--contexts_ > 0)
        return;
    free_.clear();
    arenas_.clear();
}

Arena *ArenaPool::take() {
    std::unique_lock lock(mutex_);
    freed_.wait(lock, [this] { return !free_.empty(); });
    Arena *arena = free_.front();
    free_.pop_front();
    return arena;
}

void ArenaPool::give_back(Arena *arena) {
    {
        const std::lock_guard lock(mutex_);
        free_.push_back(arena);
    }
    freed_.notify_one();
}

ArenaPool::Lease::Lease(ArenaPool &pool, nvidia::StreamHandle *stream)
    : pool_(pool), stream_(stream), arena_(pool.take()) {}

Launches &ArenaPool::Lease::at(vsmlrt_extent extent, const Arena::MakePlan &make_plan) {
    Launches &launches = arena_->at(extent, make_plan);
    check(driver().event_record(arena_->begin_.get(), stream_), "waiting for a frame");
    check(driver().stream_wait_event(arena_->stream(), arena_->begin_.get(), 0), "waiting for a frame");
    return launches;
}

void ArenaPool::Lease::release() {
    check(driver().event_record(arena_->done_.get(), arena_->stream()), "running the network");
    check(driver().stream_wait_event(stream_, arena_->done_.get(), 0), "running the network");
    arena_->used_ = true;
    pool_.give_back(std::exchange(arena_, nullptr));
}

ArenaPool::Lease::~Lease() {
    if (arena_ == nullptr)
        return;
    static_cast<void>(driver().stream_synchronize(arena_->stream()));
    arena_->held().forget();
    pool_.give_back(arena_);
}

} // namespace vsmlrt::cuda
