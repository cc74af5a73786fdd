#include "base/text.h"

#include <locale>
#include <utility>

namespace vsmlrt {

void TextPart::write(std::ostream &out) const {
    if (write_)
        write_(out, begin_);
    else
        out.write(static_cast<const char *>(begin_), static_cast<std::streamsize>(size_));
}

std::string text_of_parts(std::initializer_list<TextPart> parts) {
    std::ostringstream out;
    out.imbue(std::locale::classic());
    for (const TextPart &part : parts)
        part.write(out);
    return std::move(out).str();
}

} // namespace vsmlrt
