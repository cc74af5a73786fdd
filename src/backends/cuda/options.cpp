#include "backends/cuda/options.h"

#include "base/error.h"

#include <string_view>

namespace vsmlrt::cuda {
namespace {

bool read_choice(const vsmlrt_option &option, std::string_view no, std::string_view yes) {
    if (option.value == yes)
        return true;
    if (option.value == no)
        return false;
    throw BadArgument("cuda: option ", option.key, " must be ", no, " or ", yes, ", and is \"", option.value,
                      "\"");
}

} // namespace

Options read_options(std::span<const vsmlrt_option> options) {
    Options read;
    for (const vsmlrt_option &option : options) {
        const std::string_view key = option.key;
        if (key == "use_cuda_graph")
            read.use_cuda_graph = read_choice(option, "0", "1");
        else if (key == "kernels")
            read.plain = read_choice(option, "auto", "plain");
        else if (key == "accumulate")
            read.half_sums = read_choice(option, "fp32", "fp16");
        else if (key == "tf32")
            read.tf32 = read_choice(option, "0", "1");
        else
            throw BadArgument("cuda: there is no option \"", key,
                              "\"; accepted are use_cuda_graph (0 or 1), tf32 (0 or 1), accumulate (fp32 or "
                              "fp16) and kernels (auto or plain)");
    }
    return read;
}

} // namespace vsmlrt::cuda
