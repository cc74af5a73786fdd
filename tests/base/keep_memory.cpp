// OpenVINO gives free memory back to the system after each program that it builds, and takes it again for the
// next: a sixth of the time of a suite that builds thousands of small ones. An executable's own function is
// found before the C library's.
#include <cstddef>

extern "C" __attribute__((visibility("default"))) int malloc_trim(std::size_t) noexcept {
    return 0; // nothing was given back
}
