// IFNet of RIFE v4.0 to v4.26 as PyTorch exports it. Structure: Practical-RIFE's IFNet_HDv3
// (https://github.com/hzwer/Practical-RIFE): blocks of two strided convolutions, residual ones and a
// transposed one with pixel shuffle, each at a scale of its own; pictures warped by what the blocks before it
// found.
#include "networks/builder.h"
#include "networks/families.h"

namespace vsmlrt::test {
namespace {

class Ifnet {
public:
    explicit Ifnet(const RifeShape &shape) : shape_(shape) {}

    model::Network build() && {
        const Name whole = b_.input(shape_.grids ? 11 : 7);
        for (int picture = 0; picture < 2; ++picture)
            pictures_.push_back(channels(whole, 3 * picture, 3 * picture + 3));
        moment_ = channels(whole, 6, 7);
        if (shape_.grids) {
            grid_ = channels(whole, 7, 9);
            step_ = channels(whole, 9, 11);
        } else {
            make_grid();
        }
        if (shape_.encoded > 0)
            for (const Name &picture : pictures_)
                encoded_.push_back(encode(picture));
        for (std::size_t i = 0; i < shape_.widths.size(); ++i)
            step(i);
        const Name mask = b_.node("Sigmoid", {mask_});
        const Name rest = b_.node("Sub", {b_.real(1), mask});
        const std::vector<Name> warped = warp(pictures_);
        return b_
            .output(b_.node("Add", {b_.node("Mul", {warped[0], mask}), b_.node("Mul", {warped[1], rest})}))
            .network();
    }

private:
    Name channels(const Name &x, std::int64_t from, std::int64_t to) {
        return b_.node("Slice", {x, b_.integers({from}), b_.integers({to}), b_.integers({1})});
    }
    Name joined(const std::vector<Name> &parts) {
        return b_.node("Concat", parts, {{"axis", std::int64_t{1}}});
    }
    Name resized(const Name &x, float factor) {
        return b_.node("Resize", {x, "", b_.constant({4}, {1, 1, factor, factor})},
                       {{"mode", std::string("linear")},
                        {"coordinate_transformation_mode", std::string("pytorch_half_pixel")}});
    }
    Name leaky(const Name &x) { return b_.leaky(x, 0.2F); }
    Name times(const Name &x, float factor) { return b_.node("Mul", {x, b_.real(factor)}); }
    Name sum(const Name &x, const Name &y) { return x.empty() ? y : b_.node("Add", {x, y}); }

    Name transposed(const Name &x, int from, int to, float gain) {
        return b_.node(
            "ConvTranspose", {x, b_.random({from, to, 4, 4}, -gain, gain), b_.random({to}, -gain, gain)},
            {{"kernel_shape", ints({4, 4})}, {"strides", ints({2, 2})}, {"pads", ints({1, 1, 1, 1})}});
    }

    Name encode(const Name &picture) {
        const Name first = leaky(b_.conv(picture, 3, 16, 3, 2));
        const Name second = leaky(b_.conv(leaky(b_.conv(first, 16, 16)), 16, 16));
        return transposed(second, 16, shape_.encoded, 0.1F);
    }

    // Positions from -1 to 1 and the step that is one pixel, from the picture's size.
    void make_grid() {
        const Name size = b_.node("Shape", {pictures_[0]});
        std::vector<Name> lines;
        std::vector<Name> steps;
        for (const std::int64_t axis : {3, 2}) {
            const Name length = b_.node("Gather", {size, b_.integer(axis)}, {{"axis", std::int64_t{0}}});
            const Name places = b_.node("Range", {b_.integer(0), length, b_.integer(1)});
            const Name real = b_.node("Cast", {places}, {{"to", std::int64_t{1}}});
            const Name last =
                b_.node("Sub", {b_.node("Cast", {length}, {{"to", std::int64_t{1}}}), b_.real(1)});
            const Name step = times(b_.node("Reciprocal", {last}), 2);
            const Name line = b_.node("Sub", {b_.node("Mul", {real, step}), b_.real(1)});
            const Name shaped = b_.node(
                "Reshape", {line, axis == 3 ? b_.integers({1, 1, 1, -1}) : b_.integers({1, 1, -1, 1})});
            const Name sides = b_.node("Slice", {size, b_.integers({2}), b_.integers({4}), b_.integers({0})});
            const Name full = b_.node("Concat", {b_.integers({1, 1}), sides}, {{"axis", std::int64_t{0}}});
            lines.push_back(b_.node("Expand", {shaped, full}));
            steps.push_back(b_.node("Reshape", {step, b_.integers({1, 1, 1, 1})}));
        }
        grid_ = joined(lines);
        step_ = joined(steps);
    }

