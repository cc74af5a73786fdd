// Building messages: text("tile ", w, "x", h) and join(list, ", ").
#pragma once

#include <cstddef>
#include <initializer_list>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>

namespace vsmlrt {

// A part of a message: something that a stream can write, for as long as that lasts. Hundreds of places make
// messages, so what they share is compiled once (text.cpp), streams above all.
class TextPart {
public:
    TextPart(std::string_view value) : begin_(value.data()), size_(value.size()) {}
    TextPart(const std::string &value) : TextPart(std::string_view(value)) {}
    TextPart(const char *value) : TextPart(std::string_view(value)) {}
    template <typename T>
    TextPart(const T &value) : begin_(&value), write_(&write_value<T>) {}

    void write(std::ostream &out) const;

private:
    template <typename T>
    static void write_value(std::ostream &out, const void *value) {
        out << *static_cast<const T *>(value);
    }

    const void *begin_;
    std::size_t size_ = 0;
    void (*write_)(std::ostream &, const void *) = nullptr; // null: `size_` characters
};

[[nodiscard]] std::string text_of_parts(std::initializer_list<TextPart> parts);

template <typename... Parts>
[[nodiscard]] std::string text(const Parts &...parts) {
    return text_of_parts({TextPart(parts)...});
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
