// What the emulated driver's files share: what is alive, what failed, and how a call is counted and checked.
#pragma once

#include "nvidia/driver_api.h"
#include "vsmlrt/backend.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#define EXPORT extern "C" VSMLRT_EXPORT

namespace emulated {

using namespace vsmlrt::nvidia;

inline constexpr Status success = Status::success;
inline constexpr Status out_of_memory = Status::out_of_memory;
inline constexpr auto invalid_value = static_cast<Status>(1);
inline constexpr auto invalid_context = static_cast<Status>(201);

using Work = std::function<void()>;

struct Recording {
    std::vector<Work> work;
};

// What was put on a stream and was not begun.
struct Queue {
    std::deque<Work> waiting;
    std::uint64_t begun = 0;
};
// All that was put on a stream until an event was recorded.
struct Point {
    std::shared_ptr<Queue> queue;
    std::uint64_t end = 0;
};

struct State {
    std::mutex mutex;
    std::map<std::uint64_t, std::size_t> memory; // of the device, by address
    std::map<const void *, std::size_t> pinned;
    std::set<const void *> handles; // modules, streams, events, graphs
    std::map<const void *, Recording *> capturing;
    std::map<const void *, std::shared_ptr<Queue>> queues; // of the streams
    std::map<const void *, Point> points;                  // of the events
    std::atomic<bool> late = false;
    std::mt19937 order;
    std::string queues_wanted; // as the environment had it when the driver started
    int contexts = 0;
    long calls = 0;
    long failing_call = 0;
    std::size_t capacity = std::size_t{4} << 30;
    std::size_t used = 0;
    std::size_t pinned_bytes = 0;
    long allocations = 0;
    bool stand_in = false;
    unsigned most_parts = 64;
    std::map<const StreamHandle *, const GreenContextHandle *> streams_of_parts;
    std::map<const GreenContextHandle *, std::uintptr_t> shares_of_parts;
    long compilations = 0;
    long timings = 0;
    std::mt19937 clock{1};
    std::string faults;
};

State &state();
void fault(const std::string &what);
// Counts a call; true if it is the one that shall fail.
bool fails(const char *name, bool needs_context = true);

template <typename Handle>
Status make(const char *name, Handle **handle, void *object) {
    if (fails(name))
        return out_of_memory;
    const std::lock_guard lock(state().mutex);
    *handle = static_cast<Handle *>(object);
    state().handles.insert(object);
    return success;
}

// False, and a fault, where it is not alive.
bool forget(const char *name, const void *handle);

// Puts work on a stream, or into the graph that records it.
void submit(StreamHandle *stream, const Work &work);
// What is left on all streams, as calls that wait for the device have it.
void do_all();

} // namespace emulated
