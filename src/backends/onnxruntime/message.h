// What ONNX Runtime says of a failure, as a part of a sentence.
#pragma once

#include <string>
#include <string_view>

namespace vsmlrt::ort {

struct Message {
    // One line, without the places in ONNX Runtime's sources and the status codes that it puts between the
    // words, and without a full stop. Never empty.
    std::string words;
    // The signature of the function that it names first; empty: it names none.
    std::string origin;
};

// A text of another form is all words.
[[nodiscard]] Message read_message(std::string_view given);

} // namespace vsmlrt::ort
