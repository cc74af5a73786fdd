// Frames in a clip's own format through the device: uploaded as they are, decoded to the network's input,
// its result encoded and downloaded. The kernels are kernels/frame_*.cuh; src/pixel/frame_codec is what they
// must give.
#pragma once

#include "backends/cuda/bytes_of_frames.h"
#include "backends/cuda/frame_sources.h"
#include "backends/cuda/frame_store.h"
#include "backends/cuda/held_inputs.h"
#include "backends/cuda/kernel_cache.h"
#include "backends/cuda/kernels/frame_args.cuh"
#include "backends/cuda/result_store.h"
#include "backends/cuda/tensor.h"
#include "vsmlrt/backend.h"

#include <functional>
#include <span>
#include <string>

namespace vsmlrt::cuda {

// What one context needs for the frames of a plan. Used by one thread at a time; frames are copied on its
// stream and computed on the network's.
class Frames {
public:
    // One end of the network: a dense NCHW tensor.
    struct End {
        Element type = Element::f32;
        Shape dims;
    };
    struct Ends {
        std::vector<End> inputs;
        End output;
    };
    // Where a frame is computed: the addresses of the ends and of the sums of tiles, what the inputs hold,
    // the stream, of how many parts of the GPU it has one, and what puts the network on it.
    struct Network {
        std::vector<std::uint64_t> inputs;
        std::uint64_t output = 0;
        std::uint64_t sums = 0;
        HeldInputs &held;
        nvidia::StreamHandle *stream;
        int parts = 1;
        std::function<void(EvenChannels)> enqueue;
    };

    // The plan, the stores and the sleeper outlive this. DeviceError where the memory for frames of this size
    // is lacking.
    Frames(const vsmlrt_frame_plan &plan, Ends ends, KernelCache &kernels, FrameStore &store,
           nvidia::SharedContext device, nvidia::StreamHandle *stream, const nvidia::Sleeper &sleeper);

    // What frames of a plan take at most, of whose network's result there are so many channels: planes that
    // are one row, see upload, take less.
    [[nodiscard]] static BytesOfFrames bytes_of(const vsmlrt_frame_plan &plan, std::int64_t channels);
    [[nodiscard]] const BytesOfFrames &bytes() const { return bytes_; }
    // Of page-locked memory, for frames on their way.
    [[nodiscard]] std::size_t locked_bytes() const;

    // The four parts of a frame, in this order. The network's stream, on which it is computed and encoded,
    // comes behind the upload on this one, and the download behind that: the caller sees to it. The result
    // is as large as bytes() says, and was taken on the network's stream.
    void upload(const vsmlrt_frame *inputs);
    void compute(const vsmlrt_frame *inputs, const Network &network);
    void encode(const vsmlrt_frame &output, const Network &network, const ResultStore::Result &result);
    // Blocks until `output` is complete. True if the network's result held a NaN or an infinity.
    [[nodiscard]] bool download(const vsmlrt_frame &output, ResultStore::Result &result);

private:
    // Planes of a frame as they lie in the staging memory and on the device, one behind the other.
    struct PlaneLayout {
        std::size_t offset = 0;
        std::size_t row_bytes = 0;
        int rows = 0;
    };
    struct FrameLayout {
        std::vector<PlaneLayout> planes;
        std::size_t bytes = 0;
    };
    using Kernel = nvidia::FunctionHandle *;
    struct Input {
        FrameLayout layout;
        Kernel decode = nullptr;
        std::vector<FrameDecodeArgs> args; // by Field::index, without the frames' places
        // Of the network whose input each channel is, and how far into it; the frame's own channels alone.
        struct Channel {
            std::size_t input = 0;
            std::uint64_t offset = 0; // bytes
            std::size_t number = 0;   // of all inputs' channels
        };
        std::vector<Channel> channels;
        bool is_plane_of_floats = false;
        nvidia::PinnedMemory staging;
        std::shared_ptr<StoredFrame> frame; // of the run
    };

    [[nodiscard]] static FrameLayout layout_of(const vsmlrt_frame_format &format, vsmlrt_extent extent,
                                               bool luma_alone);
    void prepare_input(const vsmlrt_frame_input &from, std::size_t first_channel);
    void prepare_output();
    void prepare_tiles();
    template <typename Args>
    static void launch(Kernel kernel, Args &args, const Network &network, std::int64_t blocks,
                       unsigned shared_bytes = 0, unsigned threads = FRAME_THREADS);

    void upload(Input &input, const vsmlrt_frame &frame);
    void decode(const vsmlrt_frame *inputs, const Network &network, int origin_x, int origin_y);
    [[nodiscard]] EvenChannels even_channels() const;
    // Inputs of equal format and size, FRAMES_AT_ONCE of them at most.
    void set_places(std::span<const std::size_t> numbers, const Network &network,
                    FrameDecodeArgs &args) const;
    void decode_together(std::span<const std::size_t> numbers, bool interlaced, const Network &network,
                         int origin_x, int origin_y);
    void blend(const Network &network, std::size_t column, std::size_t row) const;
    void copy_planes(const vsmlrt_frame &frame) const;
    [[nodiscard]] bool single() const { return plan_.num_columns == 1 && plan_.num_rows == 1; }

    const vsmlrt_frame_plan &plan_;
    Ends ends_;
    BytesOfFrames bytes_;
    KernelCache &kernels_;
    FrameStore &store_;
    nvidia::SharedContext device_;
    nvidia::StreamHandle *stream_;
    const nvidia::Sleeper &sleeper_;
    std::vector<Input> inputs_;

    FrameLayout result_;
    nvidia::PinnedMemory result_staging_; // planes, then the last frame that was not finite
    PlanarPicture picture_ = {};          // that is encoded
    std::vector<FrameEncodeArgs> encode_; // by Field::index, without the picture; places in the result
    Kernel encode_kernel_ = nullptr;

    // With several tiles alone.
    Kernel blend_tile_ = nullptr;
    nvidia::DeviceMemory weights_;
    std::vector<std::uint64_t> column_weights_; // addresses
    std::vector<std::uint64_t> row_weights_;
};

} // namespace vsmlrt::cuda
