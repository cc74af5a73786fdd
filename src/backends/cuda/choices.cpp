#include "backends/cuda/choices.h"

#include <cmath>
#include <limits>

namespace vsmlrt::cuda {
namespace {

double logarithm_of_pixels(const StepKey &key) {
    return std::log(double{1} * key.width) + std::log(double{1} * key.height);
}

bool has_size(const StepKey &key) {
    return key.width > 0 && key.height > 0;
}

} // namespace

const std::string *choice_for(const Choices &choices, const StepKey &key) {
    if (const auto same = choices.find(key); same != choices.end())
        return &same->second;
    if (!has_size(key))
        return nullptr;
    const auto is_alike = [&](const StepKey &other) {
        return other.work == key.work && other.multiprocessors == key.multiprocessors;
    };
    const std::string *nearest = nullptr;
    double least = std::numeric_limits<double>::infinity();
    for (auto each = choices.lower_bound({key.work, key.multiprocessors});
         each != choices.end() && is_alike(each->first); ++each) {
        if (!has_size(each->first))
            continue;
        const double apart = std::abs(logarithm_of_pixels(each->first) - logarithm_of_pixels(key));
        if (apart < least) {
            least = apart;
            nearest = &each->second;
        }
    }
    return nearest;
}

} // namespace vsmlrt::cuda
