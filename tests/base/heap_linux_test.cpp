#include "base/heap.h"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <sys/mman.h>

namespace vsmlrt {
namespace {

// What the system says of the mapping that this memory lies in; empty where it says nothing.
std::string flags_of(const void *memory) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory);
    std::ifstream mappings("/proc/self/smaps");
    bool is_here = false;
    for (std::string line; std::getline(mappings, line);) {
        std::uintptr_t begin = 0;
        std::uintptr_t end = 0;
        if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2)
            is_here = begin <= address && address < end;
        if (is_here && line.starts_with("VmFlags:"))
            return line + " ";
    }
    return {};
}

class Mapping {
public:
    explicit Mapping(std::size_t bytes)
        : data_(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)),
          bytes_(bytes) {}
    Mapping(const Mapping &) = delete;
    Mapping &operator=(const Mapping &) = delete;
    ~Mapping() { ::munmap(data_, bytes_); }

    [[nodiscard]] char *data() const { return static_cast<char *>(data_); }

private:
    void *data_;
    std::size_t bytes_;
};

TEST(Heap, LargeMemoryIsAskedForInLargePagesAndKeepsWhatItHolds) {
    constexpr std::size_t bytes = std::size_t{16} << 20;
    const Mapping memory(bytes);
    if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage") || flags_of(memory.data()).empty())
        GTEST_SKIP() << "the system has no large pages, or does not say which memory wants them";
    memory.data()[5000] = 'x';
    ask_for_large_pages(memory.data() + 64, bytes - 100); // as a plane begins, not at a page
    EXPECT_NE(flags_of(memory.data() + bytes / 2).find(" hg "), std::string::npos);
    EXPECT_EQ(memory.data()[5000], 'x');
    EXPECT_EQ(memory.data()[bytes - 1], 0);
}

TEST(Heap, SmallMemoryIsLeftAsItIs) {
    constexpr std::size_t bytes = std::size_t{2} << 20;
    const Mapping memory(bytes);
    ask_for_large_pages(memory.data(), bytes);
    ask_for_large_pages(nullptr, 0);
    EXPECT_EQ(flags_of(memory.data()).find(" hg "), std::string::npos);
}

} // namespace
} // namespace vsmlrt
