// What the emulated NVRTC asks of the emulated driver, which counts for both.
#pragma once

// Counts a compilation; true where an empty kernel is to be compiled in place of the given one.
[[nodiscard]] bool begin_emulated_compilation();
