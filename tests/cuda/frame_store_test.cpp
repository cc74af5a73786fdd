// Frames that are kept on the device for whoever reads them next.
#include "backends/cuda/device.h"
#include "backends/cuda/frame_store.h"
#include "base/error.h"
#include "cuda/emulated_driver.h"
#include "cuda/engine_networks.h"

#include <gtest/gtest.h>

#include <vector>

namespace vsmlrt::cuda {
namespace {

constexpr std::size_t frame_bytes = std::size_t{1} << 20;

class FrameStores : public testing::Test {
protected:
    FrameStores() {
        EXPECT_TRUE(test::named);
        emulated_reset(0);
        device_ = std::make_shared<const nvidia::DeviceContext>(list_devices().front().number);
        device_->use();
        store_.emplace(device_);
    }
    void TearDown() override {
        emulated_capacity(std::size_t{80} << 30);
        store_.reset();
        device_.reset();
        EXPECT_EQ(emulated_live(), 0U);
        EXPECT_STREQ(emulated_faults(), "");
    }
    // So many of a size that nobody reads any more.
    void leave(std::uint64_t first, int count, std::size_t bytes = frame_bytes) {
        for (int i = 0; i < count; ++i)
            store_->find(first + static_cast<std::uint64_t>(i), bytes)->filled = true;
    }

    nvidia::SharedContext device_;
    std::optional<FrameStore> store_;
};

TEST_F(FrameStores, KeepFramesForWhoReadsThemNext) {
    store_->keep(4);
    leave(1, 4);
    EXPECT_EQ(store_->bytes(), 4 * std::int64_t{frame_bytes});
    EXPECT_TRUE(store_->find(1, frame_bytes)->filled);
    EXPECT_FALSE(store_->find(5, frame_bytes)->filled); // in the memory of the second
    EXPECT_EQ(store_->bytes(), 4 * std::int64_t{frame_bytes});
    EXPECT_TRUE(store_->find(1, frame_bytes)->filled);
    EXPECT_FALSE(store_->find(2, frame_bytes)->filled);
}

// Nothing is kept while a frame that has come lacks the memory.
TEST_F(FrameStores, KeepNoneWhereAFrameLacksTheMemory) {
    store_->keep(8);
    emulated_capacity(emulated_live_bytes() + 4 * frame_bytes);
    leave(1, 2);
    const auto read = store_->find(3, frame_bytes);
    read->filled = true;
    EXPECT_FALSE(store_->find(4, frame_bytes)->filled);
    EXPECT_EQ(store_->bytes(), 4 * std::int64_t{frame_bytes});
    const auto larger = store_->find(5, 3 * frame_bytes); // in place of all that nobody reads
    EXPECT_EQ(store_->bytes(), 4 * std::int64_t{frame_bytes});
    EXPECT_EQ(store_->find(3, frame_bytes), read);
    EXPECT_TRUE(read->filled);
    EXPECT_THROW(static_cast<void>(store_->find(6, frame_bytes)), DeviceError);
    EXPECT_EQ(store_->bytes(), 4 * std::int64_t{frame_bytes});
}

} // namespace
} // namespace vsmlrt::cuda
