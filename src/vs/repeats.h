// Which frames repeat the frame before them, and where their run began. Bounded; thread-safe.
#pragma once

#include "vs/handles.h"

#include <map>
#include <mutex>
#include <optional>
#include <span>

namespace vsmlrt::vs {

// Whether two frames of one clip hold the same picture: planes (pointers first, then bytes) and colour
// properties.
[[nodiscard]] bool same_picture(const Host &host, const VSFrame *a, const VSFrame *b);

// The starts of the runs that were found so far, and the result of the latest run as long as the run may go
// on.
class Runs {
public:
    // The first frame of the run that frame n belongs to, if known.
    [[nodiscard]] std::optional<int> start_of(int n);
    // Says that frame n belongs to the run that begins at `start` (n itself: n repeats nothing).
    void set_start(int n, int start);

    // The finished planes of the run at `start`, if they are still held.
    [[nodiscard]] Frame result_of(int start);
    // Offers the finished planes of frame n's run. Held only until it is known that no frame repeats them.
    void offer(int n, int start, const Frame &result);

private:
    static constexpr std::size_t limit = 4096;

    std::mutex mutex_;
    std::map<int, int> starts_;
    int held_last_ = -1; // the latest frame of the run that `held_` belongs to
    int held_start_ = -1;
    Frame held_{nullptr, {nullptr}};
};

} // namespace vsmlrt::vs
