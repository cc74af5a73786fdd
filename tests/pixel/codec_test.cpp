// Rectangles of planes against a sample-by-sample account of what they should hold.
#include "pixel/codec.h"
#include "tensor/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

namespace vsmlrt::pixel {
namespace {

constexpr std::byte untouched{0x5a};

// A plane whose rows are further apart than they are long, and which can tell whether the gaps were touched.
class Picture {
public:
    Picture(vsmlrt_type type, int width, int height)
        : type_(type), width_(width), height_(height), stride_(width * size() + 13),
          memory_(static_cast<std::size_t>(stride_ * height), untouched) {}

    static Picture noise(vsmlrt_type type, int width, int height, unsigned seed) {
        Picture picture(type, width, height);
        std::mt19937 random(seed);
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                picture.set(x, y, std::uniform_real_distribution<float>(-1, 1)(random));
        return picture;
    }

    [[nodiscard]] Plane plane() { return {type_, memory_.data(), stride_, width_, height_}; }
    [[nodiscard]] ConstPlane view() const { return {type_, memory_.data(), stride_, width_, height_}; }

    [[nodiscard]] float get(int x, int y) const {
        if (type_ == VSMLRT_FLOAT16)
            return half_to_float(raw<std::uint16_t>(x, y));
        return raw<float>(x, y);
    }

    void set(int x, int y, float value) {
        const std::uint16_t half = float_to_half(value);
        std::memcpy(memory_.data() + place(x, y),
                    type_ == VSMLRT_FLOAT16 ? static_cast<const void *>(&half) : &value,
                    static_cast<std::size_t>(size()));
    }

    [[nodiscard]] bool gaps_untouched() const {
        for (int y = 0; y < height_; ++y)
            for (std::ptrdiff_t i = width_ * size(); i < stride_; ++i)
                if (memory_[static_cast<std::size_t>(y * stride_ + i)] != untouched)
                    return false;
        return true;
    }

private:
    [[nodiscard]] std::ptrdiff_t size() const { return type_ == VSMLRT_FLOAT16 ? 2 : 4; }
    [[nodiscard]] std::ptrdiff_t place(int x, int y) const { return y * stride_ + x * size(); }
    template <typename T>
    [[nodiscard]] T raw(int x, int y) const {
        T value;
        std::memcpy(&value, memory_.data() + place(x, y), sizeof value);
        return value;
    }

