// Building messages: text("tile ", w, "x", h) and join(list, ", ").
#pragma once

#include <sstream>
#include <string>

namespace vsmlrt {

template <typename... Parts>
[[nodiscard]] std::string text(const Parts &...parts) {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    (out << ... << parts);
    return std::move(out).str();
}

template <typename Range>
[[nodiscard]] std::string join(const Range &range, const char *separator) {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    bool first = true;
    for (const auto &item : range) {
        if (!first)
            out << separator;
        out << item;
        first = false;
    }
    return std::move(out).str();
}

} // namespace vsmlrt
