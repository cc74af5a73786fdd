// What tests of files share: contents, what a failure says.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vsmlrt::test {

[[nodiscard]] inline std::vector<std::byte> bytes(std::string_view characters) {
    const auto view = std::as_bytes(std::span(characters.data(), characters.size()));
    return {view.begin(), view.end()};
}

// The message of the failure of that kind with which `body` ends.
template <typename Fault, typename Body>
[[nodiscard]] std::string failure(const Body &body) {
    try {
        body();
    } catch (const Fault &error) {
        return error.what();
    }
    return "nothing failed";
}

} // namespace vsmlrt::test
