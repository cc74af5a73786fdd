// Frames in a clip's own format through the device: uploaded as they are, decoded to the network's input,
// its result encoded and downloaded. The kernels are kernels/frame_*.cuh; src/pixel/frame_codec is what they
// must give.
#pragma once

#include "backends/cuda/frame_store.h"
#include "backends/cuda/kernel_cache.h"
#include "backends/cuda/kernels/frame_args.cuh"
#include "backends/cuda/tensor.h"
#include "vsmlrt/backend.h"

#include <functional>
#include <span>
#include <string>

namespace vsmlrt::cuda {

[[nodiscard]] bool accepts_frames(std::span<const vsmlrt_frame_input> inputs, int output_channels,
                                  const vsmlrt_frame_format &output);

// The texts of the kernels between a format and tensors of a type.
[[nodiscard]] std::string decode_source(const vsmlrt_frame_input &input, Element tensor);
struct EncodeSources {
    std::string pixels;
    std::string chroma_rows; // these two where chroma is subsampled, else empty
    std::string chroma;
};
[[nodiscard]] EncodeSources encode_sources(const vsmlrt_frame_format &format, std::int64_t channels,
                                           Element tensor);
[[nodiscard]] std::string blend_source(Element tensor);

// What one context needs for the frames of a plan. Used by one thread at a time, on one stream.
class Frames {
public:
    // One end of the network on the device: a dense NCHW tensor.
    struct End {
        Tensor tensor;
        std::uint64_t address = 0;
    };
    struct Network {
        std::vector<End> inputs;
        End output;
    };

    // The plan outlives this. DeviceError where there is no memory for frames of this size.
    Frames(const vsmlrt_frame_plan &plan, Network network, KernelCache &kernels, FrameStore &store,
           nvidia::SharedContext device, nvidia::StreamHandle *stream);

    // One frame: `run_network` puts the network on the stream. Blocks until `output` is complete. True if the
    // network's result held a NaN or an infinity.
    [[nodiscard]] bool run(const vsmlrt_frame *inputs, const vsmlrt_frame &output,
                           const std::function<void()> &run_network);

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
    // Tables for chroma on the device.
    struct Tables {
        nvidia::DeviceMemory memory;
        ResamplingTable across = {};
        ResamplingTable down = {};
    };
    struct Input {
        FrameLayout layout;
        Kernel decode = nullptr;
        FrameDecodeArgs args = {};
        nvidia::PinnedMemory staging;
        std::array<Tables, 2> tables;       // progressive, interlaced; made when first needed
        std::shared_ptr<StoredFrame> frame; // of the run
    };

    [[nodiscard]] static FrameLayout layout_of(const vsmlrt_frame_format &format, vsmlrt_extent extent,
                                               bool luma_alone);
    void prepare_input(const vsmlrt_frame_input &from, std::size_t first_channel);
    void prepare_output();
    void prepare_tiles();
    [[nodiscard]] const Tables &tables_of(std::array<Tables, 2> &made, const vsmlrt_frame_format &format,
                                          vsmlrt_extent extent, bool interlaced, bool enlarging);
    template <typename Args>
    void launch(Kernel kernel, Args &args) const;

    void upload(Input &input, const vsmlrt_frame &frame);
    void decode(const vsmlrt_frame *inputs, int origin_x, int origin_y);
    void blend(std::size_t column, std::size_t row) const;
    void encode(bool interlaced);
    void download(const vsmlrt_frame &frame) const;
    [[nodiscard]] bool single() const { return plan_.num_columns == 1 && plan_.num_rows == 1; }

    const vsmlrt_frame_plan &plan_;
    Network network_;
    KernelCache &kernels_;
    FrameStore &store_;
    nvidia::SharedContext device_;
    nvidia::StreamHandle *stream_;
    std::vector<Input> inputs_;

    FrameLayout result_;
    nvidia::DeviceMemory result_memory_; // planes, then the flag
    nvidia::PinnedMemory result_staging_;
    std::array<Tables, 2> result_tables_;
    FrameEncodeArgs encode_ = {};
    Kernel encode_pixels_ = nullptr;
    Kernel encode_rows_ = nullptr;
    Kernel encode_chroma_ = nullptr;
    nvidia::DeviceMemory chroma_rows_;

    // With several tiles alone.
    Kernel blend_tile_ = nullptr;
    nvidia::DeviceMemory sums_;
    nvidia::DeviceMemory weights_;
    std::vector<std::uint64_t> column_weights_; // addresses
    std::vector<std::uint64_t> row_weights_;
};

} // namespace vsmlrt::cuda
