// Only for the headers that are parsed once (VsmlrtHeaders.cmake). <string>'s literals use a string of every
// kind of character, and GCC instantiates what they call at the end of each file, used or not; what is
// evaluated here is instantiated here.
#pragma once

#include <string>

namespace vsmlrt::strings_once {

using namespace std::literals;
static_assert(("a"s + "b").size() + L"a"s.size() + u8"a"s.size() + u"a"s.size() + U"a"s.size() == 6);

} // namespace vsmlrt::strings_once
