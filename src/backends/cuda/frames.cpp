// A run is: planes to page-locked memory and on to the device (unless the store has them), a decode kernel
// for frames that the network's inputs do not hold yet, the network, and the kernels that encode; then the
// planes back. Everything is put on streams at once, so that the device never waits for the host in between.
#include "backends/cuda/frames.h"

#include "backends/cuda/frame_strips.h"
#include "backends/cuda/kernel_text.h"
#include "backends/cuda/launching.h"
#include "base/checked.h"
#include "base/error.h"
#include "base/text.h"
#include "pixel/color_matrix.h"
#include "pixel/frame_codec.h"

#include <algorithm>
#include <cstring>

namespace vsmlrt::cuda {
namespace {

using nvidia::check;
using nvidia::driver;

constexpr std::size_t plane_alignment = 256;

std::size_t aligned(std::size_t bytes) {
    return (bytes + plane_alignment - 1) / plane_alignment * plane_alignment;
}

SampleScale scale_of(const vsmlrt_frame_format &format) {
    SampleScale scale = {};
    for (int plane = 0; plane < 3; ++plane) {
        const pixel::SampleScale each = pixel::sample_scale(format, plane);
        scale.one[plane] = each.one;
        scale.of_one[plane] = 1 / each.one;
        scale.zero[plane] = each.zero;
    }
    return scale;
}

void copy_matrix(const pixel::Matrix3 &from, float (&to)[9]) {
    for (std::size_t i = 0; i < 9; ++i)
        to[i] = static_cast<float>(from[i / 3][i % 3]);
}

// Whole where rows follow each other: a large copy goes past the caches.
void copy_rows(std::byte *to, std::ptrdiff_t to_stride, const std::byte *from, std::ptrdiff_t from_stride,
               std::size_t row_bytes, int rows) {
    const auto dense = static_cast<std::ptrdiff_t>(row_bytes);
    if (to_stride == dense && from_stride == dense) {
        std::memcpy(to, from, row_bytes * static_cast<std::size_t>(rows));
        return;
    }
    for (int y = 0; y < rows; ++y)
        std::memcpy(to + y * to_stride, from + y * from_stride, row_bytes);
}

std::int64_t pixels(std::int64_t width, std::int64_t height) {
    return width * height;
}

// The frame's, and where chroma is subsampled also its fields'.
template <typename Args, typename Set>
std::vector<Args> by_field(const Args &of_frame, const vsmlrt_frame_format &format, const Set &set_field) {
    const std::span<const Field> fields = every_field(format);
    std::vector<Args> all(fields.size(), of_frame);
    for (const Field field : fields)
        set_field(field, all[field.index()]);
    return all;
}

// Where each does FRAME_PIXELS pixels of a row.
std::int64_t threads_for(int width, int height) {
    constexpr int warp = 32;
    constexpr int pixels_of_warp = warp * FRAME_PIXELS;
    return pixels((width + pixels_of_warp - 1) / pixels_of_warp, height) * warp;
}

std::int64_t blocks_of(std::int64_t threads) {
    return (threads + FRAME_THREADS - 1) / FRAME_THREADS;
}

} // namespace

Frames::Frames(const vsmlrt_frame_plan &plan, Ends ends, KernelCache &kernels, FrameStore &store,
               nvidia::SharedContext device, nvidia::StreamHandle *stream, const nvidia::Sleeper &sleeper)
    : plan_(plan), ends_(std::move(ends)), bytes_(bytes_of(plan, ends_.output.dims[1])), kernels_(kernels),
      store_(store), device_(std::move(device)), stream_(stream), sleeper_(sleeper) {
    std::size_t channel = 0;
    for (std::int32_t i = 0; i < plan_.num_inputs; ++i) {
        prepare_input(plan_.inputs[i], channel);
        channel += static_cast<std::size_t>(plan_.inputs[i].channels);
    }
    prepare_output();
    if (!single())
        prepare_tiles();
}

Frames::FrameLayout Frames::layout_of(const vsmlrt_frame_format &format, vsmlrt_extent extent,
                                      bool luma_alone) {
    FrameLayout layout;
    const int planes = format.family == VSMLRT_GRAY || luma_alone ? 1 : 3;
    for (int plane = 0; plane < planes; ++plane) {
        const bool chroma = format.family == VSMLRT_YUV && plane > 0;
        PlaneLayout each;
        each.offset = layout.bytes;
        each.row_bytes = static_cast<std::size_t>(extent.width >> (chroma ? format.subsampling_w : 0)) *
                         sample_bytes(format);
        each.rows = extent.height >> (chroma ? format.subsampling_h : 0);
        layout.bytes += aligned(each.row_bytes * static_cast<std::size_t>(each.rows));
        layout.planes.push_back(each);
    }
    return layout;
}

BytesOfFrames Frames::bytes_of(const vsmlrt_frame_plan &plan, std::int64_t channels) {
    BytesOfFrames bytes;
    for (std::int32_t i = 0; i < plan.num_inputs; ++i) {
        const vsmlrt_frame_input &input = plan.inputs[i];
        bytes.inputs +=
            static_cast<std::int64_t>(layout_of(input.format, input.extent, input.channels == 1).bytes);
    }
    const FrameLayout result = layout_of(plan.output, plan.output_extent, false);
    bytes.result = static_cast<std::int64_t>(result.bytes + sizeof(std::uint32_t));
    if (plan.num_columns > 1 || plan.num_rows > 1)
        bytes.sums = checked_mul(pixels(plan.output_extent.width, plan.output_extent.height),
                                 channels * static_cast<std::int64_t>(sizeof(float)), "the sums of tiles");
    return bytes;
}

void Frames::prepare_input(const vsmlrt_frame_input &from, std::size_t first_channel) {
    Input input;
    input.layout = layout_of(from.format, from.extent, from.channels == 1);
    FrameDecodeArgs args = {};
    args.threads = threads_for(plan_.tile.width, plan_.tile.height);
    args.scale = scale_of(from.format);
    if (from.format.family == VSMLRT_YUV) {
        copy_matrix(pixel::color_matrix(from.format.matrix)->to_rgb, args.matrix);
        set_colors(from.format, args);
    }
    args.width = from.extent.width;
    args.height = from.extent.height;
    args.tile_width = plan_.tile.width;
    args.tile_height = plan_.tile.height;
    args.border = plan_.border;
    input.args = {args};
    if (is_subsampled(from))
        input.args = by_field(args, from.format, [&](Field field, FrameDecodeArgs &of_field) {
            set_field(from, field, of_field);
        });
    Element type = Element::f32;
    std::size_t channel = 0;
    for (std::size_t number = 0; number < ends_.inputs.size(); ++number) {
        const End &end = ends_.inputs[number];
        for (std::int64_t of_tensor = 0; of_tensor < end.dims[1]; ++of_tensor, ++channel) {
            if (channel < first_channel || channel >= first_channel + static_cast<std::size_t>(from.channels))
                continue;
            if (channel > first_channel && end.type != type)
                throw Unsupported("cuda: the channels of one frame go to inputs of two types, ",
                                  element_name(type), " and ", element_name(end.type),
                                  "; one type is accepted");
            type = end.type;
            input.channels.push_back(
                {number,
                 static_cast<std::uint64_t>(of_tensor * pixels(plan_.tile.width, plan_.tile.height)) *
                     element_size(type),
                 channel});
        }
    }
    input.is_plane_of_floats = from.channels == 1 && from.format.family == VSMLRT_GRAY &&
                               from.format.sample == VSMLRT_FLOAT && from.format.bits == 32;
    // What comes besides a picture is one row as a rule, and the same for many frames: see upload.
    if (!input.is_plane_of_floats || first_channel == 0)
        input.staging = nvidia::PinnedMemory(device_, input.layout.bytes);
    input.decode = kernels_.function(decode_source(from, type));
    inputs_.push_back(std::move(input));
}

void Frames::prepare_output() {
    const vsmlrt_frame_format &format = plan_.output;
    const vsmlrt_extent extent = plan_.output_extent;
    const End &tensor = ends_.output;
    const Element type = single() ? tensor.type : Element::f32;
    result_ = layout_of(format, extent, false);
    result_staging_ = nvidia::PinnedMemory(device_, static_cast<std::size_t>(bytes_.result));
    picture_ = {0, tensor.dims[2] * tensor.dims[3], tensor.dims[3]};
    FrameEncodeArgs args = {};
    args.threads = threads_for(extent.width, extent.height);
    args.width = extent.width;
    args.height = extent.height;
    args.limit = plan_.limit;
    for (std::size_t plane = 0; plane < result_.planes.size(); ++plane)
        args.plane[plane] = {result_.planes[plane].offset,
                             static_cast<long long>(result_.planes[plane].row_bytes)};
    args.scale = scale_of(format);
    args.most = static_cast<float>((std::int64_t{1} << format.bits) - 1);
    if (format.family != VSMLRT_RGB && tensor.dims[1] == 3)
        copy_matrix(pixel::color_matrix(format.matrix)->from_rgb, args.matrix);
    encode_kernel_ = kernels_.function(encode_source(format, tensor.dims[1], type));
    encode_ = {args};
    if (!is_subsampled(format))
        return;
    const pixel::SampleScale luma = pixel::sample_scale(format, 0);
    for (std::size_t channel = 0; channel < 3; ++channel)
        args.of_luma[channel] = args.matrix[channel] * luma.one / args.most;
    args.luma_zero = luma.zero / args.most;
    const std::size_t four = 4 * sample_bytes(format);
    args.joined_luma = args.plane[0].data % four == 0 && result_.planes[0].row_bytes % four == 0;
    encode_ = by_field(args, format, [&](Field field, FrameEncodeArgs &of_field) {
        set_field(format, extent, field, of_field);
    });
}

void Frames::prepare_tiles() {
    const End &tensor = ends_.output;
    const std::int64_t plane = pixels(plan_.output_extent.width, plan_.output_extent.height);
    picture_ = {0, plane, plan_.output_extent.width};
    std::vector<float> weights;
    const auto add = [&](const vsmlrt_tile_span *spans, std::int32_t count,
                         std::vector<std::uint64_t> &places) {
        for (std::int32_t i = 0; i < count; ++i) {
            places.push_back(weights.size() * sizeof(float));
            weights.insert(weights.end(), spans[i].weights, spans[i].weights + spans[i].count);
        }
    };
    add(plan_.columns, plan_.num_columns, column_weights_);
    add(plan_.rows, plan_.num_rows, row_weights_);
    weights_ = nvidia::DeviceMemory(device_, weights.size() * sizeof(float), "the weights of tiles");
    // On the stream that reads them: a copy on another may still be under way when it returns.
    check(driver().copy_to_device_async(weights_.address(), weights.data(), weights.size() * sizeof(float),
                                        stream_),
          "copying to the GPU");
    check(driver().stream_synchronize(stream_), "copying to the GPU");
    for (std::vector<std::uint64_t> *places : {&column_weights_, &row_weights_})
        for (std::uint64_t &place : *places)
            place += weights_.address();
    blend_tile_ = kernels_.function(blend_source(tensor.type));
}

template <typename Args>
void Frames::launch(Kernel kernel, Args &args, const Network &network, std::int64_t blocks,
                    unsigned shared_bytes, unsigned threads) {
    nvidia::LaunchConfig config;
    config.grid[0] = static_cast<unsigned>(size_argument(blocks));
    config.block[0] = threads;
    config.shared_bytes = shared_bytes;
    config.stream = network.stream;
    void *parameters[] = {&args};
    check(driver().launch(&config, kernel, parameters, nullptr), "launching a kernel");
}

namespace {

// Of a plane of floats: whether all rows are the same, and all columns. Pictures differ at once.
void find_even(const vsmlrt_plane &plane, std::size_t row_bytes, int rows, StoredFrame &stored) {
    const auto row = [&](int y) { return static_cast<const std::byte *>(plane.data) + y * plane.stride; };
    stored.rows_equal = true;
    for (int y = 1; plane.stride != 0 && y < rows && stored.rows_equal; ++y)
        stored.rows_equal = std::memcmp(row(0), row(y), row_bytes) == 0;
    stored.columns_equal = true;
    for (int y = 0; y < (stored.rows_equal ? 1 : rows) && stored.columns_equal; ++y)
        stored.columns_equal = std::memcmp(row(y), row(y) + sizeof(float), row_bytes - sizeof(float)) == 0;
}

} // namespace

void Frames::upload(Input &input, const vsmlrt_frame &frame) {
    const bool is_one_row = input.is_plane_of_floats && frame.planes[0].stride == 0;
    const std::size_t bytes = is_one_row ? aligned(input.layout.planes[0].row_bytes) : input.layout.bytes;
    input.frame = store_.find(frame.identity, bytes);
    StoredFrame &stored = *input.frame;
    const std::lock_guard lock(stored.mutex);
    if (stored.filled) {
        check(driver().stream_wait_event(stream_, stored.ready.get(), 0), "waiting for a frame");
        return;
    }
    if (input.staging.bytes() < bytes)
        input.staging = nvidia::PinnedMemory(device_, bytes);
    for (std::size_t i = 0; i < input.layout.planes.size(); ++i) {
        const PlaneLayout &plane = input.layout.planes[i];
        const vsmlrt_plane &from = frame.planes[i];
        const bool one_row = from.stride == 0;
        stored.strides[i] = one_row ? 0 : static_cast<std::ptrdiff_t>(plane.row_bytes);
        const int rows = one_row ? 1 : plane.rows;
        std::byte *const to = input.staging.data() + plane.offset;
        copy_rows(to, static_cast<std::ptrdiff_t>(plane.row_bytes), static_cast<const std::byte *>(from.data),
                  from.stride, plane.row_bytes, rows);
        check(driver().copy_to_device_async(stored.memory.address() + plane.offset, to,
                                            static_cast<std::size_t>(rows) * plane.row_bytes, stream_),
              "copying a frame to the GPU");
    }
    stored.rows_equal = stored.columns_equal = false;
    if (input.is_plane_of_floats)
        find_even(frame.planes[0], input.layout.planes[0].row_bytes, input.layout.planes[0].rows, stored);
    check(driver().event_record(stored.ready.get(), stream_), "copying a frame to the GPU");
    stored.filled = true;
}

EvenChannels Frames::even_channels() const {
    EvenChannels even = 0;
    if (plan_.border == VSMLRT_BORDER_ZERO)
        return even;
    for (const Input &input : inputs_)
        for (const Input::Channel &channel : input.channels)
            if (channel.number < most_even_channels)
                even |=
                    EvenChannels{(input.frame->rows_equal ? 1U : 0U) | (input.frame->columns_equal ? 2U : 0U)}
                    << 2 * channel.number;
    return even;
}

void Frames::decode(const vsmlrt_frame *frames, const Network &network, int origin_x, int origin_y) {
    const std::span<HeldInputs::Part> held = network.held.of(plan_);
    std::vector<std::size_t> together;
    const auto launch_them = [&] {
        if (!together.empty())
            decode_together(together, frames[together.front()].interlaced != 0, network, origin_x, origin_y);
        together.clear();
    };
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
        const HeldInputs::Part wanted{frames[i].identity, frames[i].interlaced, origin_x, origin_y};
        if (wanted.identity != 0 && held[i] == wanted)
            continue;
        held[i] = wanted;
        if (!together.empty()) {
            const std::size_t first = together.front();
            if (together.size() == FRAMES_AT_ONCE || !is_subsampled(plan_.inputs[i]) ||
                inputs_[i].decode != inputs_[first].decode ||
                (frames[i].interlaced != 0) != (frames[first].interlaced != 0) ||
                std::memcmp(&plan_.inputs[i], &plan_.inputs[first], sizeof(vsmlrt_frame_input)) != 0)
                launch_them();
        }
        together.push_back(i);
    }
    launch_them();
}

