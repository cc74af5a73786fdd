#include "backends/cuda/blob.h"

#include "base/error.h"

#include <charconv>
#include <cstdint>
#include <cstring>

namespace vsmlrt::cuda {
namespace {

constexpr std::string_view magic = "vsmlrt cuda plan 2";

class Writer {
public:
    void add(std::string_view bytes) {
        const std::uint64_t size = bytes.size();
        append(&size, sizeof size);
        append(bytes.data(), bytes.size());
    }
    [[nodiscard]] std::vector<std::byte> take() && { return std::move(bytes_); }

private:
    void append(const void *data, std::size_t size) {
        const auto *begin = static_cast<const std::byte *>(data);
        bytes_.insert(bytes_.end(), begin, begin + size);
    }
    std::vector<std::byte> bytes_;
};

class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

    [[nodiscard]] bool at_end() const { return bytes_.empty(); }
    std::string_view take() {
        std::uint64_t size = 0;
        if (bytes_.size() < sizeof size)
            throw BadArgument("cuda: a stored plan is cut short");
        std::memcpy(&size, bytes_.data(), sizeof size);
        bytes_ = bytes_.subspan(sizeof size);
        if (size > bytes_.size())
            throw BadArgument("cuda: a stored plan is cut short");
        const std::string_view piece(reinterpret_cast<const char *>(bytes_.data()), size);
        bytes_ = bytes_.subspan(size);
        return piece;
    }
    template <typename T>
    T number() {
        const std::string_view digits = take();
        T number = 0;
        const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
        if (read.ec != std::errc() || read.ptr != digits.data() + digits.size())
            throw BadArgument("cuda: a stored plan has \"", digits, "\" where a number belongs");
        return number;
    }

private:
    std::span<const std::byte> bytes_;
};

} // namespace

std::vector<std::byte> encode_blob(const std::string &architecture, const Blob &blob) {
    Writer writer;
    writer.add(magic);
    writer.add(architecture);
    writer.add(std::to_string(blob.choices.size()));
    for (const auto &[key, kernel] : blob.choices) {
        writer.add(key.work);
        for (const int number : {key.multiprocessors, key.width, key.height})
            writer.add(std::to_string(number));
        writer.add(kernel);
    }
    for (const auto &[hash, cubin] : blob.cubins) {
        writer.add(hash);
        writer.add({reinterpret_cast<const char *>(cubin.data()), cubin.size()});
    }
    return std::move(writer).take();
}

Blob decode_blob(std::span<const std::byte> bytes, const std::string &architecture) {
    Reader reader(bytes);
    if (reader.take() != magic)
        throw BadArgument("cuda: a stored plan is of another version");
    if (reader.take() != architecture)
        throw BadArgument("cuda: a stored plan is for another GPU");
    Blob blob;
    const auto count = reader.number<std::size_t>();
    for (std::size_t i = 0; i < count; ++i) {
        StepKey key{std::string(reader.take())};
        for (int *number : {&key.multiprocessors, &key.width, &key.height})
            *number = reader.number<int>();
        blob.choices[key] = std::string(reader.take());
    }
    while (!reader.at_end()) {
        const std::string hash(reader.take());
        const std::string_view cubin = reader.take();
        const auto *begin = reinterpret_cast<const std::byte *>(cubin.data());
        blob.cubins[hash] = std::vector<std::byte>(begin, begin + cubin.size());
    }
    return blob;
}

} // namespace vsmlrt::cuda
