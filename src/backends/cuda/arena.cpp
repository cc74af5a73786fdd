// An arena is handed on as soon as the host has put a frame's work on its stream, so that the next frame's
// kernels follow the last one's without waiting for the host, nor, unless copies take longer than frames, for
// an event of another stream: what they read was copied long before.
#include "backends/cuda/arena.h"

#include "backends/cuda/result_store.h"
#include "base/log.h"

#include <algorithm>

namespace vsmlrt::cuda {
namespace {

using nvidia::check;
using nvidia::driver;

// Sizes of which an arena keeps the launches: of the filters of a script that share a program.
constexpr std::size_t sizes_kept = 4;

} // namespace

Arena::Arena(nvidia::SharedContext device, KernelCache &kernels, CardParts &parts, std::size_t number)
    : device_(std::move(device)), kernels_(kernels), parts_(parts), number_(number),
      begin_(nvidia::make_event(device_)), done_(nvidia::make_event(device_)) {}

void Arena::wait() const {
    if (used_)
        check(driver().event_synchronize(done_.get()), "running the network");
}

void Arena::run_on(int parts) {
    nvidia::Stream &stream = streams_[parts];
    if (!stream)
        stream = parts > 1 ? parts_.stream(parts, number_) : nvidia::make_stream(device_);
    nvidia::StreamHandle *const wanted = stream.get();
    if (wanted != stream_ && used_)
        check(driver().stream_wait_event(wanted, done_.get(), 0), "waiting for a frame");
    stream_ = wanted;
}

void Arena::let_go() {
    let_go_network();
    sums_ = {};
}

void Arena::let_go_network() {
    wait(); // what is let go may still be running
    sizes_.clear();
    forget_inputs();
    memory_ = {};
}

void Arena::reserve(std::int64_t bytes) {
    if (static_cast<std::size_t>(bytes) <= memory_.bytes())
        return;
    let_go_network();
    memory_ = nvidia::DeviceMemory(device_, static_cast<std::size_t>(bytes), "the buffers of one stream");
}

void Arena::reserve_sums(std::size_t bytes) {
    if (bytes <= sums_.bytes())
        return;
    wait();
    sums_ = {};
    sums_ = nvidia::DeviceMemory(device_, bytes, "the sums of tiles");
}

Launches &Arena::at(vsmlrt_extent extent, const MakePlan &make_plan) {
    const auto known = std::find_if(sizes_.begin(), sizes_.end(),
                                    [&](const Sized &sized) { return same_extent(sized.extent, extent); });
    if (known == sizes_.end() || known != sizes_.begin())
        held_.forget();
    if (known != sizes_.end()) {
        sizes_.splice(sizes_.begin(), sizes_, known);
    } else {
        Plan plan = make_plan(extent);
        reserve(plan.arena_bytes);
        if (sizes_.size() == sizes_kept) {
            wait(); // what is let go may still be running
            sizes_.pop_back();
        }
        auto launches = std::make_unique<Launches>(std::move(plan), memory_.address(), device_, kernels_);
        sizes_.push_front({extent, std::move(launches)});
    }
    run_on(sizes_.front().launches->plan().parts);
    return *sizes_.front().launches;
}

ArenaPool::ArenaPool(nvidia::SharedContext device, KernelCache &kernels, int streams, CardParts &parts,
                     FrameStore &frames, ResultStore &results)
    : device_(std::move(device)), kernels_(kernels), streams_(static_cast<std::size_t>(streams)),
      parts_(parts), frames_(frames), results_(results) {}

std::size_t ArenaPool::room(const Size &size) const {
    const SizeOfFrames &said = size.said;
    if (contexts_ <= streams_ || said.at_once <= streams_)
        return std::min(contexts_, streams_);
    const std::size_t others = said.at_once - streams_;
    return streams_ + std::min(others, others * (contexts_ - streams_) / said.spare_contexts);
}

Arena &ArenaPool::make() {
    free_.reserve(arenas_.size() + 1);
    return arenas_.emplace_back(device_, kernels_, parts_, arenas_.size());
}

// A frame fails without its own memory; without this arena it waits for another one.
void ArenaPool::reserve(Arena &arena, const Size &size, std::size_t sums_bytes) const {
    const std::int64_t bytes = size.said.arena_bytes;
    const auto lacking = [](std::int64_t wanted, const nvidia::DeviceMemory &memory) {
        return std::max<std::int64_t>(wanted - static_cast<std::int64_t>(memory.bytes()), 0);
    };
    const std::int64_t more =
        lacking(bytes, arena.memory_) + lacking(static_cast<std::int64_t>(sums_bytes), arena.sums_);
    if (more == 0)
        return;
    device_->use();
    const std::int64_t of_frames = bytes_to_come(); // of which those that come now are not free either
    const auto free = static_cast<std::int64_t>(nvidia::memory_state().free);
    if (more > free - of_frames)
        throw DeviceError("cuda: the buffers of one more lack ", (more >> 20) + 1, " MiB, and of the ",
                          free >> 20, " MiB that the GPU has free ", (of_frames >> 20) + 1,
                          " MiB are for frames that are still to come");
    try {
        arena.reserve(bytes);
        arena.reserve_sums(sums_bytes);
    } catch (...) { // frames take those before it
        arena.let_go();
        throw;
    }
}

// Frames of any size have the memory of those that nobody reads; results of one size are not another's.
std::int64_t ArenaPool::bytes_to_come() const {
    std::int64_t inputs = 0;
    std::int64_t results = 0;
    for (const Size &size : sizes_) {
        const auto bytes = static_cast<std::size_t>(size.said.frames.result);
        const auto count = static_cast<std::int64_t>(std::min(contexts_, results_of(size, bytes)));
        inputs = std::max(inputs, static_cast<std::int64_t>(contexts_) * size.said.frames.inputs);
        results = std::max(results, count * size.said.frames.result - results_.bytes_of(bytes));
    }
    return std::max<std::int64_t>(inputs - frames_.bytes(), 0) + results;
}

// One is copied to the host while another is made in each arena.
std::size_t ArenaPool::results_of(const Size &size, std::size_t bytes) const {
    const std::size_t contexts = streams_ + size.said.spare_contexts;
    return share_results(static_cast<std::int64_t>(contexts), static_cast<std::int64_t>(bytes))
               ? room(size) + 1
               : std::max(contexts, contexts_);
}

std::size_t ArenaPool::results_wanted(vsmlrt_extent extent, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    return results_of(known(extent), bytes);
}

void ArenaPool::serve(const SizeOfFrames &said) {
    {
        const std::lock_guard lock(mutex_);
        Size &size = known(said.extent);
        if (size.said.arena_bytes > 0) { // said before
            BytesOfFrames &most = size.said.frames;
            most.inputs = std::max(most.inputs, said.frames.inputs);
            most.result = std::max(most.result, said.frames.result);
            return;
        }
        size = Size{said};
    }
    freed_.notify_all();
}

void ArenaPool::prepare(vsmlrt_extent extent, std::size_t sums_bytes) {
    const std::lock_guard lock(mutex_);
    const std::int64_t bytes = known(extent).said.arena_bytes;
    for (Arena *arena : free_)
        if (is_of_stream(*arena)) {
            arena->reserve(bytes);
            arena->reserve_sums(sums_bytes);
        }
}

void ArenaPool::add_context() {
    const std::lock_guard lock(mutex_);
    if (arenas_.size() < std::min(contexts_ + 1, streams_)) {
        Arena &made = make();
        free_.insert(free_.begin(), &made);
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
    sizes_.clear();
}

ArenaPool::Size &ArenaPool::known(vsmlrt_extent extent) {
    const auto found = std::find_if(sizes_.begin(), sizes_.end(),
                                    [&](const Size &size) { return same_extent(size.said.extent, extent); });
    return found != sizes_.end() ? *found : sizes_.emplace_back(Size{{extent, streams_}});
}

void ArenaPool::do_without(Size &size, std::size_t number, const Error &failure) {
    const bool is_first = size.arenas == size.said.at_once && size.frames_with_fewer == 0;
    log_once(is_first ? LogLevel::warning : LogLevel::debug,
             text("fewer frames are computed side by side: ", failure.what()));
    size.arenas = std::min(size.arenas, number);
}

void ArenaPool::count_frame(Size &size) {
    if (size.arenas == size.said.at_once || ++size.frames_with_fewer % size.frames_until_more != 0)
        return;
    size.arenas = size.said.at_once;
    size.frames_until_more = std::min(2 * size.frames_until_more, 1 << 16);
}

void ArenaPool::do_without(const Arena &arena, vsmlrt_extent extent, const Error &failure) {
    const LogLater later;
    const std::lock_guard lock(mutex_);
    do_without(known(extent), arena.number(), failure);
}

std::vector<Arena *>::iterator ArenaPool::find_free(const Size &size) {
    auto best = free_.end();
    for (auto each = free_.begin(); each != free_.end(); ++each)
        if ((*each)->number() < size.arenas &&
            (best == free_.end() || (*each)->frames_under_way() < (*best)->frames_under_way()))
            best = each;
    const bool has_idle = best != free_.end() && (*best)->frames_under_way() == 0;
    if (has_idle || arenas_.size() >= std::min(size.arenas, room(size)))
        return best;
    Arena &made = make();
    return free_.insert(free_.end(), &made);
}

Arena *ArenaPool::find(Size &size, std::size_t sums_bytes) {
    while (true) {
        std::size_t number = arenas_.size(); // of the one that is found, or made
        try {
            const auto found = find_free(size);
            if (found == free_.end())
                return nullptr;
            Arena *const arena = *found;
            number = arena->number();
            if (!is_of_stream(*arena))
                reserve(*arena, size, sums_bytes);
            free_.erase(found);
            count_frame(size);
            return arena;
        } catch (const Error &failure) { // those before it serve
            do_without(size, number, failure);
        }
    }
}

Arena *ArenaPool::take(vsmlrt_extent extent, std::size_t sums_bytes) {
    const LogLater later;
    std::unique_lock lock(mutex_);
    Size &size = known(extent);
    Arena *arena = nullptr;
    freed_.wait(lock, [&] { return (arena = find(size, sums_bytes)) != nullptr; });
    return arena;
}

// Only of those that are free is it known what they hold.
Arena *ArenaPool::take_with_inputs(vsmlrt_extent extent) {
    std::unique_lock lock(mutex_);
    while (true) {
        const auto found =
            std::ranges::find_if(free_, [&](const Arena *arena) { return arena->has_inputs_of(extent); });
        if (found != free_.end()) {
            Arena *const arena = *found;
            free_.erase(found);
            return arena;
        }
        if (free_.size() == arenas_.size())
            throw DeviceError("cuda: the network's memory holds no frame of ", extent.width, "x",
                              extent.height,
                              " to time it with: none has run, or another size has since; let "
                              "one run, and time the network while no other filter uses it");
        freed_.wait(lock);
    }
}

void ArenaPool::give_back(Arena *arena) {
    {
        const std::lock_guard lock(mutex_);
        free_.push_back(arena);
    }
    freed_.notify_all(); // who waits may want others
}

ArenaPool::Lease::Lease(ArenaPool &pool, nvidia::StreamHandle *stream, vsmlrt_extent extent,
                        std::size_t sums_bytes)
    : Lease(pool, stream, extent, sums_bytes, pool.take(extent, sums_bytes), true) {}

ArenaPool::Lease ArenaPool::Lease::with_inputs(ArenaPool &pool, nvidia::StreamHandle *stream,
                                               vsmlrt_extent extent) {
    return {pool, stream, extent, 0, pool.take_with_inputs(extent), false};
}

std::unique_ptr<ArenaPool::Lease> ArenaPool::Lease::of_idle(ArenaPool &pool, nvidia::StreamHandle *stream,
                                                            vsmlrt_extent extent) {
    const LogLater later;
    const std::lock_guard lock(pool.mutex_);
    Arena *const arena = pool.find(pool.known(extent), 0);
    return arena ? std::unique_ptr<Lease>(new Lease(pool, stream, extent, 0, arena, false)) : nullptr;
}

Launches &ArenaPool::Lease::launches(const Arena::MakePlan &make_plan) {
    Launches *launches = nullptr;
    while (launches == nullptr) {
        try {
            arena_->reserve_sums(sums_bytes_);
            launches = &arena_->at(extent_, make_plan);
        } catch (const DeviceError &failure) {
            if (pool_.is_of_stream(*arena_))
                throw;
            arena_->let_go();
            pool_.do_without(*arena_, extent_, failure);
            if (!waits_)
                throw;
            pool_.give_back(std::exchange(arena_, nullptr));
            arena_ = pool_.take(extent_, sums_bytes_);
        }
    }
    check(driver().event_record(arena_->begin_.get(), stream_), "waiting for a frame");
    check(driver().stream_wait_event(arena_->stream(), arena_->begin_.get(), 0), "waiting for a frame");
    return *launches;
}

Counted ArenaPool::Lease::release() {
    check(driver().event_record(arena_->done_.get(), arena_->stream()), "running the network");
    check(driver().stream_wait_event(stream_, arena_->done_.get(), 0), "running the network");
    arena_->used_ = true;
    Counted frame(arena_->frames_under_way_);
    pool_.give_back(std::exchange(arena_, nullptr));
    return frame;
}

ArenaPool::Lease::~Lease() {
    if (arena_ == nullptr)
        return;
    if (arena_->stream() != nullptr)
        static_cast<void>(driver().stream_synchronize(arena_->stream()));
    arena_->forget_inputs();
    pool_.give_back(arena_);
}

} // namespace vsmlrt::cuda
