// The door of a backend module (libvsmlrt_NAME.so, libvsmlrt_NAME.dll): one extern "C" entry, a table of
// functions, opaque handles.
//
// Ladder: backend > device > program > context. The engine validates; a backend may assume that what it is
// given is well formed, except for the network's content, which only the backend can judge.
//
// Threads: every function of the table may be called from any thread. Devices and programs may be used by
// several threads at once; a context by one thread at a time. Errors: a function that can fail returns a
// vsmlrt_code and writes one sentence to `error`. Nothing is thrown. Ownership: what make/open/build returns
// is given back to free/close exactly once, contexts before their program, programs before their device.
#pragma once

#include "vsmlrt/error.h"
#include "vsmlrt/frame.h"
#include "vsmlrt/tensor.h"

// On the one function that a module shows.
#ifdef _WIN32
#define VSMLRT_EXPORT __declspec(dllexport)
#else
#define VSMLRT_EXPORT __attribute__((visibility("default")))
#endif

// A module of another version is refused. 7: a program is told how many frames the host asks for at once. 8:
// what contexts take is asked of the size that they serve. 9: and of the frames that they convert.
enum : std::uint32_t { VSMLRT_INTERFACE_VERSION = 9 };

// Receives bytes: an error's text, a blob. May be called several times; the pieces are concatenated.
struct vsmlrt_sink {
    void *user;
    void (*write)(void *user, const void *data, std::size_t size);
};

enum vsmlrt_precision : std::int32_t {
    VSMLRT_PRECISION_AUTO = 0, // the backend's choice for the device; never slower than fp32
    VSMLRT_PRECISION_FP32 = 1,
    VSMLRT_PRECISION_FP16 = 2,
    VSMLRT_PRECISION_BF16 = 3,
    // What vsmlrt_program_info may say and nobody asks for: fp32 values of which products keep 10 bits.
    VSMLRT_PRECISION_TF32 = 4,
};

// What kind of processor computes.
enum vsmlrt_device_kind : std::int32_t {
    VSMLRT_DEVICE_CPU = 0,
    VSMLRT_DEVICE_GPU = 1,
    VSMLRT_DEVICE_NPU = 2,
};

struct vsmlrt_device_info {
    const char *id;   // what open_device takes: "CPU", "GPU.0"
    const char *name; // what a person calls it: "AMD EPYC 9354"
    vsmlrt_device_kind kind;
    // The backend's devices that are reached in one way and numbered together: "CUDA" for "CUDA.0" and
    // "CUDA.1", "GPU" for "GPU". Where none of a group is there, list_absent names the group.
    const char *group;
    std::int32_t number; // in its group, from 0; stays the device's where an earlier one does not answer
    std::int64_t memory_bytes; // 0 where unknown
    std::int32_t native_fp16;  // 1: computes natively in that precision
    std::int32_t native_bf16;
    // What blobs made on it depend on in addition to the backend's version and the device's name: the driver,
    // further libraries, the device's capability. Null: no blob of this device is worth keeping.
    const char *plan_basis;
    std::int32_t plans_follow_streams; // 1: blobs depend on num_streams and num_threads as well
    // As many contexts side by side as are fastest on it together, for who does not say how many; at least 1.
    std::int32_t best_streams;
    // 1: its library keeps files of its own (timing and runtime caches) in vsmlrt_program_desc::kept_folder.
    // Such a device has a plan_basis.
    std::int32_t keeps_files;
    // 1: its programs keep files for each other in vsmlrt_program_desc::shared_folder. Such a device has a
    // plan_basis.
    std::int32_t shares_files;
};

struct vsmlrt_option {
    const char *key;
    const char *value;
};

