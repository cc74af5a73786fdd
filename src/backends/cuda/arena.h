// Memory of the device in which networks run, one at a time, with the launches of the sizes that ran there
// last, and memory in which the tiles of a frame are added up.
#pragma once

#include "backends/cuda/bytes_of_frames.h"
#include "backends/cuda/card_parts.h"
#include "backends/cuda/frame_store.h"
#include "backends/cuda/held_inputs.h"
#include "backends/cuda/launches.h"
#include "backends/cuda/result_store.h"
#include "base/counted.h"
#include "base/error.h"
#include "module/shapes.h"

#include <atomic>
#include <condition_variable>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

namespace vsmlrt::cuda {

class Arena {
public:
    using MakePlan = std::function<Plan(vsmlrt_extent)>;

    // Its memory grows for sizes that need more. `number`: of the arena among those of a program, which the
    // parts outlive.
    Arena(nvidia::SharedContext device, KernelCache &kernels, CardParts &parts, std::size_t number);

    // The launches for a size, valid until the next call; planned where they are not among those kept.
    [[nodiscard]] Launches &at(vsmlrt_extent extent, const MakePlan &make_plan);
    // Has at least so much memory from then on; DeviceError where there is none.
    void reserve(std::int64_t bytes);
    // The same of memory in which tiles are added up.
    void reserve_sums(std::size_t bytes);
    [[nodiscard]] std::uint64_t sums() const { return sums_.address(); }
    // Has neither from then on, until it is asked for.
    void let_go();
    // Of the launches that at() gave last. Who writes the network's inputs says so here.
    [[nodiscard]] HeldInputs &held() { return held_; }
    // A frame, whichever, was written to the inputs of the launches that at() gave last.
    void set_has_inputs() { inputs_of_ = sizes_.front().extent; }
    // Nothing is known of what the memory holds.
    void forget_inputs() {
        held_.forget();
        inputs_of_.reset();
    }
    // On which those launches run, and all else that uses the memory: behind what used it before. Null until
    // at() was called.
    [[nodiscard]] nvidia::StreamHandle *stream() const { return stream_; }
    // Among those of its program.
    [[nodiscard]] std::size_t number() const { return number_; }

    // Frames that were put on the stream and are not known to be complete.
    [[nodiscard]] int frames_under_way() const { return frames_under_way_; }

private:
    friend class ArenaPool;
    struct Sized {
        vsmlrt_extent extent;
        std::unique_ptr<Launches> launches;
    };
    void wait() const;
    void let_go_network();
    void run_on(int parts);
    // Whether there is a frame where the network of this size reads its inputs.
    [[nodiscard]] bool has_inputs_of(vsmlrt_extent extent) const {
        return inputs_of_ && same_extent(*inputs_of_, extent);
    }

    nvidia::SharedContext device_;
    KernelCache &kernels_;
    nvidia::DeviceMemory memory_;
    nvidia::DeviceMemory sums_;
    std::list<Sized> sizes_; // the last used first
    HeldInputs held_;
    std::optional<vsmlrt_extent> inputs_of_;
    CardParts &parts_;
    std::size_t number_;
    std::map<int, nvidia::Stream> streams_;  // by the plan's parts, made when a plan first wants one
    nvidia::StreamHandle *stream_ = nullptr; // of the last plan
    nvidia::Event begin_;                    // of the stream whose frame is computed
    nvidia::Event done_;                     // behind all that uses the memory
    bool used_ = false;
    std::atomic<int> frames_under_way_ = 0;
};

// How a program computes the frames of a size.
struct SizeOfFrames {
    vsmlrt_extent extent = {};
    std::size_t at_once = 1;        // side by side
    std::size_t spare_contexts = 1; // each claims a share of the arenas beyond those of the streams
    int parts = 1;                  // of the device, of which each has one
    std::int64_t arena_bytes = 0;   // of each, without the sums of tiles
    BytesOfFrames frames = {};
};

// The arenas of a program: as many networks run at once, whatever number of contexts there is. Thread-safe.
//
// Each of its streams has one. Sizes at which a stream computes several frames side by side take others,
// made when the first frames of such a size want them; where memory for those is lacking, fewer run at once
// until there is some.
class ArenaPool {
public:
    // What frames take in addition to the network's own memory is in the stores.
    ArenaPool(nvidia::SharedContext device, KernelCache &kernels, int streams, CardParts &parts,
              FrameStore &frames, ResultStore &results);

    // From then on, until the last context goes, frames of that size run as is said, side by side, and their
    // inputs and results take so much, or what was said before where that is more. Of others, as many run at
    // once as there are streams.
    void serve(const SizeOfFrames &size);
    // Gives the arenas of streams that are free now the memory for frames of that size, and for the sums of
    // their tiles; DeviceError where it is lacking. The others run frames now, and grow with the first that
    // needs more, which fails where there is none.
    void prepare(vsmlrt_extent extent, std::size_t sums_bytes);
    // How many results of so many bytes there should be for frames of a size and the contexts that there are.
    [[nodiscard]] std::size_t results_wanted(vsmlrt_extent extent, std::size_t bytes);
    // Makes an arena for one more context, while there are fewer than contexts and than streams.
    void add_context();
    void remove_context();

