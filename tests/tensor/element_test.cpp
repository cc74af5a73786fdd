#include "tensor/buffer.h"
#include "tensor/element.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>

namespace vsmlrt {
namespace {

TEST(Element, HasSizeAndName) {
    const std::pair<Element, std::pair<std::size_t, const char *>> table[] = {
        {Element::f32, {4, "float32"}}, {Element::u8, {1, "uint8"}},      {Element::i8, {1, "int8"}},
        {Element::u16, {2, "uint16"}},  {Element::i16, {2, "int16"}},     {Element::i32, {4, "int32"}},
        {Element::i64, {8, "int64"}},   {Element::string, {0, "string"}}, {Element::boolean, {1, "bool"}},
        {Element::f16, {2, "float16"}}, {Element::f64, {8, "float64"}},   {Element::u32, {4, "uint32"}},
        {Element::u64, {8, "uint64"}},  {Element::bf16, {2, "bfloat16"}}};
    for (const auto &[type, facts] : table) {
        EXPECT_EQ(element_size(type), facts.first) << facts.second;
        EXPECT_STREQ(element_name(type), facts.second);
    }
}

TEST(Element, OfUnknownTypeHasNeither) {
    for (const int value : {0, 14, 15, 17, -1, 1000}) {
        EXPECT_EQ(element_size(static_cast<Element>(value)), 0U);
        EXPECT_STREQ(element_name(static_cast<Element>(value)), "unknown");
    }
}

TEST(HostBuffer, IsAlignedAndMoves) {
    HostBuffer first(100);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first.data()) % HostBuffer::alignment, 0U);
    EXPECT_EQ(first.bytes(), 100U);
    first.as<float>()[24] = 2.5F;
    const HostBuffer second = std::move(first);
    EXPECT_EQ(second.as<float>()[24], 2.5F);
    EXPECT_EQ(HostBuffer().data(), nullptr);
}

} // namespace
} // namespace vsmlrt
