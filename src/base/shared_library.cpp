#include "base/shared_library.h"

#include "base/error.h"
#include "base/path.h"

namespace vsmlrt {
namespace fs = std::filesystem;

void *SharedLibrary::symbol(const char *name) const {
    void *const address = find(name);
    if (!address)
        throw Unsupported(text_of(file_), " has no ", name);
    return address;
}

fs::path own_file() {
    fs::path file = file_of(reinterpret_cast<const void *>(&own_file));
    if (file.empty())
        throw InternalError("the file of this library cannot be found");
    return file;
}

} // namespace vsmlrt
