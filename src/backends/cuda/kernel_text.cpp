#include "backends/cuda/kernel_text.h"

#include "backends/cuda/kernel_files.h"
#include "base/error.h"
#include "base/hash.h"

#include <cmath>
#include <cstdio>
#include <set>

namespace vsmlrt::cuda {
namespace {

std::string_view embedded(std::string_view name) {
    for (const KernelFile &file : kernel_files())
        if (file.name == name)
            return file.text;
    throw InternalError("there is no kernel file ", std::string(name));
}

// The name in a line #include "name"; empty for other lines.
std::string_view included(std::string_view line) {
    constexpr std::string_view mark = "#include \"";
    if (!line.starts_with(mark))
        return {};
    line.remove_prefix(mark.size());
    return line.substr(0, line.find('"'));
}

void append(std::string &text, std::string_view name, std::set<std::string, std::less<>> &done) {
    if (!done.emplace(name).second)
        return;
    std::string_view rest = embedded(name);
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
        const std::string_view line = rest.substr(0, end);
        if (const std::string_view inner = included(line); !inner.empty()) {
            const std::size_t slash = name.rfind('/');
            const std::string folder(slash == std::string_view::npos ? "" : name.substr(0, slash + 1));
            append(text,
                   inner.starts_with("../") ? std::string(inner.substr(3)) : folder + std::string(inner),
                   done);
        } else if (line != "#pragma once") {
            text.append(line).push_back('\n');
        }
        rest.remove_prefix(end + 1);
    }
}

} // namespace

std::string kernel_file(std::string_view name) {
    std::set<std::string, std::less<>> done{"common.cuh", "operators.cuh"};
    std::string text;
    append(text, name, done);
    return text;
}

std::string kernel_source(const std::string &generated, std::string_view file) {
    std::string text;
    std::set<std::string, std::less<>> done;
    append(text, "common.cuh", done);
    append(text, "operators.cuh", done);
    text += "\n// Generated.\n" + generated + "\n";
    append(text, file, done);
    return text;
}

std::string kernels_version() {
    std::string all;
    for (const KernelFile &file : kernel_files())
        all += text(file.name, '\n', file.text);
    constexpr std::size_t digits = 8;
    return content_hash(std::as_bytes(std::span(all))).substr(0, digits);
}

const char *type_name(Element type) {
    switch (type) {
    case Element::f32:
        return "float";
    case Element::f16:
        return "half_t";
    case Element::bf16:
        return "bfloat_t";
    case Element::f64:
        return "double";
    case Element::i64:
        return "i64";
    case Element::i32:
        return "int";
    case Element::i16:
        return "short";
    case Element::i8:
        return "signed char";
    case Element::u8:
    case Element::boolean:
        return "unsigned char";
    case Element::u16:
        return "unsigned short";
    case Element::u32:
        return "u32";
    case Element::u64:
        return "u64";
    case Element::string:
        break;
    }
    throw Unsupported("elements of type ", element_name(type), " cannot be computed with");
}

bool is_real(Element type) {
    return type == Element::f32 || type == Element::f16 || type == Element::bf16 || type == Element::f64;
}

const char *computed_name(Element type) {
    return type == Element::f64 ? "double" : is_real(type) ? "float" : "i64";
}

std::string literal(double value, Element type) {
    if (std::isnan(value))
        return "not_a_number()";
    if (std::isinf(value))
        return value < 0 ? "-infinity()" : "infinity()";
    char digits[40];
    std::snprintf(digits, sizeof digits, type == Element::f64 ? "%.17g" : "%.9g", value);
    std::string text = digits;
    if (text.find_first_of(".e") == std::string::npos)
        text += ".0";
    return type == Element::f64 ? text : text + "f";
}

std::string literal(std::int64_t value) {
    if (value == INT64_MIN)
        return "(-9223372036854775807LL - 1)";
    return std::to_string(value) + "LL";
}

} // namespace vsmlrt::cuda
