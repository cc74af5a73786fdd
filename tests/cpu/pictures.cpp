#include "cpu/pictures.h"

#include "networks/builder.h"
#include "tensor/half.h"

#include <algorithm>
#include <cmath>

namespace vsmlrt::test {

using cpu::Storage;

Picture::Picture(cpu::Extent extent_, std::int64_t channels_, Storage storage_, unsigned seed,
                 std::int64_t pixel_)
    : extent(extent_), channels(channels_), pixel(pixel_ ? pixel_ : channels_), storage(storage_),
      floats(Random(seed).list(extent.height * extent.width * pixel, 1)) {
    for (std::size_t i = 0; i < floats.size(); ++i)
        if (static_cast<std::int64_t>(i) % pixel >= channels)
            floats[i] = 0;
    if (storage == Storage::fp32)
        return;
    for (float &value : floats) {
        bfloats.push_back(float_to_bfloat(value));
        value = bfloat_to_float(bfloats.back());
    }
}

cpu::Image Picture::image() {
    void *const data = storage == Storage::bf16 ? static_cast<void *>(bfloats.data()) : floats.data();
    return {data, storage, extent, channels, pixel};
}

float Picture::at(std::int64_t y, std::int64_t x, std::int64_t channel) const {
    if (y < 0 || x < 0 || y >= extent.height || x >= extent.width)
        return 0;
    const auto index = static_cast<std::size_t>((y * extent.width + x) * pixel + channel);
    return storage == Storage::bf16 ? bfloat_to_float(bfloats[index]) : floats[index];
}

Constants::Constants(std::int64_t inputs_, std::int64_t outputs_, bool sloped, unsigned seed, cpu::Form form_)
    : inputs(inputs_), outputs(outputs_), form(form_),
      weights(Random(seed).list(inputs * outputs * form.side * form.side, 0.1F)),
      bias(Random(seed + 1).list(outputs, 0.5F)),
      slopes(sloped ? Random(seed + 2).list(outputs, 0.5F) : std::vector<float>()) {}

cpu::ConvolutionDesc Constants::desc(cpu::Pads pads) const {
    return {inputs, outputs, pads, weights, bias, slopes, form};
}

namespace {

// The sum over one channel of the input.
double products(const Constants &constants, cpu::Pads pads, const Picture &input, std::int64_t y,
                std::int64_t x, std::int64_t channel, std::int64_t i) {
    const auto [side, stride, transposed] = constants.form;
    const float *const filter = constants.weights.data() + (channel * constants.inputs + i) * side * side;
    if (transposed)
        return static_cast<double>(filter[y % side * side + x % side]) * input.at(y / side, x / side, i);
    double sum = 0;
    for (std::int64_t tap = 0; tap < side * side; ++tap)
        sum += static_cast<double>(filter[tap]) *
               input.at(y * stride + tap / side - pads.top, x * stride + tap % side - pads.left, i);
    return sum;
}

} // namespace

double convolved(const Constants &constants, cpu::Pads pads, const Picture &input, std::int64_t y,
                 std::int64_t x, std::int64_t channel, const Picture *before, const Picture *after) {
    const auto o = static_cast<std::size_t>(channel);
    double sum = constants.bias[o];
    for (std::int64_t i = 0; i < constants.inputs; ++i)
        sum += products(constants, pads, input, y, x, channel, i);
    if (before)
        sum += before->at(y, x, channel);
    if (!constants.slopes.empty() && sum < 0)
        sum *= constants.slopes[o];
    if (after)
        sum += after->at(y, x, channel);
    return sum;
}

std::string ConvolutionCase::name() const {
    return std::to_string(inputs) + " to " + std::to_string(outputs) + " of " +
           std::to_string(extent.height) + "x" + std::to_string(extent.width) + ", side " +
           std::to_string(form.side) + ", stride " + std::to_string(form.stride);
}

double greatest_error(const ConvolutionCase &c, const Constants &constants, const Picture &input,
                      const Picture &output, const Picture &before, const Picture &after) {
    double worst = 0;
    for (std::int64_t y = 0; y < output.extent.height; ++y)
        for (std::int64_t x = 0; x < output.extent.width; ++x)
            for (std::int64_t o = 0; o < c.outputs; ++o) {
                const double wanted =
                    convolved(constants, c.pads, input, y, x, o, c.added_before ? &before : nullptr,
                              c.added_after ? &after : nullptr);
                worst = std::max(worst, std::abs(output.at(y, x, o) - wanted) / (1 + std::abs(wanted)));
            }
    return worst;
}

} // namespace vsmlrt::test
