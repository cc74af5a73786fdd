// Errors inside the project: typed by whose fault it is, one sentence each. Turned into VapourSynth's or a
// module door's form at one place each (src/vs, include/vsmlrt/backend.h) and nowhere else.
#pragma once

#include "base/text.h"
#include "vsmlrt/error.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace vsmlrt {

class Error : public std::runtime_error {
public:
    Error(vsmlrt_code code, const std::string &message) : std::runtime_error(message), code_(code) {}
    [[nodiscard]] vsmlrt_code code() const noexcept { return code_; }

private:
    vsmlrt_code code_;
};

// One class a fault. The message is the concatenation of the arguments: throw BadModel("node ", name, ":
// ...").
template <vsmlrt_code Code>
class ErrorOf : public Error {
public:
    template <typename... Parts>
    explicit ErrorOf(const Parts &...parts) : Error(Code, text(parts...)) {}
};

using BadArgument = ErrorOf<VSMLRT_BAD_ARGUMENT>;
using BadModel = ErrorOf<VSMLRT_BAD_MODEL>;
using Unsupported = ErrorOf<VSMLRT_UNSUPPORTED>;
using DeviceError = ErrorOf<VSMLRT_DEVICE>;
using InternalError = ErrorOf<VSMLRT_INTERNAL>;

// Throws the class that belongs to a code; an unknown code is an internal error.
[[noreturn]] inline void raise(vsmlrt_code code, const std::string &message) {
    switch (code) {
    case VSMLRT_BAD_ARGUMENT:
        throw BadArgument(message);
    case VSMLRT_BAD_MODEL:
        throw BadModel(message);
    case VSMLRT_UNSUPPORTED:
        throw Unsupported(message);
    case VSMLRT_DEVICE:
        throw DeviceError(message);
    default:
        throw InternalError(message);
    }
}

} // namespace vsmlrt
