#include "backends/onnxruntime/message.h"

#include <algorithm>

namespace vsmlrt::ort {
namespace {

constexpr auto npos = std::string_view::npos;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Where a signature ends ("void f(int) const [with T = int] "), the space after it included; npos: nowhere.
std::size_t end_of_signature(std::string_view text) {
    int depth = 0;
    bool has_parameters = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '(' || c == '[' || c == '<')
            ++depth;
        else if (c == ')' || c == ']' || c == '>')
            --depth;
        has_parameters = has_parameters || (c == ')' && depth == 0);
        if (c != ' ' || depth != 0 || !has_parameters)
            continue;
        const std::string_view rest = text.substr(i + 1);
        if (!rest.starts_with("const ") && !rest.starts_with("[with "))
            return i + 1;
    }
    return npos;
}

// Takes the first "/path/file.cc:12 SIGNATURE " out of the text and gives the signature; empty: there is
// none.
std::string take_place(std::string &text) {
    for (std::size_t colon = text.find(':'); colon != npos; colon = text.find(':', colon + 1)) {
        const std::size_t start = text.find_last_of(" \n", colon) + 1; // npos + 1 is 0
        const std::string_view file = std::string_view(text).substr(start, colon - start);
        if (!file.ends_with(".cc") && !file.ends_with(".h") && !file.ends_with(".cpp") &&
            !file.ends_with(".cu"))
            continue;
        const auto after =
            std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(colon) + 1, text.end(), is_digit);
        const auto signature = static_cast<std::size_t>(after - text.begin()) + 1;
        if (signature == colon + 2 || after == text.end() || *after != ' ')
            continue;
        const std::size_t size = end_of_signature(std::string_view(text).substr(signature));
        if (size == npos)
            continue;
        std::string taken = text.substr(signature, size - 1);
        text.erase(start, signature + size - start);
        return taken;
    }
    return {};
}

// "[ONNXRuntimeError] : 1 : FAIL : " stands before words that come from another status.
void remove_codes(std::string &text) {
    constexpr std::string_view mark = "[ONNXRuntimeError] : ";
    constexpr std::string_view separator = " : ";
    for (std::size_t start = 0; (start = text.find(mark, start)) != npos;) {
        const std::size_t name = text.find(separator, start + mark.size());
        const std::size_t end = name == npos ? npos : text.find(separator, name + separator.size());
        if (end == npos)
            return;
        text.erase(start, end + separator.size() - start);
    }
}

std::string in_one_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
        if (!blank)
            line += c;
        else if (!line.empty() && line.back() != ' ')
            line += ' ';
    }
    while (!line.empty() && (line.back() == ' ' || line.back() == '.'))
        line.pop_back();
    return line;
}

} // namespace

Message read_message(std::string_view given) {
    std::string text(given);
    Message message;
    message.origin = take_place(text);
    while (!take_place(text).empty()) {
    }
    remove_codes(text);
    message.words = in_one_line(text);
    if (message.words.empty())
        message.words = "it gives no reason";
    return message;
}

} // namespace vsmlrt::ort
