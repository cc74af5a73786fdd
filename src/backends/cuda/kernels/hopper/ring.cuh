// Where a thread is in a ring of slots: each has two barriers, one for its having been filled and one for its having
// been emptied, whose phases alternate.
#pragma once

struct Ring {
    int slot = 0;
    u32 parity = 0;

    template <int slots>
    DEVICE void next() {
        if (++slot == slots) {
            slot = 0;
            parity ^= 1;
        }
    }
};
