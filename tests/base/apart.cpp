#include "base/apart.h"

#include <random>

namespace vsmlrt::test {

std::filesystem::path new_folder(const std::string &beginning) {
    std::random_device random;
    for (;;) {
        const auto folder =
            std::filesystem::temp_directory_path() / (beginning + "_" + std::to_string(random()));
        if (std::filesystem::create_directory(folder))
            return folder;
    }
}

} // namespace vsmlrt::test
