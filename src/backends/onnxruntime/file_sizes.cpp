#include "backends/onnxruntime/file_sizes.h"

#include "base/path.h"
#include "base/text.h"

#include <algorithm>

namespace vsmlrt::ort {

std::string file_sizes(const std::vector<std::filesystem::path> &files) {
    std::vector<std::string> lines;
    for (const std::filesystem::path &file : files) {
        std::error_code ignored;
        lines.push_back(text(text_of(file.filename()), " ", std::filesystem::file_size(file, ignored)));
    }
    std::sort(lines.begin(), lines.end());
    return join(lines, "\n") + "\n";
}

} // namespace vsmlrt::ort