void Frames::set_places(std::span<const std::size_t> numbers, const Network &network,
                        FrameDecodeArgs &args) const {
    const Input &first = inputs_[numbers.front()];
    std::uint64_t outputs = 0;
    std::uint64_t luma = 0;
    std::uint64_t chroma = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        const Input &input = inputs_[numbers[i]];
        DecodedFrame &frame = args.frame[i];
        for (std::size_t channel = 0; channel < input.channels.size(); ++channel) {
            frame.output[channel] =
                network.inputs[input.channels[channel].input] + input.channels[channel].offset;
            outputs |= frame.output[channel];
        }
        for (std::size_t plane = 0; plane < input.layout.planes.size(); ++plane)
            frame.plane[plane] = {input.frame->memory.address() + input.layout.planes[plane].offset,
                                  input.frame->strides[plane]};
        luma |= frame.plane[0].data | static_cast<std::uint64_t>(frame.plane[0].stride);
        for (const FramePlane &plane : {frame.plane[1], frame.plane[2]})
            chroma |= plane.data | static_cast<std::uint64_t>(plane.stride);
    }
    const vsmlrt_frame_format &format = plan_.inputs[numbers.front()].format;
    const std::size_t sample = sample_bytes(format);
    // What the kernel reads of chroma by one access.
    const std::size_t neighbours = std::size_t{4} >> format.subsampling_w;
    const std::size_t element = element_size(ends_.inputs[first.channels.front().input].type);
    args.joined_pixels =
        args.origin_x % 4 == 0 && args.tile_width % 4 == 0 && outputs % (4 * element) == 0 ? 1 : 0;
    args.joined =
        args.joined_pixels != 0 && luma % (4 * sample) == 0 && chroma % (neighbours * sample) == 0 ? 1 : 0;
}