    vsmlrt_type type_;
    int width_;
    int height_;
    std::ptrdiff_t stride_;
    std::vector<std::byte> memory_;
};

// The sample that stands at (x, y): walks back into the picture one step at a time, turning round at its
// edges.
int walk(int position, int size) {
    int at = 0;
    int direction = 1;
    for (int steps = std::abs(position); steps > 0 && size > 1; --steps) {
        if (at + direction < 0 || at + direction >= size)
            direction = -direction;
        at += direction;
    }
    return at;
}

float expected(const Picture &picture, int width, int height, int x, int y, Border border) {
    if (border == Border::mirror)
        return picture.get(walk(x, width), walk(y, height));
    if (border == Border::zero && (x < 0 || y < 0 || x >= width || y >= height))
        return 0.0F;
    return picture.get(std::max(0, std::min(x, width - 1)), std::max(0, std::min(y, height - 1)));
}

float as(vsmlrt_type type, float value) {
    return type == VSMLRT_FLOAT16 ? half_to_float(float_to_half(value)) : value;
}

constexpr vsmlrt_type types[] = {VSMLRT_FLOAT32, VSMLRT_FLOAT16};
constexpr Border borders[] = {Border::mirror, Border::edge, Border::zero};

void expect_read(const Picture &from, int width, int height, int x, int y, Border border, Picture &to,
                 int to_width, int to_height, vsmlrt_type to_type) {
    read_rectangle(from.view(), x, y, border, to.plane());
    for (int j = 0; j < to_height; ++j)
        for (int i = 0; i < to_width; ++i)
            ASSERT_EQ(to.get(i, j), as(to_type, expected(from, width, height, x + i, y + j, border)))
                << "at " << i << ", " << j << " of the rectangle at " << x << ", " << y;
    EXPECT_TRUE(to.gaps_untouched());
}

TEST(ReadRectangle, FollowsTheBorderInEveryPosition) {
    for (const vsmlrt_type from_type : types)
        for (const vsmlrt_type to_type : types)
            for (const Border border : borders) {
                const Picture from = Picture::noise(from_type, 37, 5, 1);
                for (const int x : {-80, -37, -3, 0, 2, 20, 37, 90})
                    for (const int y : {-12, -1, 0, 3, 11}) {
                        Picture to(to_type, 41, 6);
                        expect_read(from, 37, 5, x, y, border, to, 41, 6, to_type);
                    }
            }
}

TEST(ReadRectangle, MirrorsSmallPlanesAsOftenAsNeeded) {
    for (const int width : {1, 2, 3})
        for (const int height : {1, 2}) {
            const Picture from = Picture::noise(VSMLRT_FLOAT32, width, height, 2);
            Picture to(VSMLRT_FLOAT32, 20, 9);
            expect_read(from, width, height, -8, -4, Border::mirror, to, 20, 9, VSMLRT_FLOAT32);
        }
}

TEST(ReadRectangle, OfFarPositionsStaysInside) {
    const Picture from = Picture::noise(VSMLRT_FLOAT32, 3, 2, 3);
    Picture to(VSMLRT_FLOAT32, 4, 2);
    read_rectangle(from.view(), -2147483647 - 1, 2147483640, Border::mirror, to.plane());
    // -2^31 is a multiple of the period 4, and 2147483640 one of the period 2.
    EXPECT_EQ(to.get(0, 0), from.get(0, 0));
    EXPECT_EQ(to.get(2, 1), from.get(2, 1));
    read_rectangle(from.view(), 2147483600, 0, Border::zero, to.plane());
    EXPECT_EQ(to.get(0, 0), 0.0F);
}

TEST(WriteRectangle, CopiesAndReportsWhatPassed) {
    for (const vsmlrt_type from_type : types)
        for (const vsmlrt_type to_type : types) {
            Picture from = Picture::noise(from_type, 40, 9, 4);
            from.set(2, 8, NAN); // outside of what is taken
            Picture to(to_type, 35, 6);
            EXPECT_FALSE(write_rectangle(from.view(), 3, 2, to.plane()).not_finite);
            for (int y = 0; y < 6; ++y)
                for (int x = 0; x < 35; ++x)
                    ASSERT_EQ(to.get(x, y), as(to_type, from.get(x + 3, y + 2)));
            EXPECT_TRUE(to.gaps_untouched());
            from.set(37, 7, -INFINITY); // its last sample
            EXPECT_TRUE(write_rectangle(from.view(), 3, 2, to.plane()).not_finite);
        }
}

TEST(WriteRectangle, JudgesTheSamplesReadAndNotWhatAHalfCanHold) {
    Picture from(VSMLRT_FLOAT32, 1, 1);
    from.set(0, 0, 1e6F);
    Picture to(VSMLRT_FLOAT16, 1, 1);
    EXPECT_FALSE(write_rectangle(from.view(), 0, 0, to.plane()).not_finite);
    EXPECT_EQ(to.get(0, 0), INFINITY);
}

TEST(BlendRectangle, AddsTheWeightedRectangle) {
    for (const vsmlrt_type type : types) {
        Picture from = Picture::noise(type, 30, 8, 5);
        const std::vector<float> columns = {0.25F, 0.75F, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.5F};
        const std::vector<float> rows = {0.5F, 1, 0.25F};
        const auto width = static_cast<int>(columns.size());
        Picture to(VSMLRT_FLOAT32, width, 3);
        for (int y = 0; y < 3; ++y)
            for (int x = 0; x < width; ++x)
                to.set(x, y, 0.0F);
        EXPECT_FALSE(blend_rectangle(from.view(), 4, 2, columns.data(), rows.data(), to.plane()).not_finite);
        EXPECT_FALSE(blend_rectangle(from.view(), 4, 3, columns.data(), rows.data(), to.plane()).not_finite);
        for (int y = 0; y < 3; ++y)
            for (int x = 0; x < width; ++x)
                ASSERT_NEAR(to.get(x, y),
                            columns[static_cast<std::size_t>(x)] * rows[static_cast<std::size_t>(y)] *
                                (from.get(x + 4, y + 2) + from.get(x + 4, y + 3)),
                            1e-6);
        EXPECT_TRUE(to.gaps_untouched());
        from.set(4, 2, NAN);
        EXPECT_TRUE(blend_rectangle(from.view(), 4, 2, columns.data(), rows.data(), to.plane()).not_finite);
    }
}

TEST(HasNotFinite, SeesEverySampleAndNoPadding) {
    for (const vsmlrt_type type : types)
        for (const float bad : {NAN, INFINITY, -INFINITY})
            for (int y = 0; y < 3; ++y)
                for (int x = 0; x < 21; ++x) {
                    Picture picture = Picture::noise(type, 21, 3, 6);
                    EXPECT_FALSE(has_not_finite(picture.view()));
                    picture.set(x, y, bad);
                    EXPECT_TRUE(has_not_finite(picture.view()));
                }
}

TEST(Clamp, LimitsEverySampleAndNothingElse) {
    for (const vsmlrt_type type : types) {
        Picture picture = Picture::noise(type, 21, 3, 7);
        const Picture before = picture;
        picture.set(20, 2, NAN);
        clamp(picture.plane(), 0.0F, 0.5F);
        for (int y = 0; y < 3; ++y)
            for (int x = 0; x < 21; ++x)
                EXPECT_EQ(picture.get(x, y),
                          x == 20 && y == 2 ? 0.0F : std::min(std::max(before.get(x, y), 0.0F), 0.5F));
        EXPECT_TRUE(picture.gaps_untouched());
    }
}

} // namespace
} // namespace vsmlrt::pixel
