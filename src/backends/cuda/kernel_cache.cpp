#include "backends/cuda/kernel_cache.h"

#include "base/error.h"
#include "base/hash.h"
#include "nvidia/compiler.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <set>
#include <thread>

namespace vsmlrt::cuda {

std::string kernel_hash(const std::string &source) {
    return text(content_hash(std::as_bytes(std::span(source))));
}

void KernelCache::add_cubins(std::map<std::string, std::vector<std::byte>> cubins) {
    const std::lock_guard lock(mutex_);
    stored_ = std::move(cubins);
}

std::map<std::string, std::vector<std::byte>> KernelCache::cubins() const {
    const std::lock_guard lock(mutex_);
    std::map<std::string, std::vector<std::byte>> all;
    for (const auto &[source, kernel] : kernels_)
        all[kernel_hash(source)] = kernel.cubin;
    return all;
}

void KernelCache::prepare(const std::vector<std::string> &sources) {
    std::vector<std::string> missing;
    {
        const std::lock_guard lock(mutex_);
        for (const std::string &source : std::set<std::string>(sources.begin(), sources.end()))
            if (!kernels_.contains(source) && !stored_.contains(kernel_hash(source)))
                missing.push_back(source);
    }
    std::vector<std::vector<std::byte>> cubins(missing.size());
    std::vector<std::exception_ptr> failures(missing.size());
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < missing.size(); i = next++)
            try {
                cubins[i] = nvidia::compile(missing[i], architecture_);
            } catch (...) {
                failures[i] = std::current_exception();
            }
    };
    const std::size_t most = std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::thread> threads;
    for (std::size_t i = 1; i < std::min(most, missing.size()); ++i)
        threads.emplace_back(work);
    work();
    for (std::thread &thread : threads)
        thread.join();
    for (const std::exception_ptr &failure : failures)
        if (failure)
            std::rethrow_exception(failure);
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < missing.size(); ++i)
        kernels_[missing[i]].cubin = std::move(cubins[i]);
}

void KernelCache::load(Kernel &kernel) {
    kernel.module = nvidia::load_module(context_, kernel.cubin);
    nvidia::check(nvidia::driver().module_function(&kernel.function, kernel.module.get(), "kernel"),
                  "finding a kernel");
}

nvidia::FunctionHandle *KernelCache::function(const std::string &source) {
    std::unique_lock lock(mutex_);
    auto known = kernels_.find(source);
    if (known == kernels_.end()) {
        if (const auto stored = stored_.find(kernel_hash(source)); stored != stored_.end()) {
            known = kernels_.try_emplace(source).first;
            known->second.cubin = stored->second;
        } else {
            lock.unlock();
            prepare({source});
            lock.lock();
            known = kernels_.find(source);
        }
    }
    if (!known->second.function)
        load(known->second);
    return known->second.function;
}

} // namespace vsmlrt::cuda