struct vsmlrt_program_desc {
    const void *network; // ONNX bytes; dynamic height and width unless min == max
    std::size_t network_size;
    vsmlrt_precision precision;
    vsmlrt_extent min_extent; // the shape range, in pixels of the network's input
    vsmlrt_extent opt_extent;
    vsmlrt_extent max_extent;
    std::int32_t num_streams;      // how many contexts will run side by side, at least
    std::int32_t frames_in_flight; // that the host asks for at once; 0: unknown
    std::int32_t num_threads;      // CPU threads for all contexts together; 0: the backend's choice
    const vsmlrt_option *options;
    std::size_t num_options;
    const void *blob; // what export_program gave earlier, or null
    std::size_t blob_size;
    // Called by a backend that has read `network` and needs it no longer, before it compiles: the bytes, as
    // large as all weights, are gone from then on. At most once a build; null: they stay.
    void (*network_read)(void *user);
    void *user;
    // A folder for this very program and no other, where a library may find what it left there in an earlier
    // run, and may write until the program is freed. Null: there is none.
    const char *kept_folder; // UTF-8, as all text
    // A folder for all programs of the backend on devices of this name, of one version and plan_basis, in
    // this process and in others: what one of them finds out (compiled kernels, measurements) the next one
    // need not. Several may read and write it at once. Null: there is none.
    const char *shared_folder;
};

struct vsmlrt_program_info {
    vsmlrt_precision precision; // what is really used, never AUTO
    std::int32_t num_inputs;    // inputs in the network's order
    std::int32_t num_outputs;
    std::int64_t program_bytes;      // estimate of what it takes without contexts: weights; 0 where unknown
    std::int64_t context_bytes;      // estimate of what one context takes; 0 where unknown
    std::int32_t blob_worth_caching; // 1: importing a blob beats building again
    // Contexts beyond num_streams that take less than a stream's, and in run() wait for what a stream holds:
    // with them the next frame is read and the last one written while the network runs, and a stream computes
    // several frames side by side where that is faster.
    std::int32_t spare_contexts;
    std::int64_t spare_context_bytes; // estimate of what one of them takes; 0 where unknown
};

// One kernel of a network at one size, and what its layers ask of the device at least. The floor of its time
// is the longer of operations / operations_rate and bytes / bytes_rate.
struct vsmlrt_layer_time {
    const char *layers; // that the kernel serves: 'Conv "c1" + Relu "r1"'
    const char *kernel; // its name
    // The mean of its time, alone on the device. Where each of several frames computed side by side has a
    // part of the device: alone on that, times the part.
    double milliseconds;
    double operations; // two a product, of convolutions and products of matrices; 0: it has none
    double bytes;      // each operand and each result of the layers once; 0: what it does need not be done
    double
        operations_rate; // measured on this device: bare products of this precision a second; 0 without any
    double bytes_rate;   // measured on this device: bytes a second, read and written, of a copy
};

struct vsmlrt_device;
struct vsmlrt_program;
struct vsmlrt_context;

struct vsmlrt_backend {
    std::uint32_t interface_version;
    const char *name;

    // Where the module's log lines go from then on; `level`: 0 debug, 1 information, 2 warning. Called once,
    // before all others. Standard error until then.
    void (*set_log)(void (*write)(std::int32_t level, const char *line));

    // VSMLRT_OK if this backend can run on this machine; else the reason and the remedy. Cheap and
    // repeatable.
    vsmlrt_code (*probe)(vsmlrt_sink error);
    // The version of what it computes with, as a plan cache's key wants it ("OpenVINO 2026.4.1"). Call after
    // probe.
    const char *(*version)();
    vsmlrt_code (*list_devices)(void *user, void (*visit)(void *user, const vsmlrt_device_info *info),
                                vsmlrt_sink error);

    // What was looked for and has no device here, with the reason: the group of a library that is there and
    // cannot be used ("WebGPU": "it lists no device"). Call after probe.
    void (*list_absent)(void *user, void (*visit)(void *user, const char *what, const char *reason));

    vsmlrt_code (*open_device)(const char *id, vsmlrt_device **device, vsmlrt_sink error);
    void (*close_device)(vsmlrt_device *device);

    vsmlrt_code (*build_program)(vsmlrt_device *device, const vsmlrt_program_desc *desc,
                                 vsmlrt_program **program, vsmlrt_sink error);
    void (*free_program)(vsmlrt_program *program);
    void (*describe_program)(const vsmlrt_program *program, vsmlrt_program_info *info);
    // A blob for vsmlrt_program_desc::blob; VSMLRT_UNSUPPORTED where the backend has none.
    vsmlrt_code (*export_program)(const vsmlrt_program *program, vsmlrt_sink blob, vsmlrt_sink error);

