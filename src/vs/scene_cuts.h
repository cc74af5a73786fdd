// Where one scene ends and the next begins: what frames say, and what a detector sees.
#pragma once

#include "vs/handles.h"

#include <map>
#include <mutex>

namespace vsmlrt::vs {

// Whether frame properties say that a scene ends with `frame` (_SceneChangeNext) or begins with it
// (_SceneChangePrev).
[[nodiscard]] bool says_cut(const Host &host, const VSFrame *frame, const char *property);

// Compares the luma of neighbouring frames; every pair once. Bounded; thread-safe.
class SceneDetector {
public:
    explicit SceneDetector(double threshold) : threshold_(threshold) {}

    // Whether frame n of a GRAY8 clip and the next one, a and b, are of two scenes.
    [[nodiscard]] bool is_cut(const Host &host, int n, const VSFrame *a, const VSFrame *b);

private:
    static constexpr std::size_t limit = 4096;

    double threshold_;
    std::mutex mutex_;
    std::map<int, bool> known_;
};

} // namespace vsmlrt::vs
