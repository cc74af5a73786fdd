// What one call of a kernel needs in addition to its inputs and outputs.
#pragma once

#include "cpu/crew.h"
#include "tensor/buffer.h"

namespace vsmlrt::cpu {

// Kept between calls, one call at a time. The memory grows to what the largest of them needs.
class Workspace {
public:
    explicit Workspace(int threads) : crew_(threads - 1) {}

    [[nodiscard]] Crew &crew() { return crew_; }
    // Aligned to 64 bytes; valid until the next call of this.
    [[nodiscard]] std::byte *memory(std::size_t bytes) {
        if (bytes > memory_.bytes()) {
            memory_ = HostBuffer();
            memory_ = HostBuffer(bytes);
        }
        return memory_.data();
    }

private:
    Crew crew_;
    HostBuffer memory_;
};

} // namespace vsmlrt::cpu
