// The bytes of a bin file, read layer by layer. Source of the format: ncnn's documentation,
// docs/developer-guide/param-and-model-file-structure.md and operation-param-weight-table.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace vsmlrt::model::ncnn {

// Reads from the front. Every read checks that the bytes are there before anything is allocated for them;
// BadModel with both figures if they are not.
class WeightReader {
public:
    explicit WeightReader(std::span<const std::byte> bytes) : rest_(bytes) {}

    // `count` values of raw float32.
    [[nodiscard]] std::vector<float> raw(std::int64_t count);

    struct Weights {
        std::vector<float> values; // int8 weights as integral values; they still need their scales
        bool int8 = false;
    };
    // A 32-bit tag, then `count` values stored as it says: float32, float16, int8 or indices into a table of
    // 256 float32 values, padded to 4 bytes.
    [[nodiscard]] Weights tagged(std::int64_t count);

    [[nodiscard]] std::size_t left() const { return rest_.size(); }

private:
    [[nodiscard]] std::span<const std::byte> take(std::int64_t count, std::size_t bytes_each,
                                                  const char *what);
    std::span<const std::byte> rest_;
};

} // namespace vsmlrt::model::ncnn
