// Backend modules as tests use them: opened from a file, with owning handles and errors as exceptions.
#pragma once

#include "base/error.h"
#include "model/network.h"
#include "networks/builder.h"
#include "vsmlrt/backend.h"

#include <filesystem>
#include <memory>
#include <span>

namespace vsmlrt::test {

// A tensor with its own memory; float16 ones are widened.
struct Values {
    std::vector<std::int64_t> dims;
    std::vector<float> values;
};

// Where modules are looked for: the folder that VSMLRT_TEST_MODULES names, else that of this build.
[[nodiscard]] std::filesystem::path modules_folder();
// The module of this backend there: libvsmlrt_NAME.so (.dll on Windows).
[[nodiscard]] std::filesystem::path module_path(const std::string &name);

// The table of the module at `path`, or why there is none: missing, cannot be loaded, cannot run here.
struct Opened {
    const vsmlrt_backend *backend = nullptr;
    std::string reason;
};
[[nodiscard]] Opened open_module(const std::filesystem::path &path);

struct ProgramOptions {
    vsmlrt_extent smallest = {8, 8};
    vsmlrt_extent largest = {64, 64};
    std::vector<vsmlrt_option> options = {};
    vsmlrt_precision precision = VSMLRT_PRECISION_FP32;
    std::int32_t num_streams = 1;
    std::string blob = {};   // what Program::blob gave
    std::string device = {}; // empty: the one that VSMLRT_TEST_DEVICE names, else the first
};

class Context;

// One program on a device of a backend. Failures are thrown as the ErrorOf of their code.
class Program {
public:
    Program(const vsmlrt_backend &backend, std::span<const std::byte> onnx, const ProgramOptions &options);

    [[nodiscard]] Context context();
    [[nodiscard]] vsmlrt_program_info info() const;
    // Of contexts of that size; as of all where the backend does not tell.
    [[nodiscard]] vsmlrt_program_info info(vsmlrt_extent extent) const;
    [[nodiscard]] std::string blob() const;

private:
    friend class Context;
    const vsmlrt_backend &backend_;
    std::unique_ptr<vsmlrt_device, void (*)(vsmlrt_device *)> device_;
    std::unique_ptr<vsmlrt_program, void (*)(vsmlrt_program *)> program_;
};

// An execution; the program outlives it.
class Context {
public:
    explicit Context(Program &program);

    // Runs at one size. `fill` gives the values of input i, of `count` elements.
    template <typename Fill>
    [[nodiscard]] std::vector<Values> run(vsmlrt_extent extent, Fill fill) {
        bind(extent);
        for (std::size_t i = 0; i < inputs_.size(); ++i)
            write(inputs_[i], fill(i, inputs_[i]));
        return run_bound();
    }
    // With values that follow from the seed.
    [[nodiscard]] std::vector<Values> run_seeded(vsmlrt_extent extent, std::uint64_t seed);

    // The two halves of it, for what the inputs held before.
    void bind(vsmlrt_extent extent);
    [[nodiscard]] std::vector<Values> run_bound();
    [[nodiscard]] const std::vector<vsmlrt_tensor> &inputs() const { return inputs_; }
    [[nodiscard]] const std::vector<vsmlrt_tensor> &outputs() const { return outputs_; }

private:
    static void write(const vsmlrt_tensor &tensor, const std::vector<float> &values);

    const vsmlrt_backend &backend_;
    std::unique_ptr<vsmlrt_context, void (*)(vsmlrt_context *)> context_;
    std::vector<vsmlrt_tensor> inputs_;
    std::vector<vsmlrt_tensor> outputs_;
};

[[nodiscard]] std::int64_t count(const vsmlrt_tensor &tensor);

// The largest difference, relative to the largest of the expected values (at least 1); infinite for other
// shapes or where one is NaN and the other is not.
[[nodiscard]] double difference(const std::vector<Values> &given, const std::vector<Values> &expected);

} // namespace vsmlrt::test