    // An arena, held while work is put on a stream; the device need not have done it when it is released.
    class Lease {
    public:
        // Waits for a free arena of those that frames of this size take. `sums_bytes`: see Arena::sums.
        Lease(ArenaPool &pool, nvidia::StreamHandle *stream, vsmlrt_extent extent,
              std::size_t sums_bytes = 0);
        // Of one that holds a frame of this size, for work that times the network; waits for one that is not
        // free. DeviceError where none holds one.
        [[nodiscard]] static Lease with_inputs(ArenaPool &pool, nvidia::StreamHandle *stream,
                                               vsmlrt_extent extent);
        // Of one that is free at this moment; null where none is.
        [[nodiscard]] static std::unique_ptr<Lease> of_idle(ArenaPool &pool, nvidia::StreamHandle *stream,
                                                            vsmlrt_extent extent);
        ~Lease();
        Lease(const Lease &) = delete;
        Lease &operator=(const Lease &) = delete;
        // The launches for that size, see Arena::at. What comes on the arena's stream from then on runs after
        // what `stream` holds now. Where the device has not all that an arena beyond those of the streams
        // wants, the lease is of another one from then on, and waits for that; one of_idle throws.
        [[nodiscard]] Launches &launches(const Arena::MakePlan &make_plan);
        [[nodiscard]] Arena &arena() const { return *arena_; }
        // What comes on `stream` from now on runs after what was put on the arena's. Without it (a failure)
        // the arena's is waited for when the lease ends. The result counts the frame as under way: to be held
        // until it is complete, and no longer than the context that it is of lives.
        [[nodiscard]] Counted release();

    private:
        Lease(ArenaPool &pool, nvidia::StreamHandle *stream, vsmlrt_extent extent, std::size_t sums_bytes,
              Arena *arena, bool waits)
            : pool_(pool), stream_(stream), extent_(extent), sums_bytes_(sums_bytes), arena_(arena),
              waits_(waits) {}

        ArenaPool &pool_;
        nvidia::StreamHandle *stream_; // of the frame
        vsmlrt_extent extent_;
        std::size_t sums_bytes_;
        Arena *arena_;
        bool waits_; // for an arena
    };

private:
    struct Size {
        SizeOfFrames said;
        // Where something of an arena was lacking there are fewer than frames side by side, and all are tried
        // again after so many frames: what took the memory may be gone.
        std::size_t arenas = said.at_once;
        int frames_with_fewer = 0;
        int frames_until_more = 256; // twice as many each time
    };
    [[nodiscard]] Arena *take(vsmlrt_extent extent, std::size_t sums_bytes);
    [[nodiscard]] Arena *take_with_inputs(vsmlrt_extent extent);
    // One that is free; null where none is.
    [[nodiscard]] Arena *find(Size &size, std::size_t sums_bytes);
    // Where it is among the free ones, perhaps just made: the one with the fewest frames under way.
    [[nodiscard]] std::vector<Arena *>::iterator find_free(const Size &size);
    [[nodiscard]] Size &known(vsmlrt_extent extent);
    // Counts a frame, after some of which a size for which arenas were lacking may have all again.
    static void count_frame(Size &size);
    // Frames of a size take arenas before this one from then on.
    static void do_without(Size &size, std::size_t number, const Error &failure);
    void do_without(const Arena &arena, vsmlrt_extent extent, const Error &failure);
    [[nodiscard]] bool is_of_stream(const Arena &arena) const { return arena.number() < streams_; }
    // How many of a size there may be: what the contexts that there are would claim, were all of that size.
    [[nodiscard]] std::size_t room(const Size &size) const;
    Arena &make();
    [[nodiscard]] std::size_t results_of(const Size &size, std::size_t bytes) const;
    // What contexts may still take when frames come, of whichever size.
    [[nodiscard]] std::int64_t bytes_to_come() const;
    // Of an arena beyond those of the streams. DeviceError where too little would be left to frames.
    void reserve(Arena &arena, const Size &size, std::size_t sums_bytes) const;
    void give_back(Arena *arena);

    nvidia::SharedContext device_;
    KernelCache &kernels_;
    std::size_t streams_;
    CardParts &parts_;
    FrameStore &frames_;
    ResultStore &results_;
    std::mutex mutex_;
    std::condition_variable freed_;
    std::size_t contexts_ = 0;
    std::list<Size> sizes_;
    std::list<Arena> arenas_;
    std::vector<Arena *> free_; // given back longest ago first; room for all, so that giving back cannot fail
};

} // namespace vsmlrt::cuda
