// The parameters of the plain kernels, as the host fills them and the device reads them. No pointers: addresses
// are numbers, so that both sides see the same structures.
#pragma once

enum { max_rank = 8, max_inputs = 12 };

struct Operand {
    unsigned long long data;
    long long stride[max_rank]; // elements
};

struct PointwiseArgs {
    long long threads;
    int size[max_rank];
    int valid; // along the last axis: what lies behind is padding, written as 0
    Operand output;
    Operand input[max_inputs];
};

// A picture: rows, columns, channels.
struct Picture {
    unsigned long long data;
    long long stride_y, stride_x, stride_c; // elements
    int height, width, channels;
};

struct ConvArgs {
    long long threads;
    Picture input;
    unsigned long long weights;
    long long weight_stride_o, weight_stride_i, weight_stride_y, weight_stride_x;
    int kernel_y, kernel_x, stride_y, stride_x, dilation_y, dilation_x, pad_y, pad_x;
    int in_per_group, out_per_group;
};

struct PoolArgs {
    long long threads;
    Picture input;
    int kernel_y, kernel_x, stride_y, stride_x, dilation_y, dilation_x;
    int pad_top, pad_left, pad_bottom, pad_right;
    int average, count_padding;
};

struct GridSampleArgs {
    long long threads;
    Picture input;
    unsigned long long grid;
    long long grid_stride_y, grid_stride_x, grid_stride_c;
};

struct ResizeArgs {
    long long threads;
    Operand input, output;
    int from[max_rank], to[max_rank];
    float scale[max_rank];
    float cubic_a;
};

struct GeneralResizeArgs {
    long long threads;
    Operand input, output;
    int from[max_rank], to[max_rank];
    int stays[max_rank]; // the axis is as it was
    float scale[max_rank];
    float region[max_rank][2]; // begin and end, as fractions of the size less one
    float cubic_a, extrapolation;
};

struct PadArgs {
    long long threads;
    Operand input, output;
    int from[max_rank], to[max_rank];
    int begin[max_rank];
    int valid; // along the last axis of the output: what lies behind are padding lanes, written as 0
    unsigned long long value; // of the padding: address of one element, or 0
};

struct GatherArgs {
    long long threads;
    Operand input, output, indices; // output: outer axes, those of the indices, inner axes
    int size[max_rank];             // of the output
    int axis, index_rank, limit;    // limit: elements of x along the axis
};

struct MatMulArgs {
    long long threads;
    int batch[max_rank]; // sizes, right aligned; 1 where there are fewer
    int rows, columns, inner;
    Operand a, b, c, output; // batch strides, then row and column in the last two places
    Operand extra[6];        // what the chain behind reads, in the same way
    float alpha, beta;
};

// softmax(chain(alpha A B)) V over a batch.
struct AttentionArgs {
    MatMulArgs scores; // a: queries, b: keys, transposed
    Operand values, output;
    int width; // columns of V
};

// A block of a transformer on a picture of tokens. Strides in elements; the channels of a token lie one after the other.
struct TransformerArgs {
    unsigned long long input, output;
    long long input_y, input_x, output_y, output_x;
    int height, width, windows_across, windows;
    int shift_y, shift_x;
    float scale, first_epsilon, second_epsilon;
    // Constants: floats, but weights and the summands of scores, which are packed elements (transformer_layout.cuh).
    unsigned long long first_norm, qkv, qkv_bias, table, projection, projection_bias;
    unsigned long long masks, mask_of_window; // summands for all heads; their numbers from 1 on, 0: none
    unsigned long long second_norm, first, second, second_bias;
    unsigned long long extra[6]; // that the chain behind the first layer of the perceptron reads
};

struct RangeArgs {
    long long threads;
    unsigned long long output;
    double start, step;
    long long start_integer, step_integer;
};

// Reductions: `kept` axes of the result, `reduced` ones of the sum, each with the strides of x.
struct ReduceArgs {
    long long threads; // results * chunks
    int kept[max_rank], reduced[max_rank];
    Operand input;       // strides of the kept axes
    long long reduced_stride[max_rank];
    long long count;     // elements of one reduction
    int chunks;
    unsigned long long partial; // floats: results * chunks (* 2 for moments)
    Operand output;
};

// Factors of channels from their means by two fully connected layers.
struct ExciteArgs {
    unsigned long long rows; // of sums of the channels, `pitch` floats apart
    long long pitch;
    int number;             // of rows
    int channels, hidden, results; // 1024 at most
    int behind;  // factors of 0 behind the last
    float share; // by which the sums are multiplied
    unsigned long long first_weights, first_bias;   // [hidden][channels]; address or 0
    unsigned long long second_weights, second_bias; // [hidden][results]
    unsigned long long factors;
};

// Weights times the factor of their input channel.
struct ScaleArgs {
    long long threads;
    unsigned long long weights, scaled;
    unsigned long long channels; // u16 a weight: 1 + its input channel; 0: the weight stays 0
    unsigned long long factors;  // floats
};

struct SoftmaxArgs {
    long long threads;
    int kept[max_rank];
    Operand input, output;
    int length;
    long long input_step, output_step;
};

// y = (x - mean) * rsqrt(variance + epsilon) * scale + bias
struct NormalizeArgs {
    long long threads;
    int size[max_rank];
    Operand input, output;
    Operand moments; // of pairs (mean, variance), in pairs
    Operand scale, bias;
    unsigned long long moments_data;
    float epsilon;
};

// Expressions of pictures: what they read, the lengths that a Resize goes from and to along one axis, and what
// else follows from sizes.
enum { max_expression_sources = 48, max_expression_axes = 40, max_expression_numbers = 128, max_expression_textures = 4 };

struct ExpressionSource {
    unsigned long long data;
    long long stride_y, stride_x, stride_c; // elements
};

struct ExpressionAxis {
    int from, to;
    float scale, inverse; // 1 / scale
};

struct ExpressionArgs {
    ExpressionSource output;
    int height, width;
    int tiles_x; // of a row of the output
    ExpressionSource source[max_expression_sources];
    ExpressionAxis axis[max_expression_axes];
    int number[max_expression_numbers];
    unsigned long long texture[max_expression_textures]; // of rows of 16-bit floats
};

// Planes as pixels of four channels.
struct PlanesArgs {
    unsigned long long planes, pixels;
    long long stride_c, stride_y, pixels_y; // elements
    int height, width;
    int threads; // of the launch
    int whole;   // both may be read and written by 16 bytes
};

// Elements at places that indices say: of a tensor that is walked along (plain), and one that is pointed into.
struct IndexedArgs {
    long long threads;
    int size[max_rank]; // of what is walked along
    Operand plain, pointed, indices; // pointed: 0 along axes that an index replaces
    long long index_step;            // between the indices of one place
    long long place_step[max_rank];  // of the tensor pointed into, by index
    int limit[max_rank];
};

// Each line along one axis: what it comes to, or its elements in another order.
struct LineArgs {
    long long threads;
    int size[max_rank]; // 1 along the axis
    Operand input, output, second;
    int length, results;
    long long input_step, output_step, second_step;
};
