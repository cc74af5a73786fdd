#include "module/vendor_library.h"

#include "base/error.h"
#include "base/library_names.h"
#include "base/path.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <string_view>
#include <vector>

namespace vsmlrt {
namespace fs = std::filesystem;
namespace {

// Without a version: "libx.so" of "libx.so.1"; empty where it is not a library's name.
std::string plain_name(const std::string &file) {
    const auto end = file.find(library_ending);
    return end == std::string::npos ? std::string() : file.substr(0, end + library_ending.size());
}

// TensorRT-RTX asks the loader for libtensorrt_rtx.so by that name while it makes an engine, and its wheel
// carries libtensorrt_rtx.so.1.7.1; the wheel's Python module puts the same links there when imported.
void link_names(const fs::path &real, const std::string &wanted) {
    const std::string plain = plain_name(wanted);
    for (const std::string &name : {wanted, plain}) {
        std::error_code ignored;
        if (!fs::exists(real.parent_path() / name, ignored))
            fs::create_symlink(real.filename(), real.parent_path() / name, ignored);
    }
}

// Libraries that need others: those of one vendor do not go deeper than a few steps.
constexpr int deepest = 8;

SharedLibrary open(const fs::path &file, std::span<const fs::path> folders, int depth);

bool opens(const fs::path &file, std::span<const fs::path> folders, int depth) {
    std::error_code ignored;
    if (!fs::exists(file, ignored))
        return false;
    try {
        static_cast<void>(open(file, folders, depth));
        return true;
    } catch (const Unsupported &) {
        return false;
    }
}

bool open_neighbour(const fs::path &folder, std::span<const fs::path> folders, const std::string &wanted,
                    int depth) {
    const std::string plain = plain_name(wanted);
    if (plain.empty() || fs::path(wanted).has_parent_path() || depth > deepest)
        return false;
    const fs::path found = newest(folder, plain);
    if (!found.empty() && opens(found, folders, depth)) {
        if (found.filename() != wanted)
            link_names(found, wanted);
        return true;
    }
    // Elsewhere only the very version counts: wheels of several CUDA versions lie side by side.
    return std::any_of(folders.begin(), folders.end(),
                       [&](const fs::path &other) { return opens(other / wanted, folders, depth); });
}

SharedLibrary open(const fs::path &file, std::span<const fs::path> folders, int depth) {
    return SharedLibrary(file, [&](const std::string &missing) {
        return open_neighbour(file.parent_path(), folders, missing, depth + 1);
    });
}

// "1.9.0" as {1, 9, 0}; what is not a number counts as 0.
std::vector<int> numbers(std::string_view version) {
    std::vector<int> all;
    std::istringstream parts{std::string(version)};
    for (std::string part; std::getline(parts, part, '.');)
        all.push_back(std::atoi(part.c_str()));
    return all;
}

// Orders "libx.so.1.9.0" before "libx.so.1.10.0"; both begin with the plain name.
bool older(const std::string &a, const std::string &b, std::size_t plain) {
    return numbers(std::string_view(a).substr(plain)) < numbers(std::string_view(b).substr(plain));
}

} // namespace

fs::path newest(const fs::path &folder, const std::string &name) {
    fs::path best;
    std::error_code ignored;
    for (const auto &entry : fs::directory_iterator(folder, ignored)) {
        const std::string found = text_of(entry.path().filename());
        if (found.rfind(name, 0) != 0 || (found.size() > name.size() && found[name.size()] != '.'))
            continue;
        if (best.empty() || older(text_of(best.filename()), found, name.size()))
            best = entry.path();
    }
    return best;
}

SharedLibrary open_vendor_library(const fs::path &file, std::span<const fs::path> folders) {
    return open(file, folders, 0);
}

} // namespace vsmlrt
