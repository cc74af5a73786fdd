#include "module/tensor.h"

#include "base/error.h"

#include <gtest/gtest.h>

namespace {

using namespace vsmlrt;

TEST(Tensor, SizesAreOfTheType) {
    EXPECT_EQ(tensor_bytes(VSMLRT_FLOAT32, {1, 3, 4, 5}), 240U);
    EXPECT_EQ(tensor_bytes(VSMLRT_FLOAT16, {1, 3, 4, 5}), 120U);
    EXPECT_THROW(static_cast<void>(tensor_bytes(VSMLRT_FLOAT32, {1LL << 40, 1LL << 40})), BadModel);
}

TEST(Tensor, OwnMemoryIsAlignedAndStaysThroughAMove) {
    HostTensor made(VSMLRT_FLOAT16, {1, 2, 3, 4});
    void *const data = made.data();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(data) % 64, 0U);
    const HostTensor moved = std::move(made);
    EXPECT_EQ(moved.view().data, data);
    EXPECT_EQ(moved.view().type, VSMLRT_FLOAT16);
    EXPECT_EQ(moved.view().rank, 4);
    EXPECT_EQ(moved.view().dims[3], 4);
}

TEST(Tensor, RanksThatCannotCrossTheDoorAreRefused) {
    EXPECT_NO_THROW(HostTensor(VSMLRT_FLOAT32, Dims(VSMLRT_MAX_RANK, 1)));
    EXPECT_THROW(HostTensor(VSMLRT_FLOAT32, Dims(VSMLRT_MAX_RANK + 1, 1)), Unsupported);
}

} // namespace
