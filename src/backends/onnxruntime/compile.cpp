// Context models: a network with what a provider compiled it to.
#include "backends/onnxruntime/environment.h"
#include "backends/onnxruntime/session.h"
#include "base/log.h"
#include "base/text.h"

namespace vsmlrt::ort {
namespace {

template <std::size_t Index, typename Signature, typename... Arguments>
decltype(auto) call_compile(Slot<Index, Signature>, Arguments &&...arguments) {
    const auto *const table = reinterpret_cast<const void *const *>(call(GetCompileApi));
    const auto function = reinterpret_cast<Signature *>(const_cast<void *>(table[Index]));
    return function(std::forward<Arguments>(arguments)...);
}

template <typename SlotType, typename... Arguments>
std::optional<Failure> attempt_compile(SlotType slot, Arguments &&...arguments) {
    return failure_of(call_compile(slot, std::forward<Arguments>(arguments)...));
}

struct Release {
    void operator()(OrtModelCompilationOptions *options) const {
        call_compile(compile::ReleaseModelCompilationOptions, options);
    }
};

struct Output {
    void *data = nullptr;
    std::size_t size = 0;
};

std::optional<Failure> run(OrtModelCompilationOptions *options, std::span<const std::byte> network,
                           Output &output) {
    if (auto failure = attempt_compile(compile::ModelCompilationOptions_SetInputModelFromBuffer, options,
                                       network.data(), network.size()))
        return failure;
    if (auto failure = attempt_compile(compile::ModelCompilationOptions_SetEpContextEmbedMode, options, true))
        return failure;
    if (auto failure = attempt_compile(compile::ModelCompilationOptions_SetOutputModelBuffer, options,
                                       default_allocator(), &output.data, &output.size))
        return failure;
    if (auto failure = attempt_compile(compile::ModelCompilationOptions_SetFlags, options,
                                       std::uint32_t{compile_error_if_nothing_compiled}))
        return failure;
    return attempt_compile(compile::CompileModel, environment(), options);
}

} // namespace

std::vector<std::byte> SessionSettings::compile(std::span<const std::byte> network) const {
    OrtModelCompilationOptions *made = nullptr;
    throw_if(attempt_compile(compile::CreateModelCompilationOptionsFromSessionOptions, environment(),
                             options_.get(), &made));
    const std::unique_ptr<OrtModelCompilationOptions, Release> options(made);
    Output output;
    const auto failure = run(made, network, output);
    std::vector<std::byte> model;
    if (output.data) {
        const auto *const bytes = static_cast<const std::byte *>(output.data);
        model.assign(bytes, bytes + output.size);
        must(AllocatorFree, default_allocator(), output.data);
    }
    if (!failure)
        return model;
    log(LogLevel::information,
        text(device_.id, " makes no context model of this network: ", failure->message));
    return {};
}

} // namespace vsmlrt::ort
