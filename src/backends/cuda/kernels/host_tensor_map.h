// What a tensor map is where no hardware reads it: for the tests' driver, which writes it, and their kernels.
#pragma once

// Of three axes, the innermost first. Distances and the swizzle are bytes, boxes elements.
struct HostTensorMap {
    unsigned long long address;
    unsigned long long sizes[3];
    unsigned long long strides[2]; // of the second and the third axis
    unsigned box[3];
    unsigned element; // bytes
    unsigned swizzle; // 0, or the bytes of a row whose chunks of 16 are exchanged
};
