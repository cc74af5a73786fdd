// The emulated driver's streams, events and graphs. Work is done at once or late (emulated_late): then by the
// thread that waits for it, behind what it waits for itself.
#include "cuda/emulated_driver.h"
#include "cuda/emulated_state.h"

#include <cstdlib>

using namespace emulated;

namespace {

// Held while late work is done, which may be to wait for other work.
std::recursive_mutex &doing() {
    static auto *const instance = new std::recursive_mutex;
    return *instance;
}

void do_until(const Point &point) {
    if (!point.queue)
        return;
    const std::lock_guard turn(doing());
    while (true) {
        std::unique_lock lock(state().mutex);
        Queue &queue = *point.queue;
        if (queue.begun >= point.end)
            return;
        const Work work = std::move(queue.waiting.front());
        queue.waiting.pop_front();
        ++queue.begun;
        lock.unlock();
        work();
    }
}

Point end_of(const std::shared_ptr<Queue> &queue) {
    return {queue, queue->begun + queue->waiting.size()};
}

// Nothing, of the default stream and of what is not alive.
Point end_of_stream(StreamHandle *stream) {
    const std::lock_guard lock(state().mutex);
    const auto known = state().queues.find(stream);
    return known == state().queues.end() ? Point() : end_of(known->second);
}

Point point_of(EventHandle *event) {
    const std::lock_guard lock(state().mutex);
    const auto known = state().points.find(event);
    return known == state().points.end() ? Point() : known->second;
}

// Now and then the next work of some stream.
void do_some() {
    Point point;
    {
        const std::lock_guard lock(state().mutex);
        std::vector<std::shared_ptr<Queue>> busy;
        for (const auto &[stream, queue] : state().queues)
            if (!queue->waiting.empty())
                busy.push_back(queue);
        constexpr unsigned turns = 3;
        if (busy.empty() || state().order() % turns == 0)
            return;
        point.queue = busy[state().order() % busy.size()];
        point.end = point.queue->begun + 1;
    }
    do_until(point);
}

// A fault where it is not alive.
bool is_alive(const char *name, const void *handle) {
    if (state().handles.contains(handle))
        return true;
    state().faults += std::string(name) + " of what is not alive\n";
    return false;
}
bool is_alive_now(const char *name, const void *handle) {
    const std::lock_guard lock(state().mutex);
    return is_alive(name, handle);
}

} // namespace

namespace emulated {

void submit(StreamHandle *stream, const Work &work) {
    {
        const std::lock_guard lock(state().mutex);
        if (!is_alive("work on a stream", stream))
            return;
        if (const auto recording = state().capturing.find(stream); recording != state().capturing.end()) {
            recording->second->work.push_back(work);
            return;
        }
        if (state().late)
            state().queues[stream]->waiting.push_back(work);
    }
    if (state().late)
        do_some();
    else
        work();
}

void do_all() {
    std::vector<Point> points;
    {
        const std::lock_guard lock(state().mutex);
        for (const auto &[stream, queue] : state().queues)
            points.push_back(end_of(queue));
    }
    for (const Point &point : points)
        do_until(point);
}

} // namespace emulated

EXPORT void emulated_late(unsigned order) {
    do_all();
    const std::lock_guard lock(state().mutex);
    state().late = order != 0;
    state().order.seed(order);
}

