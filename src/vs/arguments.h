// Typed reading of a function's arguments.
#pragma once

#include "vs/handles.h"

#include <optional>
#include <vector>

namespace vsmlrt::vs {

class Arguments {
public:
    Arguments(const Host &host, const VSMap &map) : host_(host), map_(&map) {}

    [[nodiscard]] bool has(const char *name) const { return count(name) > 0; }
    [[nodiscard]] int count(const char *name) const;
    // Absent arguments give nothing; BadArgument for numbers beyond 32 bits.
    [[nodiscard]] std::optional<int> integer(const char *name) const;
    [[nodiscard]] std::vector<int> integers(const char *name) const;
    [[nodiscard]] std::vector<std::int64_t> long_integers(const char *name) const;
    [[nodiscard]] std::optional<double> real(const char *name) const;
    [[nodiscard]] std::optional<std::string> data(const char *name) const;
    [[nodiscard]] std::vector<std::string> all_data(const char *name) const;
    [[nodiscard]] std::vector<Node> nodes(const char *name) const;
    // The threads of the core, each of which can wait for one frame.
    [[nodiscard]] int host_threads() const;
    // 0 or 1; BadArgument otherwise.
    [[nodiscard]] bool flag(const char *name, bool fallback) const;

private:
    [[nodiscard]] int integer_at(const char *name, int index) const;

    Host host_;
    const VSMap *map_;
};

} // namespace vsmlrt::vs
