// What a file that was given for a network seems to be.
#pragma once

#include <string_view>

namespace vsmlrt::model {

// By its first bytes: "it is a safetensors file, ...; export the network to ONNX". For messages.
[[nodiscard]] std::string_view nature_of(std::string_view bytes);

} // namespace vsmlrt::model
