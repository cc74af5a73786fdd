// Small programs whose work is a function of a library that lies next to them: with C's library alone, so
// that they stay small where all else is linked into a program.
#pragma once

namespace vsmlrt {

// Calls int FUNCTION(int count, char **arguments) of the library at `library`, a path from the program's own
// folder on ("../libx.so"), and returns what it does; 1, with a sentence on standard error, where there is
// none.
[[nodiscard]] int launch(const char *library, const char *function, int count, char **arguments);

// The function of that name in the library of that file name which lies next to the one that `own`, an
// address of code, is in, and stays open; null where there is none. With C's library alone as well.
[[nodiscard]] void *function_next_to(const void *own, const char *library, const char *function);

} // namespace vsmlrt
