// Contexts are handed out first come, first served, and come back when their user fails.
#include "engine/pool.h"
#include "networks.h"

#include <algorithm>
#include <atomic>
#include <gtest/gtest.h>
#include <thread>

namespace vsmlrt {
namespace {

std::shared_ptr<const engine::Program> program() {
    test::use_built_modules();
    const engine::Backend backend = engine::find_backend("reference");
    const auto device = std::make_shared<engine::Device>(backend, engine::find_device(backend, "", 0));
    return engine::build_program(device, test::blur().loaded, {{8, 8}, {8, 8}, {8, 8}}, {});
}

TEST(ContextPool, ServesInTheOrderOfAsking) {
    engine::ContextPool pool(program(), 1);
    std::vector<int> order;
    std::mutex mutex;
    std::vector<std::thread> threads;
    {
        const auto first = pool.acquire();
        for (int i = 0; i < 5; ++i) {
            threads.emplace_back([&, i] {
                const auto lease = pool.acquire();
                const std::lock_guard lock(mutex);
                order.push_back(i);
            });
            while (pool.waiting() != static_cast<std::size_t>(i) + 1)
                std::this_thread::yield();
        }
    }
    for (std::thread &thread : threads)
        thread.join();
    EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(ContextPool, NeverHandsOutMoreThanItHas) {
    engine::ContextPool pool(program(), 2);
    std::atomic<int> out = 0;
    std::atomic<int> most = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i)
        threads.emplace_back([&] {
            for (int k = 0; k < 200; ++k) {
                const auto lease = pool.acquire();
                const int now = ++out;
                int seen = most.load();
                while (now > seen && !most.compare_exchange_weak(seen, now)) {
                }
                --out;
            }
        });
    for (std::thread &thread : threads)
        thread.join();
    EXPECT_LE(most.load(), 2);
}

TEST(ContextPool, TakesAContextBackWhenItsUserThrows) {
    engine::ContextPool pool(program(), 1);
    EXPECT_THROW(
        {
            const auto lease = pool.acquire();
            throw std::runtime_error("a frame failed");
        },
        std::runtime_error);
    const auto again = pool.acquire();
    again->bind({8, 8});
    EXPECT_EQ(again->inputs().size(), 1U);
}

TEST(ContextPool, HandsOutThosePreparedBeforeTheOthers) {
    engine::ContextPool pool(program(), 3);
    std::vector<engine::Context *> prepared;
    pool.prepare(2, [&](engine::Context &context) { prepared.push_back(&context); });
    const auto first = pool.acquire();
    const auto second = pool.acquire();
    const auto third = pool.acquire();
    EXPECT_EQ(first.operator->(), prepared.at(0));
    EXPECT_EQ(second.operator->(), prepared.at(1));
    EXPECT_EQ(std::count(prepared.begin(), prepared.end(), third.operator->()), 0);
}

TEST(ContextPool, NeverHandsOutAgainWhatWasRetired) {
    engine::ContextPool pool(program(), 2);
    engine::Context *gone = nullptr;
    {
        auto lease = pool.acquire();
        gone = lease.operator->();
        lease.retire();
    }
    for (int i = 0; i < 3; ++i)
        EXPECT_NE(pool.acquire().operator->(), gone);
}

} // namespace
} // namespace vsmlrt
