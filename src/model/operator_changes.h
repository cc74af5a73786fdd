// In which versions of ONNX's operator set an operator became another one.
#pragma once

#include <cstdint>
#include <string_view>

namespace vsmlrt::model {

// The newest version of the operator set that the table knows.
inline constexpr std::int64_t newest_known_operators = 28;

// Whether an operator of ONNX's own domain has the same inputs, outputs, attributes and defaults in both
// versions of the operator set. False where one of them is newer than the table or does not have the
// operator.
[[nodiscard]] bool is_same_operator(std::string_view op, std::int64_t one, std::int64_t other);

} // namespace vsmlrt::model
