// The words that a program of the benches was started with.
#pragma once

#include "base/error.h"
#include "vsmlrt/frame.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace vsmlrt::test {

// Goes from word to word. BadArgument, with the option's name, for a value that is missing or not accepted.
class Arguments {
public:
    Arguments(int count, char **values) : words_(values, values + count) {}

    // To the next word; false behind the last one.
    bool next() { return ++at_ < words_.size(); }
    [[nodiscard]] const std::string &word() const { return words_[at_]; }
    [[nodiscard]] bool is_option() const { return word().starts_with("--"); }
    // Where the program has no such option.
    [[noreturn]] void refuse() const { throw BadArgument("there is no option ", word()); }

    // What follows an option, which is the word from then on.
    [[nodiscard]] std::string value() {
        const std::string &option = word();
        if (at_ + 1 >= words_.size())
            throw BadArgument(option, " needs a value");
        return words_[++at_];
    }
    [[nodiscard]] int number(int least = 1) {
        const std::string option = word();
        const std::string given = value();
        char *end = nullptr;
        const long number = std::strtol(given.c_str(), &end, 10);
        constexpr long most = 1 << 30;
        if (end == given.c_str() || *end != '\0' || number < least || number > most)
            throw BadArgument(option, " is \"", given, "\"; give a whole number of at least ", least);
        return static_cast<int>(number);
    }
    [[nodiscard]] double seconds(bool may_be_zero = false) {
        const std::string option = word();
        const std::string given = value();
        char *end = nullptr;
        const double seconds = std::strtod(given.c_str(), &end);
        if (end == given.c_str() || *end != '\0' || !std::isfinite(seconds) || seconds < 0 ||
            (seconds == 0 && !may_be_zero))
            throw BadArgument(option, " is \"", given, "\"; give seconds, ",
                              may_be_zero ? "0 or more" : "more than 0");
        return seconds;
    }
    [[nodiscard]] vsmlrt_extent size() {
        const std::string option = word();
        const std::string given = value();
        vsmlrt_extent size = {};
        int read = 0;
        if (std::sscanf(given.c_str(), "%dx%d%n", &size.width, &size.height, &read) != 2 ||
            static_cast<std::size_t>(read) != given.size() || size.width < 1 || size.height < 1)
            throw BadArgument(option, " is \"", given, "\"; give it as 1920x1080");
        return size;
    }

private:
    std::vector<std::string> words_;
    std::size_t at_ = 0;
};

} // namespace vsmlrt::test
