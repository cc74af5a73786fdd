#include "vs/arguments.h"

#include "base/error.h"

#include <utility>

namespace vsmlrt::vs {

int Arguments::count(const char *name) const {
    const int elements = host_.api->mapNumElements(map_, name);
    return elements < 0 ? 0 : elements;
}

int Arguments::integer_at(const char *name, int index) const {
    const std::int64_t value = host_.api->mapGetInt(map_, name, index, nullptr);
    if (!std::in_range<int>(value))
        throw BadArgument("\"", name, "\" is out of range; got ", value);
    return static_cast<int>(value);
}

std::optional<int> Arguments::integer(const char *name) const {
    if (!has(name))
        return {};
    return integer_at(name, 0);
}

std::vector<int> Arguments::integers(const char *name) const {
    std::vector<int> values;
    for (int i = 0; i < count(name); ++i)
        values.push_back(integer_at(name, i));
    return values;
}

std::vector<std::int64_t> Arguments::long_integers(const char *name) const {
    if (!has(name))
        return {};
    const std::int64_t *values = host_.api->mapGetIntArray(map_, name, nullptr);
    return {values, values + count(name)};
}

std::optional<double> Arguments::real(const char *name) const {
    if (!has(name))
        return {};
    return host_.api->mapGetFloat(map_, name, 0, nullptr);
}

std::optional<std::string> Arguments::data(const char *name) const {
    std::vector<std::string> values = all_data(name);
    if (values.empty())
        return {};
    return std::move(values.front());
}

std::vector<std::string> Arguments::all_data(const char *name) const {
    std::vector<std::string> values;
    for (int i = 0; i < count(name); ++i)
        values.emplace_back(host_.api->mapGetData(map_, name, i, nullptr),
                            static_cast<std::size_t>(host_.api->mapGetDataSize(map_, name, i, nullptr)));
    return values;
}

std::vector<Node> Arguments::nodes(const char *name) const {
    std::vector<Node> nodes;
    for (int i = 0; i < count(name); ++i)
        nodes.push_back(own(host_.api->mapGetNode(map_, name, i, nullptr), host_.api));
    return nodes;
}

bool Arguments::flag(const char *name, bool fallback) const {
    const auto value = integer(name);
    if (value && *value != 0 && *value != 1)
        throw BadArgument("\"", name, "\" must be 0 or 1; got ", *value);
    return value ? *value == 1 : fallback;
}

int Arguments::host_threads() const {
    VSCoreInfo info = {};
    host_.api->getCoreInfo(host_.core, &info);
    return info.numThreads;
}

} // namespace vsmlrt::vs
