// operator new for the tests of kernels: every larger allocation ends where a page begins that nobody may
// touch, and so does what was freed. Sanitizers do not see the masked loads and stores of vector code; the
// processor does. Where the alignment leaves some bytes between the allocation's end and the page's, they are
// looked at when it is freed.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <sys/mman.h>

namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t smallest = 64;                   // below it malloc's: names, lists of a few numbers
constexpr std::size_t reserved = std::size_t{1} << 40; // addresses, not memory; none is used twice
constexpr std::size_t default_alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__;
constexpr unsigned char unused = 0xA5;

struct Header {
    std::size_t pages; // of the allocation, behind the header's own
    std::size_t slack; // bytes at its end
};

std::size_t rounded(std::size_t size, std::size_t to) {
    return (size + to - 1) / to * to;
}

std::byte *region() {
    static std::byte *const start = [] {
        void *const at =
            ::mmap(nullptr, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        return at == MAP_FAILED ? nullptr : static_cast<std::byte *>(at);
    }();
    return start;
}

[[noreturn]] void stop(const char *why) {
    std::fprintf(stderr, "guarded memory: %s\n", why);
    std::abort();
}

void *guarded(std::size_t size, std::size_t alignment) {
    static std::atomic<std::size_t> next = 0;
    const std::size_t taken = rounded(size, alignment);
    const std::size_t pages = rounded(taken, page) / page;
    const std::size_t begin = next.fetch_add((pages + 2) * page);
    if (!region() || begin + (pages + 2) * page > reserved)
        stop("there are no addresses left");
    std::byte *const header = region() + begin;
    if (::mprotect(header, (pages + 1) * page, PROT_READ | PROT_WRITE) != 0)
        throw std::bad_alloc();
    new (header) Header{pages, taken - size};
    std::byte *const end = header + (pages + 1) * page;
    std::memset(end - (taken - size), unused, taken - size);
    return end - taken;
}

bool is_guarded(const void *memory) {
    const auto offset = reinterpret_cast<std::uintptr_t>(memory) - reinterpret_cast<std::uintptr_t>(region());
    return offset < reserved;
}

void free_guarded(void *memory) {
    const auto at = reinterpret_cast<std::uintptr_t>(memory);
    auto *const header = reinterpret_cast<std::byte *>(at / page * page - page);
    Header found;
    std::memcpy(&found, header, sizeof found);
    const std::byte *const end = header + (found.pages + 1) * page;
    for (std::size_t i = 1; i <= found.slack; ++i)
        if (end[-static_cast<std::ptrdiff_t>(i)] != std::byte{unused})
            stop("something was written behind the end of an allocation");
    ::madvise(header, (found.pages + 1) * page, MADV_DONTNEED);
    ::mprotect(header, (found.pages + 1) * page, PROT_NONE);
}

void *allocate(std::size_t size, std::size_t alignment) {
    if (size >= smallest && alignment <= page)
        return guarded(size, alignment);
    void *const memory = std::aligned_alloc(alignment, rounded(size ? size : 1, alignment));
    if (!memory)
        throw std::bad_alloc();
    return memory;
}

void release(void *memory) {
    if (memory && is_guarded(memory))
        free_guarded(memory);
    else
        std::free(memory);
}

} // namespace

// NOLINTBEGIN(misc-new-delete-overloads): the others call these.
void *operator new(std::size_t size) {
    return allocate(size, default_alignment);
}
void *operator new(std::size_t size, std::align_val_t alignment) {
    return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void *memory) noexcept {
    release(memory);
}
void operator delete(void *memory, std::size_t /*size*/) noexcept {
    release(memory);
}
void operator delete(void *memory, std::align_val_t /*alignment*/) noexcept {
    release(memory);
}
void operator delete(void *memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
    release(memory);
}
// NOLINTEND(misc-new-delete-overloads)
