// Memory of the device in which networks run, one at a time, with the launches of the sizes that ran there
// last.
#pragma once

#include "backends/cuda/card_parts.h"
#include "backends/cuda/held_inputs.h"
#include "backends/cuda/launches.h"

#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>

namespace vsmlrt::cuda {

class Arena {
public:
    using MakePlan = std::function<Plan(vsmlrt_extent)>;

    // `bytes`: enough for the plans of most sizes; it grows for one that needs more. `number`: of the arena
    // among those of a program, which the parts outlive.
    Arena(nvidia::SharedContext device, KernelCache &kernels, std::int64_t bytes, CardParts &parts,
          std::size_t number);

    // The launches for a size, valid until the next call; planned where they are not among those kept.
    [[nodiscard]] Launches &at(vsmlrt_extent extent, const MakePlan &make_plan);
    // Of the launches that at() gave last. Who writes the network's inputs says so here.
    [[nodiscard]] HeldInputs &held() { return held_; }
    // On which those launches run, and all else that uses the memory: behind what used it before.
    [[nodiscard]] nvidia::StreamHandle *stream() const { return stream_; }

private:
    friend class ArenaPool;
    struct Sized {
        vsmlrt_extent extent;
        std::unique_ptr<Launches> launches;
    };
    void wait() const;
    void run_in(bool part);

    nvidia::SharedContext device_;
    KernelCache &kernels_;
    nvidia::DeviceMemory memory_;
    std::list<Sized> sizes_; // the last used first
    HeldInputs held_;
    CardParts &parts_;
    std::size_t number_;
    nvidia::Stream on_card_;
    nvidia::Stream in_part_; // made when a plan first wants it
    nvidia::StreamHandle *stream_;
    nvidia::Event begin_; // of the stream whose frame is computed
    nvidia::Event done_;  // behind all that uses the memory
    bool used_ = false;
};

// The arenas of a program: as many networks run at once, whatever number of contexts there is. Thread-safe.
class ArenaPool {
public:
    ArenaPool(nvidia::SharedContext device, KernelCache &kernels, std::int64_t bytes, int most,
              CardParts &parts);

    // Makes arenas for one more context, while there are fewer than contexts and than `most`; DeviceError
    // where there is no memory for one.
    void add_context();
    void remove_context();

    // An arena, held while work is put on a stream; the device need not have done it when it is released.
    class Lease {
    public:
        // Waits for a free arena.
        Lease(ArenaPool &pool, nvidia::StreamHandle *stream);
        ~Lease();
        Lease(const Lease &) = delete;
        Lease &operator=(const Lease &) = delete;
        // See Arena::at. What comes on the arena's stream from then on runs after what `stream` holds now.
        [[nodiscard]] Launches &at(vsmlrt_extent extent, const Arena::MakePlan &make_plan);
        [[nodiscard]] Arena &arena() const { return *arena_; }
        // What comes on `stream` from now on runs after what was put on the arena's. Without it (a failure)
        // the arena's is waited for when the lease ends.
        void release();

    private:
        ArenaPool &pool_;
        nvidia::StreamHandle *stream_; // of the frame
        Arena *arena_;
    };

private:
    [[nodiscard]] Arena *take();
    void give_back(Arena *arena);

    nvidia::SharedContext device_;
    KernelCache &kernels_;
    std::int64_t bytes_;
    std::size_t most_;
    CardParts &parts_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::size_t contexts_ = 0;
    std::list<Arena> arenas_;
    std::deque<Arena *> free_; // given back longest ago first
};

} // namespace vsmlrt::cuda
