// What holds for every plan, tried on thousands of requests.
#include "tile/plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>

namespace vsmlrt::tile {
namespace {

class Requests {
public:
    explicit Requests(unsigned seed) : random_(seed) {}

    // Valid in each direction; every shape of overlap, from none to nearly half of the tile.
    Request next() {
        Request request;
        request.multiple = pick(1, 4) == 1 ? pick(2, 16) : 1;
        side(request.width, request.tile_width, request.overlap_width, request.multiple);
        side(request.height, request.tile_height, request.overlap_height, request.multiple);
        const int smaller = std::min(request.overlap_width, request.overlap_height);
        request.receptive_field = pick(-1, pick(0, 1) == 0 ? smaller : 2 * smaller + 8);
        return request;
    }

private:
    int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

    void side(int &frame, int &tile, int &overlap, int multiple) {
        frame = multiple * pick(1, 200);
        tile = multiple * pick(1, 60);
        overlap = pick(0, (tile - multiple) / 2);
        if (pick(0, 3) == 0)
            overlap = (tile - multiple) / 2;
    }

    std::mt19937 random_;
};

void expect_tiles_in_order(const std::vector<Span> &spans, int frame, int tile, int multiple) {
    EXPECT_EQ(spans.front().origin, 0);
    EXPECT_EQ(spans.front().begin, 0);
    EXPECT_EQ(spans.back().origin + spans.back().size, frame);
    EXPECT_EQ(spans.back().end, frame);
    for (std::size_t i = 0; i < spans.size(); ++i) {
        EXPECT_EQ(spans[i].size, std::min(tile, frame));
        EXPECT_EQ(spans[i].origin % multiple, 0);
        EXPECT_LE(spans[i].origin, spans[i].begin);
        EXPECT_LT(spans[i].begin, spans[i].end);
        EXPECT_LE(spans[i].end, spans[i].origin + spans[i].size);
        EXPECT_LE(spans[i].ramp_in + spans[i].ramp_out, spans[i].end - spans[i].begin);
        if (i > 0) {
            EXPECT_LT(spans[i - 1].origin, spans[i].origin);
        }
    }
}

void expect_weights_add_up(const std::vector<Span> &spans, int frame, int scale) {
    for (int x = 0; x < frame * scale; ++x) {
        double sum = 0;
        int counting = 0;
        for (const Span &span : spans) {
            const float share = weight(span, scale, x);
            ASSERT_GE(share, 0.0F);
            EXPECT_EQ(share > 0.0F, x >= span.begin * scale && x < span.end * scale);
            counting += share > 0.0F ? 1 : 0;
            sum += share;
        }
        ASSERT_NEAR(sum, 1.0, 1e-6) << "at " << x << " of " << frame << " x " << scale;
        ASSERT_LE(counting, 2);
    }
}

void expect_cut_edges_unused(const std::vector<Span> &spans, int frame, int overlap, int receptive_field) {
    if (receptive_field > overlap)
        return;
    for (const Span &span : spans) {
        if (span.origin > 0) {
            EXPECT_GE(span.begin, span.origin + receptive_field);
        }
        if (span.origin + span.size < frame) {
            EXPECT_LE(span.end, span.origin + span.size - receptive_field);
        }
    }
}

TEST(Property, SpansCoverTheFrameOnceAndSpareTheirCutEdges) {
    Requests requests(20);
    for (int trial = 0; trial < 4000 && !testing::Test::HasFailure(); ++trial) {
        const Request request = requests.next();
        SCOPED_TRACE(testing::Message()
                     << "trial " << trial << ": frame " << request.width << ", tile " << request.tile_width
                     << ", overlap " << request.overlap_width << ", multiple " << request.multiple
                     << ", receptive field " << request.receptive_field);
        const Plan plan = make_plan(request);
        expect_tiles_in_order(plan.columns, request.width, request.tile_width, request.multiple);
        expect_tiles_in_order(plan.rows, request.height, request.tile_height, request.multiple);
        expect_cut_edges_unused(plan.columns, request.width, request.overlap_width, request.receptive_field);
        expect_cut_edges_unused(plan.rows, request.height, request.overlap_height, request.receptive_field);
        if (trial % 4 != 0)
            continue;
        for (int scale = 1; scale <= 4; ++scale) {
            expect_weights_add_up(plan.columns, request.width, scale);
            expect_weights_add_up(plan.rows, request.height, scale);
        }
        EXPECT_EQ(to_text(plan), to_text(make_plan(request)));
    }
}

// A network in one direction: every output is a sum over `radius` neighbours on each side, zero outside.
std::vector<double> run_network(const std::vector<double> &input, int radius) {
    std::vector<double> output(input.size());
    const auto size = static_cast<int>(input.size());
    for (int x = 0; x < size; ++x)
        for (int k = std::max(0, x - radius); k <= std::min(size - 1, x + radius); ++k)
            output[static_cast<std::size_t>(x)] +=
                input[static_cast<std::size_t>(k)] * (1 + (k - x) * (k - x));
    return output;
}

TEST(Property, TiledEqualsUntiledWhenTheOverlapHoldsTheReceptiveField) {
    Requests requests(21);
    std::mt19937 random(22);
    for (int trial = 0; trial < 500; ++trial) {
        Request request = requests.next();
        request.receptive_field = std::min(request.overlap_width, 6);
        std::vector<double> frame(static_cast<std::size_t>(request.width));
        for (double &value : frame)
            value = static_cast<double>(random() % 256);

        std::vector<double> tiled(frame.size());
        for (const Span &span : make_plan(request).columns) {
            const auto from = frame.begin() + span.origin;
            const std::vector<double> output = run_network({from, from + span.size}, request.receptive_field);
            for (int x = span.begin; x < span.end; ++x)
                tiled[static_cast<std::size_t>(x)] +=
                    weight(span, 1, x) * output[static_cast<std::size_t>(x - span.origin)];
        }
        const std::vector<double> untiled = run_network(frame, request.receptive_field);
        for (std::size_t x = 0; x < frame.size(); ++x)
            ASSERT_NEAR(tiled[x], untiled[x], 1e-6 * (1 + untiled[x])) << "trial " << trial << " at " << x;
    }
}

} // namespace
} // namespace vsmlrt::tile