    std::vector<Name> warp(const std::vector<Name> &list) {
        std::vector<Name> warped;
        for (std::int64_t i = 0; i < 2; ++i) {
            const Name moved = b_.node("Mul", {channels(flow_, 2 * i, 2 * i + 2), step_});
            const Name grid =
                b_.node("Transpose", {b_.node("Add", {grid_, moved})}, {{"perm", ints({0, 2, 3, 1})}});
            warped.push_back(b_.node("GridSample", {list[static_cast<std::size_t>(i)], grid},
                                     {{"mode", std::string("bilinear")},
                                      {"padding_mode", std::string("border")},
                                      {"align_corners", std::int64_t{1}}}));
        }
        return warped;
    }

    // What a block adds, at the full size: flow (4 channels), mask, features for the next one.
    Name block(std::size_t index, const Name &read, const Name &flow, int from) {
        const int width = shape_.widths[index];
        const float scale = shape_.scales[index];
        Name x = resized(read, 1 / scale);
        if (!flow.empty())
            x = joined({x, times(resized(flow, 1 / scale), 1 / scale)});
        x = leaky(b_.conv(x, from, width / 2, 3, 2));
        x = leaky(b_.conv(x, width / 2, width, 3, 2));
        for (int i = 0; i < shape_.residuals; ++i) {
            const Name change =
                b_.node("Mul", {b_.conv(x, width, width), b_.random({1, width, 1, 1}, 0.1F, 0.3F)});
            x = leaky(b_.node("Add", {change, x}));
        }
        const int results = shape_.encoded > 0 ? 13 : 6;
        const Name grown = transposed(x, width, 4 * results, shape_.flow * 0.5F / static_cast<float>(width));
        const Name shuffled =
            b_.node("DepthToSpace", {grown}, {{"blocksize", std::int64_t{2}}, {"mode", std::string("CRD")}});
        return resized(shuffled, scale);
    }

    [[nodiscard]] std::vector<Name> read_by_block(const std::vector<std::size_t> &order, const Name &moment) {
        std::vector<Name> list;
        const bool first = flow_.empty();
        const std::vector<Name> seen = first ? pictures_ : warp(pictures_);
        const std::vector<Name> felt = encoded_.empty() ? std::vector<Name>{}
                                       : first          ? encoded_
                                                        : warp(encoded_);
        for (const std::vector<Name> *each : {&seen, &felt})
            for (const std::size_t i : order)
                if (!each->empty())
                    list.push_back((*each)[i]);
        list.push_back(moment);
        return list;
    }

    void step(std::size_t index) {
        const int from =
            7 + 2 * shape_.encoded + (index == 0 ? 0 : 5) + (index > 0 && shape_.encoded > 0 ? 8 : 0);
        std::vector<Name> read = read_by_block({0, 1}, moment_);
        if (index > 0)
            read.push_back(mask_);
        if (!features_.empty())
            read.push_back(features_);
        const Name told = block(index, joined(read), flow_, from);
        Name found = channels(told, 0, 4);
        Name mask = channels(told, 4, 5);
        if (shape_.ensemble) {
            // Once more with the pictures changed for each other; the mean of both.
            const auto other = [&](const Name &x) { return joined({channels(x, 2, 4), channels(x, 0, 2)}); };
            std::vector<Name> turned = read_by_block({1, 0}, b_.node("Sub", {b_.real(1), moment_}));
            if (index > 0)
                turned.push_back(b_.node("Neg", {mask_}));
            const Name back = block(index, joined(turned), flow_.empty() ? Name() : other(flow_), from);
            found = times(b_.node("Add", {found, other(channels(back, 0, 4))}), 0.5F);
            mask = times(b_.node("Sub", {mask, channels(back, 4, 5)}), 0.5F);
        }
        flow_ = sum(flow_, times(found, shape_.scales[index]));
        mask_ = shape_.encoded > 0 ? mask : sum(mask_, mask);
        if (shape_.encoded > 0)
            features_ = channels(told, 5, 13);
    }

    RifeShape shape_;
    Builder b_;
    std::vector<Name> pictures_;
    std::vector<Name> encoded_;
    Name moment_, grid_, step_, flow_, mask_, features_;
};

} // namespace

model::Network rife_v4(const RifeShape &shape) {
    return Ifnet(shape).build();
}

} // namespace vsmlrt::test
