#include "backends/reference/options.h"

#include "base/error.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace vsmlrt::reference {
namespace {

struct Option {
    const char *key;
    std::int64_t Faults::*field;
};

constexpr Option known[] = {{"fault.build", &Faults::build},
                            {"fault.memory", &Faults::memory},
                            {"fault.run", &Faults::run},
                            {"fault.nan", &Faults::nan},
                            {"fault.delay_ms", &Faults::delay_ms}};

} // namespace

Faults read_options(std::span<const vsmlrt_option> options) {
    Faults faults;
    for (const vsmlrt_option &given : options) {
        const std::string_view key = given.key;
        const std::string_view value = given.value;
        const auto *const option = std::find_if(std::begin(known), std::end(known),
                                                [&](const Option &entry) { return key == entry.key; });
        if (option == std::end(known))
            throw BadArgument(
                "reference: there is no option \"", key,
                "\"; accepted are fault.build, fault.memory, fault.run, fault.nan and fault.delay_ms");
        std::int64_t number = 0;
        const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (failure != std::errc() || end != value.data() + value.size() || number < 0)
            throw BadArgument("reference: option ", key, " must be a whole number >= 0, and is \"", value,
                              "\"");
        faults.*option->field = number;
    }
    return faults;
}

} // namespace vsmlrt::reference