void Frames::decode_together(std::span<const std::size_t> numbers, bool interlaced, const Network &network,
                             int origin_x, int origin_y) {
    const Input &first = inputs_[numbers.front()];
    const vsmlrt_frame_input &from = plan_.inputs[numbers.front()];
    const auto placed = [&](FrameDecodeArgs args) {
        args.origin_x = origin_x;
        args.origin_y = origin_y;
        set_places(numbers, network, args);
        return args;
    };
    if (!is_subsampled(from)) {
        FrameDecodeArgs args = placed(first.args.front());
        launch(first.decode, args, network, blocks_of(args.threads));
        return;
    }
    const auto frames = static_cast<int>(numbers.size());
    for (const Field field : fields_of(from.format, interlaced)) {
        FrameDecodeArgs args = placed(first.args[field.index()]);
        for (DecodedFrame &frame : args.frame)
            for (FramePlane &plane : frame.plane)
                plane = plane_of(plane, field);
        set_strips(from.format, frames, network.parts, args);
        launch(first.decode, args, network, std::int64_t{frames} * args.blocks, 0, FRAME_STRIP_THREADS);
    }
}

void Frames::blend(const Network &network, std::size_t column, std::size_t row) const {
    const vsmlrt_tile_span &across = plan_.columns[column];
    const vsmlrt_tile_span &down = plan_.rows[row];
    const End &tensor = ends_.output;
    const std::int64_t width = tensor.dims[3];
    const auto skipped = static_cast<std::uint64_t>(down.skip * width + across.skip);
    const auto before = static_cast<std::uint64_t>(
        static_cast<std::int64_t>(down.first) * plan_.output_extent.width + across.first);
    TileBlendArgs args = {};
    args.threads = pixels(across.count, down.count);
    args.tile = {network.output + skipped * element_size(tensor.type), tensor.dims[2] * width, width};
    args.sums = picture_;
    args.sums.data += before * sizeof(float);
    args.column_weights = column_weights_[column];
    args.row_weights = row_weights_[row];
    args.width = across.count;
    args.channels = static_cast<int>(tensor.dims[1]);
    launch(blend_tile_, args, network, blocks_of(args.threads));
}

