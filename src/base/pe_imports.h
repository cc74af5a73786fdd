// The libraries that a Windows library was linked to.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace vsmlrt {

// The names in the import table of a 64-bit PE image, as it lies in a file ("cudart64_13.dll"); empty if it
// is not such an image or is cut short. (PE Format, Microsoft: "Import Directory Table".)
[[nodiscard]] std::vector<std::string> pe_imports(std::span<const std::byte> image);

} // namespace vsmlrt
