// Whose fault a failure is. Crosses a module's door as an integer, with one sentence of text.
#pragma once

#include <cstdint>

enum vsmlrt_code : std::int32_t {
    VSMLRT_OK = 0,
    VSMLRT_BAD_ARGUMENT = 1, // an argument or option of the caller
    VSMLRT_BAD_MODEL = 2,    // the network file
    VSMLRT_UNSUPPORTED = 3,  // valid, but this backend or machine cannot do it
    VSMLRT_DEVICE = 4,       // a device or its library failed, memory included
    VSMLRT_INTERNAL = 5,     // a bug of this project
};
