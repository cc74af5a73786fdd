// The text of kernels: files embedded when this was built, and the names of element types in them.
#pragma once

#include "tensor/element.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace vsmlrt::cuda {

// A file of kernels/ ("pool.cuh") with the files that it includes by name in place of their lines, each once.
[[nodiscard]] std::string kernel_file(std::string_view name);

// common.cuh, operators.cuh, `generated`, then the file.
[[nodiscard]] std::string kernel_source(const std::string &generated, std::string_view file);

// Changes with the text of any kernel: what was compiled or measured with other texts is not to be used.
[[nodiscard]] std::string kernels_version();

[[nodiscard]] const char *type_name(Element type);     // "half_t": of an element in memory
[[nodiscard]] const char *computed_name(Element type); // "float", "double" or "i64"
[[nodiscard]] bool is_real(Element type);

// "0.5f", "3.0", "infinity()": a value of the type that elements of `type` are computed with.
[[nodiscard]] std::string literal(double value, Element type);
[[nodiscard]] std::string literal(std::int64_t value);

} // namespace vsmlrt::cuda
