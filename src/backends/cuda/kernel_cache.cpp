#include "backends/cuda/kernel_cache.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/path.h"
#include "base/threads.h"
#include "nvidia/compiler.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace vsmlrt::cuda {

namespace {

// What takes the compiler longest is a product's sums, each an operand of an instruction: kernels with many
// of them are begun first, so that no thread is left with one while the others have ended.
std::ptrdiff_t products_in(const std::string &source) {
    constexpr std::string_view sum = "\"+f\"";
    std::ptrdiff_t number = 0;
    for (std::size_t at = source.find(sum); at != std::string::npos; at = source.find(sum, at + sum.size()))
        ++number;
    return number;
}

} // namespace

std::string kernel_hash(const std::string &source) {
    return text(content_hash(std::as_bytes(std::span(source))));
}

std::vector<std::string> longest_first(std::vector<std::string> sources) {
    std::stable_sort(sources.begin(), sources.end(), [](const std::string &a, const std::string &b) {
        return products_in(a) > products_in(b);
    });
    return sources;
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

std::optional<std::vector<std::byte>> KernelCache::find(const std::string &source) {
    const std::string hash = kernel_hash(source);
    if (const auto stored = stored_.find(hash); stored != stored_.end()) {
        ++found_kept_;
        return stored->second;
    }
    if (auto kept = kept_.cubin(hash)) {
        ++found_kept_;
        return kept;
    }
    if (!shipped_)
        return {};
    auto shipped = shipped_->cubin(hash);
    found_shipped_ += shipped ? 1 : 0;
    return shipped;
}

std::vector<std::byte> KernelCache::compile(const std::string &source) const {
    std::vector<std::byte> cubin = nvidia::compile(source, architecture_);
    kept_.keep_cubin(kernel_hash(source), cubin);
    return cubin;
}

void KernelCache::require_compiler(std::size_t missing) const {
    try {
        nvidia::require_compiler();
    } catch (const Unsupported &absent) {
        if (!shipped_)
            throw;
        throw Unsupported(missing, " kernel", missing == 1 ? "" : "s",
                          " of this network did not come with the package and must be compiled, and ",
                          absent.what());
    }
}

std::string KernelCache::origins() const {
    const std::lock_guard lock(mutex_);
    return text(compiled_, " kernels compiled, ", found_kept_, " kept, ", found_shipped_,
                " came with the package");
}

// A few kernels are there at once, and nobody wonders.
void KernelCache::say_what_takes_time(std::size_t kernels) {
    constexpr std::size_t few = 4;
    if (kernels <= few || std::exchange(said_, true))
        return;
    log(LogLevel::information,
        text("cuda: compiling ", kernels, " kernels for ", device_name_,
             kept_.path().empty()
                 ? std::string(", in every process: no folder is there to keep them")
                 : text(", once for this GPU and driver: they are kept in ", text_of(kept_.path()))));
}

void KernelCache::prepare(const std::vector<std::string> &sources) {
    std::vector<std::string> missing;
    {
        const std::lock_guard lock(mutex_);
        for (const std::string &source : std::set<std::string>(sources.begin(), sources.end())) {
            if (kernels_.contains(source))
                continue;
            if (auto cubin = find(source))
                kernels_[source].cubin = std::move(*cubin);
            else
                missing.push_back(source);
        }
        compiled_ += missing.size();
        if (!missing.empty())
            require_compiler(missing.size());
        say_what_takes_time(missing.size());
    }
    missing = longest_first(std::move(missing));
    std::vector<std::vector<std::byte>> cubins(missing.size());
    for_each_on_threads(missing.size(), [&](std::size_t i) { cubins[i] = compile(missing[i]); });
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < missing.size(); ++i)
        if (Kernel &kernel = kernels_[missing[i]]; kernel.cubin.empty()) // else another thread was faster
            kernel.cubin = std::move(cubins[i]);
}

void KernelCache::keep_only(const std::vector<std::string> &sources) {
    const std::set<std::string> kept(sources.begin(), sources.end());
    const std::lock_guard lock(mutex_);
    std::erase_if(kernels_, [&](const auto &kernel) { return !kept.contains(kernel.first); });
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
        lock.unlock();
        prepare({source});
        lock.lock();
        known = kernels_.find(source);
    }
    if (!known->second.function)
        load(known->second);
    return known->second.function;
}

} // namespace vsmlrt::cuda