void Frames::encode(const vsmlrt_frame &output, const Network &network, const ResultStore::Result &result) {
    const auto placed = [&](FrameEncodeArgs args) {
        args.input = picture_;
        for (FramePlane &plane : args.plane)
            plane.data += result.address();
        args.not_finite = result.address() + result_.bytes;
        args.frame = result.frame();
        return args;
    };
    if (!is_subsampled(plan_.output)) {
        FrameEncodeArgs args = placed(encode_.front());
        launch(encode_kernel_, args, network, blocks_of(args.threads));
        return;
    }
    const std::size_t element = element_size(single() ? ends_.output.type : Element::f32);
    for (const Field field : fields_of(plan_.output, output.interlaced != 0)) {
        FrameEncodeArgs args = placed(encode_[field.index()]);
        args.input.data += static_cast<std::uint64_t>(field.number * picture_.row_stride) * element;
        args.input.row_stride *= field.count;
        args.joined_pixels = picture_.data % (4 * element) == 0 && picture_.row_stride % 4 == 0 &&
                             picture_.channel_stride % 4 == 0;
        for (FramePlane &plane : args.plane)
            plane = plane_of(plane, field);
        const std::int64_t blocks = set_strips(plan_.output, args);
        launch(encode_kernel_, args, network, blocks, FRAME_STRIP_BYTES, FRAME_STRIP_THREADS);
    }
}