EXPORT Status cuStreamCreate(StreamHandle **stream, unsigned) {
    const Status status = make("cuStreamCreate", stream, std::malloc(1));
    if (status == success) {
        const std::lock_guard lock(state().mutex);
        state().queues[*stream] = std::make_shared<Queue>();
    }
    return status;
}
EXPORT Status cuStreamDestroy_v2(StreamHandle *stream) {
    do_until(end_of_stream(stream));
    {
        const std::lock_guard lock(state().mutex);
        state().streams_of_parts.erase(stream);
        state().queues.erase(stream);
    }
    if (forget("cuStreamDestroy", stream))
        std::free(stream);
    return success;
}
EXPORT Status cuStreamSynchronize(StreamHandle *stream) {
    if (fails("cuStreamSynchronize"))
        return invalid_value;
    if (stream && !is_alive_now("cuStreamSynchronize", stream))
        return invalid_value;
    do_until(end_of_stream(stream));
    return success;
}
// An event's memory holds its flags.
EXPORT Status cuEventCreate(EventHandle **event, unsigned flags) {
    auto *const held = static_cast<unsigned *>(std::malloc(sizeof(unsigned)));
    if (held)
        *held = flags;
    return make("cuEventCreate", event, held);
}
EXPORT Status cuEventDestroy_v2(EventHandle *event) {
    {
        const std::lock_guard lock(state().mutex);
        state().points.erase(event);
    }
    if (forget("cuEventDestroy", event))
        std::free(event);
    return success;
}
EXPORT Status cuEventRecord(EventHandle *event, StreamHandle *stream) {
    if (fails("cuEventRecord"))
        return invalid_value;
    const std::lock_guard lock(state().mutex);
    if (!is_alive("cuEventRecord", event) || !is_alive("cuEventRecord on a stream", stream))
        return invalid_value;
    state().points[event] = end_of(state().queues[stream]);
    return success;
}
EXPORT Status cuStreamWaitEvent(StreamHandle *stream, EventHandle *event, unsigned) {
    if (fails("cuStreamWaitEvent"))
        return invalid_value;
    if (!is_alive_now("cuStreamWaitEvent", event))
        return invalid_value;
    submit(stream, [point = point_of(event)] { do_until(point); });
    return success;
}
EXPORT Status cuEventSynchronize(EventHandle *event) {
    if (fails("cuEventSynchronize"))
        return invalid_value;
    if (!is_alive_now("cuEventSynchronize", event))
        return invalid_value;
    do_until(point_of(event));
    return success;
}
EXPORT Status cuEventElapsedTime(float *milliseconds, EventHandle *begin, EventHandle *end) {
    if (fails("cuEventElapsedTime"))
        return invalid_value;
    const std::lock_guard lock(state().mutex);
    constexpr unsigned without_timing = 2;
    for (EventHandle *const event : {begin, end}) {
        if (!is_alive("cuEventElapsedTime", event))
            return invalid_value;
        if ((*reinterpret_cast<const unsigned *>(event) & without_timing) != 0) {
            state().faults += "cuEventElapsedTime of an event that cannot be timed by\n";
            return invalid_value;
        }
    }
    ++state().timings;
    constexpr float steps = 1024;
    *milliseconds = state().stand_in ? static_cast<float>(1 + state().clock() % 1023) / steps : 1.0F;
    return success;
}
EXPORT Status cuStreamBeginCapture_v2(StreamHandle *stream, int) {
    if (fails("cuStreamBeginCapture"))
        return invalid_value;
    const std::lock_guard lock(state().mutex);
    state().capturing[stream] = new Recording;
    return success;
}
EXPORT Status cuStreamEndCapture(StreamHandle *stream, GraphHandle **graph) {
    std::unique_lock lock(state().mutex);
    Recording *recording = state().capturing[stream];
    state().capturing.erase(stream);
    lock.unlock();
    const Status status = make("cuStreamEndCapture", graph, recording);
    if (status != success)
        delete recording;
    return status;
}
EXPORT Status cuGraphInstantiateWithFlags(GraphExecHandle **exec, GraphHandle *graph, unsigned long long) {
    auto *copy = new Recording(*reinterpret_cast<Recording *>(graph));
    const Status status = make("cuGraphInstantiate", exec, copy);
    if (status != success)
        delete copy;
    return status;
}
EXPORT Status cuGraphLaunch(GraphExecHandle *exec, StreamHandle *stream) {
    if (fails("cuGraphLaunch"))
        return invalid_value;
    for (const Work &work : reinterpret_cast<Recording *>(exec)->work)
        submit(stream, work);
    return success;
}
EXPORT Status cuGraphDestroy(GraphHandle *graph) {
    if (forget("cuGraphDestroy", graph))
        delete reinterpret_cast<Recording *>(graph);
    return success;
}
EXPORT Status cuGraphExecDestroy(GraphExecHandle *exec) {
    if (forget("cuGraphExecDestroy", exec))
        delete reinterpret_cast<Recording *>(exec);
    return success;
}
