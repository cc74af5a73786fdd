// Compiled kernels of one program, by their text. Thread-safe.
#pragma once

#include "backends/cuda/device.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <span>

namespace vsmlrt::cuda {

class KernelCache {
public:
    KernelCache(nvidia::SharedContext context, std::string architecture)
        : context_(std::move(context)), architecture_(std::move(architecture)) {}

    // Cubins by the hash of their text, as an earlier program exported them.
    void add_cubins(std::map<std::string, std::vector<std::byte>> cubins);
    [[nodiscard]] std::map<std::string, std::vector<std::byte>> cubins() const;

    // Compiles those of `sources` that are not there yet, on several threads.
    void prepare(const std::vector<std::string> &sources);
    // The function of a kernel, compiled if it is not there yet.
    [[nodiscard]] nvidia::FunctionHandle *function(const std::string &source);

private:
    struct Kernel {
        std::vector<std::byte> cubin;
        nvidia::Module module;
        nvidia::FunctionHandle *function = nullptr;
    };
    void load(Kernel &kernel);

    nvidia::SharedContext context_;
    std::string architecture_;
    mutable std::mutex mutex_;
    std::map<std::string, std::vector<std::byte>> stored_;
    std::map<std::string, Kernel> kernels_;
};

[[nodiscard]] std::string kernel_hash(const std::string &source);

} // namespace vsmlrt::cuda
