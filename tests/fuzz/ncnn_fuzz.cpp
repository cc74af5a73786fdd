// Any bytes as param text and bin file, parted by the first zero byte: a network that was imported must be
// one that the ONNX reader accepts.
#include "base/error.h"
#include "model/ncnn.h"
#include "model/onnx.h"

#include <algorithm>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
    using namespace vsmlrt;
    using namespace vsmlrt::model;
    const std::span bytes(data, size);
    const auto zero = std::ranges::find(bytes, 0);
    const std::string_view param(reinterpret_cast<const char *>(data),
                                 static_cast<std::size_t>(zero - bytes.begin()));
    const auto bin = bytes.subspan(std::min(param.size() + 1, size));
    for (const bool restore : {false, true}) {
        try {
            const auto network = import_ncnn(param, std::as_bytes(bin), {.restore_size = restore});
            try {
                static_cast<void>(read_onnx(write_onnx(network)));
            } catch (const Error &) {
                std::abort(); // the import made a network that is none
            }
        } catch (const BadModel &) { // NOLINT(bugprone-empty-catch): the other good answer
        }
    }
    return 0;
}
