// Host memory for tensors: 64-byte aligned, not initialised.
#pragma once

#include <cstddef>
#include <memory>
#include <new>

namespace vsmlrt {

class HostBuffer {
public:
    static constexpr std::size_t alignment = 64;

    HostBuffer() = default;
    explicit HostBuffer(std::size_t bytes)
        : memory_(static_cast<std::byte *>(::operator new (bytes, std::align_val_t{alignment}))),
          bytes_(bytes) {}

    [[nodiscard]] std::byte *data() const { return memory_.get(); }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    template <typename T>
    [[nodiscard]] T *as() const {
        return reinterpret_cast<T *>(memory_.get());
    }

private:
    struct Free {
        void operator()(std::byte *memory) const { ::operator delete (memory, std::align_val_t{alignment}); }
    };
    std::unique_ptr<std::byte, Free> memory_;
    std::size_t bytes_ = 0;
};

} // namespace vsmlrt
