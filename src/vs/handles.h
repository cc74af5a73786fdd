// Owning handles for VapourSynth's objects. The API table is the same for the whole process.
#pragma once

#include <VapourSynth4.h>
#include <memory>
#include <string>

namespace vsmlrt::vs {

template <typename T>
struct Free {
    const VSAPI *api;
    void operator()(T *object) const;
};
template <>
inline void Free<VSNode>::operator()(VSNode *node) const {
    api->freeNode(node);
}
template <>
inline void Free<const VSFrame>::operator()(const VSFrame *frame) const {
    api->freeFrame(frame);
}
template <>
inline void Free<VSFrame>::operator()(VSFrame *frame) const {
    api->freeFrame(frame);
}
template <>
inline void Free<VSMap>::operator()(VSMap *map) const {
    api->freeMap(map);
}

using Node = std::unique_ptr<VSNode, Free<VSNode>>;
using Frame = std::unique_ptr<const VSFrame, Free<const VSFrame>>;
using NewFrame = std::unique_ptr<VSFrame, Free<VSFrame>>;
using Map = std::unique_ptr<VSMap, Free<VSMap>>;

[[nodiscard]] inline Node own(VSNode *node, const VSAPI *api) {
    return Node(node, {api});
}
[[nodiscard]] inline Frame own(const VSFrame *frame, const VSAPI *api) {
    return Frame(frame, {api});
}
[[nodiscard]] inline NewFrame own(VSFrame *frame, const VSAPI *api) {
    return NewFrame(frame, {api});
}
[[nodiscard]] inline Map own(VSMap *map, const VSAPI *api) {
    return Map(map, {api});
}
[[nodiscard]] inline Node share(const Node &node) {
    return Node(node.get_deleter().api->addNodeRef(node.get()), node.get_deleter());
}
[[nodiscard]] inline Frame share(const Frame &frame) {
    return Frame(frame.get_deleter().api->addFrameRef(frame.get()), frame.get_deleter());
}

// The core and its API, handed down from the function VapourSynth called. Not owned.
struct Host {
    VSCore *core;
    const VSAPI *api;

    [[nodiscard]] const VSVideoInfo &info(const Node &node) const { return *api->getVideoInfo(node.get()); }
    [[nodiscard]] std::string format_name(const VSVideoFormat &format) const {
        char buffer[32] = {};
        api->getVideoFormatName(&format, buffer);
        return buffer;
    }
};

} // namespace vsmlrt::vs
