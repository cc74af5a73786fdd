// What the emulated driver and compiler take from the system: libraries, aligned memory, a compiler.
#pragma once

#include <cstddef>
#include <string>

namespace vsmlrt::emulated {

// Null, with the reason in `words`, where the file cannot be opened.
[[nodiscard]] void *open_library(const char *path, std::string &words);
// Null where it has none of this name.
[[nodiscard]] void *find_symbol(void *library, const char *name);

[[nodiscard]] void *allocate(std::size_t alignment, std::size_t bytes);
void release(void *memory);
// Of memory that this process may not be able to read: false where it is not.
[[nodiscard]] bool copy_if_readable(void *to, const void *from, std::size_t bytes);

// What a shared library's name ends in.
extern const char *const library_ending;
// Something of this process, and of this user, that other ones do not have.
[[nodiscard]] std::string process_name();
[[nodiscard]] std::string user_name();
// Of the environment as the process has it now; empty where it is not set.
[[nodiscard]] std::string variable(const char *name);

// What all libraries are compiled with; part of the name that one is kept under.
extern const char *const compiler;
// While it lives, no other process (or thread) has the turn to make this library: who waits finds it made.
class Turn {
public:
    explicit Turn(const std::string &library);
    Turn(const Turn &) = delete;
    Turn &operator=(const Turn &) = delete;
    ~Turn();

private:
    int file_ = -1;
};
// Parses TEXT, a file, ahead for libraries that begin by including HEADER, where the compiler can: else they
// parse HEADER.
void precompile(const std::string &text, const std::string &header);
// STEM.cpp to a shared library, STEM with its ending; what the compiler says goes to STEM.log.
[[nodiscard]] bool compile(const std::string &stem);
// Gives the file its last name, unless another process made one of that name meanwhile and may be using it:
// then that one stays and this one is removed. False where no file has the name afterwards.
[[nodiscard]] bool publish(const std::string &made, const std::string &name);

} // namespace vsmlrt::emulated
