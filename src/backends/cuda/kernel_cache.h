// Compiled kernels of one program, by their text. Thread-safe.
#pragma once

#include "backends/cuda/device.h"
#include "backends/cuda/kept_folder.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <span>

namespace vsmlrt::cuda {

class KernelCache {
public:
    // What is compiled is kept in `kept`. It is looked for there first, then among those that came with the
    // package.
    KernelCache(nvidia::SharedContext context, const Device &device, KeptFolder kept)
        : context_(std::move(context)), architecture_(device.architecture), device_name_(device.name),
          shipped_(device.shipped), kept_(std::move(kept)) {}

    // Cubins by the hash of their text, as an earlier program exported them.
    void add_cubins(std::map<std::string, std::vector<std::byte>> cubins);
    [[nodiscard]] std::map<std::string, std::vector<std::byte>> cubins() const;

    // Compiles those of `sources` that are not there yet, on as many threads as the processor has.
    void prepare(const std::vector<std::string> &sources);
    // "12 kernels compiled, 3 kept, 40 came with the package", of what was prepared until now.
    [[nodiscard]] std::string origins() const;
    // Forgets all others: kernels that were compiled to be timed, and are not used.
    void keep_only(const std::vector<std::string> &sources);
    // The function of a kernel, compiled if it is not there yet.
    [[nodiscard]] nvidia::FunctionHandle *function(const std::string &source);

private:
    struct Kernel {
        std::vector<std::byte> cubin;
        nvidia::Module module;
        nvidia::FunctionHandle *function = nullptr;
    };
    void load(Kernel &kernel);
    // The text's cubin where an earlier program left it, or the package has it.
    [[nodiscard]] std::optional<std::vector<std::byte>> find(const std::string &source);
    [[nodiscard]] std::vector<std::byte> compile(const std::string &source) const;
    void say_what_takes_time(std::size_t kernels);
    // Unsupported where there is no compiler.
    void require_compiler(std::size_t missing) const;

    nvidia::SharedContext context_;
    std::string architecture_;
    std::string device_name_;
    std::shared_ptr<const ShippedKernels> shipped_; // may be null
    KeptFolder kept_;
    std::size_t compiled_ = 0;
    std::size_t found_kept_ = 0;
    std::size_t found_shipped_ = 0;
    bool said_ = false;
    mutable std::mutex mutex_;
    std::map<std::string, std::vector<std::byte>> stored_;
    std::map<std::string, Kernel> kernels_;
};

[[nodiscard]] std::string kernel_hash(const std::string &source);

// In the order in which several threads compile them soonest: those that take longest first, so that no
// thread is left with one while the others have ended. What takes the compiler long is the sums of matrix
// products.
[[nodiscard]] std::vector<std::string> longest_first(std::vector<std::string> sources);

} // namespace vsmlrt::cuda
