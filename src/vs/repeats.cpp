#include "vs/repeats.h"

#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace vsmlrt::vs {
namespace {

constexpr std::array color_properties = {"_Matrix",   "_Range",     "_ChromaLocation",
                                         "_Transfer", "_Primaries", "_FieldBased"};

bool same_plane(const Host &host, const VSFrame *a, const VSFrame *b, int plane) {
    const std::uint8_t *left = host.api->getReadPtr(a, plane);
    const std::uint8_t *right = host.api->getReadPtr(b, plane);
    if (left == right)
        return true;
    const auto bytes = static_cast<std::size_t>(host.api->getFrameWidth(a, plane)) *
                       static_cast<std::size_t>(host.api->getVideoFrameFormat(a)->bytesPerSample);
    const ptrdiff_t left_stride = host.api->getStride(a, plane);
    const ptrdiff_t right_stride = host.api->getStride(b, plane);
    for (int y = 0; y < host.api->getFrameHeight(a, plane); ++y)
        if (std::memcmp(left + y * left_stride, right + y * right_stride, bytes) != 0)
            return false;
    return true;
}

bool same_property(const Host &host, const VSFrame *a, const VSFrame *b, const char *name) {
    int missing_left = 0;
    int missing_right = 0;
    const auto left = host.api->mapGetInt(host.api->getFramePropertiesRO(a), name, 0, &missing_left);
    const auto right = host.api->mapGetInt(host.api->getFramePropertiesRO(b), name, 0, &missing_right);
    return (missing_left != 0) == (missing_right != 0) && (missing_left != 0 || left == right);
}

} // namespace

bool same_picture(const Host &host, const VSFrame *a, const VSFrame *b) {
    if (a == b)
        return true;
    for (const char *name : color_properties)
        if (!same_property(host, a, b, name))
            return false;
    const int planes = host.api->getVideoFrameFormat(a)->numPlanes;
    for (int plane = 0; plane < planes; ++plane)
        if (!same_plane(host, a, b, plane))
            return false;
    return true;
}

std::optional<int> Runs::start_of(int n) {
    const std::lock_guard lock(mutex_);
    const auto known = starts_.find(n);
    if (known == starts_.end())
        return {};
    return known->second;
}

void Runs::set_start(int n, int start) {
    Frame dropped{nullptr, {nullptr}};
    const std::lock_guard lock(mutex_);
    starts_[n] = start;
    if (starts_.size() > limit) // The end that is farther from where the clip is being read.
        starts_.erase(n > starts_.begin()->first + static_cast<int>(limit) / 2 ? starts_.begin()
                                                                               : std::prev(starts_.end()));
    if (held_ && start == held_start_)
        held_last_ = std::max(held_last_, n);
    else if (held_ && n == held_last_ + 1) {
        dropped = std::move(held_);
        held_ = Frame{nullptr, {nullptr}};
    }
}

Frame Runs::result_of(int start) {
    const std::lock_guard lock(mutex_);
    return held_ && held_start_ == start ? share(held_) : Frame{nullptr, {nullptr}};
}

void Runs::offer(int n, int start, const Frame &result) {
    Frame dropped{nullptr, {nullptr}};
    const std::lock_guard lock(mutex_);
    const auto next = starts_.find(n + 1);
    if (next != starts_.end() && next->second != start)
        return;
    dropped = std::move(held_);
    held_ = share(result);
    held_start_ = start;
    held_last_ = n;
}

} // namespace vsmlrt::vs