    vsmlrt_code (*make_context)(vsmlrt_program *program, vsmlrt_context **context, vsmlrt_sink error);
    void (*free_context)(vsmlrt_context *context);
    // Sets the size of the next runs and returns the buffers of all inputs and outputs for it (num_inputs and
    // num_outputs of them). They belong to the context and stay valid until the next bind with another
    // extent.
    vsmlrt_code (*bind)(vsmlrt_context *context, vsmlrt_extent extent, vsmlrt_tensor *inputs,
                        vsmlrt_tensor *outputs, vsmlrt_sink error);
    // Runs the network on the bound inputs; blocks until the bound outputs are complete.
    vsmlrt_code (*run)(vsmlrt_context *context, vsmlrt_sink error);

    // "auto" takes the backend of the highest rank that can run here; one below 0 is taken only by name.
    std::int32_t rank;

    // What follows is optional: null in the table of a backend without it.

    // Frames in the clip's own format, converted on the device. All three entries or none; absent: the
    // backend is given tensors alone, and the host converts.
    //
    // 1 if the device converts these inputs to a network's channels, and its result of `output_channels` to
    // `output`. Cheap; asked before a program is built.
    std::int32_t (*accepts_frames)(vsmlrt_device *device, const vsmlrt_frame_input *inputs,
                                   std::int32_t num_inputs, std::int32_t output_channels,
                                   const vsmlrt_frame_format *output);
    // Says how the frames of the next run_frames go through the network; replaces an earlier plan, and what
    // bind gave is no longer valid. The plan and all that it points to stay valid while it is bound.
    vsmlrt_code (*bind_frames)(vsmlrt_context *context, const vsmlrt_frame_plan *plan, vsmlrt_sink error);
    // Runs frames of the bound plan, num_inputs of them; blocks until `output` is complete. `not_finite`
    // becomes 1 if a sample of the network's result was NaN or infinite, else 0.
    vsmlrt_code (*run_frames)(vsmlrt_context *context, const vsmlrt_frame *inputs, const vsmlrt_frame *output,
                              std::int32_t *not_finite, vsmlrt_sink error);

    // Types and sizes of what bind would give, with null for data, and without the memory for it. Absent:
    // bind tells.
    vsmlrt_code (*shapes)(const vsmlrt_program *program, vsmlrt_extent extent, vsmlrt_tensor *inputs,
                          vsmlrt_tensor *outputs, vsmlrt_sink error);

    // The device's own memory at this moment, in bytes. Absent: what vsmlrt_device_info says is all of it,
    // and how much is free is not known.
    vsmlrt_code (*memory)(vsmlrt_device *device, std::int64_t *free_bytes, std::int64_t *total_bytes,
                          vsmlrt_sink error);

    // Times each kernel of the network at the context's bound size on its device, in the order in which they
    // run, after measuring the device's own rates (about a second). The inputs are a frame that ran last
    // at this size, with this context or another of its program; a device error where there is none. `visit`
    // is given a layer that is valid during the call. `network_milliseconds` becomes the mean time of a frame
    // through the network as a whole, over about half a second, with as many side by side as there are when
    // frames run, their tensors on the device before and after. Absent: the backend cannot tell.
    vsmlrt_code (*time_layers)(vsmlrt_context *context, double *network_milliseconds, void *user,
                               void (*visit)(void *user, const vsmlrt_layer_time *layer), vsmlrt_sink error);

    // What describe_program says of contexts (context_bytes, spare_contexts, spare_context_bytes), of those
    // that run at this size alone, one of the program's range: they take less than those of the largest, and
    // another number of spare ones keeps them busy. `frames`: of those that are bound to this plan, whose
    // tiles are of that size, with what whole frames take on the device as they come, are added up and go;
    // null: of those that are given tensors. It is valid during the call. To be asked before such contexts
    // are made: the size is planned then, and its weights are there from then on, so that its first frame
    // need not wait for that, nor lack the memory. Absent: they are as describe_program says.
    vsmlrt_code (*describe_size)(vsmlrt_program *program, vsmlrt_extent extent,
                                 const vsmlrt_frame_plan *frames, vsmlrt_program_info *info,
                                 vsmlrt_sink error);
};

// The table of the module, alive until the process ends; null if the module cannot speak `interface_version`.
extern "C" VSMLRT_EXPORT const vsmlrt_backend *vsmlrt_backend_entry(std::uint32_t interface_version);