void Frames::copy_planes(const vsmlrt_frame &frame) const {
    for (std::size_t i = 0; i < result_.planes.size(); ++i) {
        const PlaneLayout &plane = result_.planes[i];
        const std::byte *const from = result_staging_.data() + plane.offset;
        copy_rows(static_cast<std::byte *>(frame.planes[i].data), frame.planes[i].stride, from,
                  static_cast<std::ptrdiff_t>(plane.row_bytes), plane.row_bytes, plane.rows);
    }
}

std::size_t Frames::locked_bytes() const {
    std::size_t bytes = result_staging_.bytes();
    for (const Input &input : inputs_)
        bytes += input.staging.bytes();
    return bytes;
}

void Frames::upload(const vsmlrt_frame *inputs) {
    for (std::size_t i = 0; i < inputs_.size(); ++i)
        upload(inputs_[i], inputs[i]);
}

void Frames::compute(const vsmlrt_frame *inputs, const Network &network) {
    picture_.data = single() ? network.output : network.sums;
    if (!single())
        check(driver().fill_async(network.sums, 0, static_cast<std::size_t>(bytes_.sums), network.stream),
              "clearing memory");
    for (std::int32_t row = 0; row < plan_.num_rows; ++row)
        for (std::int32_t column = 0; column < plan_.num_columns; ++column) {
            decode(inputs, network, plan_.columns[column].origin, plan_.rows[row].origin);
            network.enqueue(even_channels());
            if (!single())
                blend(network, static_cast<std::size_t>(column), static_cast<std::size_t>(row));
        }
}

bool Frames::download(const vsmlrt_frame &output, ResultStore::Result &result) {
    check(driver().copy_to_host_async(result_staging_.data(), result.address(), result_staging_.bytes(),
                                      stream_),
          "copying a frame from the GPU");
    result.copied_on(stream_);
    sleeper_.wait_for(stream_, "running the network");
    result.complete();
    for (Input &input : inputs_)
        input.frame.reset();
    copy_planes(output);
    std::uint32_t not_finite = 0;
    std::memcpy(&not_finite, result_staging_.data() + result_.bytes, sizeof not_finite);
    return not_finite == result.frame();
}

} // namespace vsmlrt::cuda
