// The one place that calls through a module's table: every code that it returns
// is turned into an error here, so that nothing behind this file looks at codes.
#include "engine/backend.h"

#include <algorithm>
#include <utility>

namespace vsmlrt::engine {
namespace {

// Collects what a module writes.
class Text {
public:
    [[nodiscard]] vsmlrt_sink sink() {
        return {this, [](void *user, const void *data, std::size_t size) {
                    static_cast<Text *>(user)->value_.append(static_cast<const char *>(data), size);
                }};
    }
    [[nodiscard]] const std::string &value() const { return value_; }

private:
    std::string value_;
};

template <typename Call>
void checked(Call &&call) {
    Text error;
    const vsmlrt_code code = call(error.sink());
    if (code != VSMLRT_OK)
        raise(code, error.value());
}

} // namespace

void Backend::probe() const {
    checked([&](vsmlrt_sink error) { return table_->probe(error); });
}

std::vector<DeviceInfo> Backend::devices() const {
    std::vector<DeviceInfo> found;
    const auto visit = [](void *user, const vsmlrt_device_info *info) {
        DeviceInfo device = {.id = info->id,
                             .name = info->name,
                             .kind = info->kind,
                             .group = info->group,
                             .number = info->number,
                             .memory_bytes = info->memory_bytes,
                             .native_fp16 = info->native_fp16 != 0,
                             .native_bf16 = info->native_bf16 != 0,
                             .plans_follow_streams = info->plans_follow_streams != 0,
                             .best_streams = std::max(1, info->best_streams),
                             .keeps_files = info->keeps_files != 0,
                             .shares_files = info->shares_files != 0};
        if (info->plan_basis)
            device.plan_basis.emplace(info->plan_basis);
        static_cast<std::vector<DeviceInfo> *>(user)->push_back(std::move(device));
    };
    checked([&](vsmlrt_sink error) { return table_->list_devices(&found, visit, error); });
    return found;
}

std::vector<Absence> Backend::absences() const {
    std::vector<Absence> found;
    const auto visit = [](void *user, const char *what, const char *reason) {
        static_cast<std::vector<Absence> *>(user)->push_back({what, reason});
    };
    table_->list_absent(&found, visit);
    return found;
}

Device::Device(const Backend &backend, DeviceInfo info)
    : backend_(backend), info_(std::move(info)), handle_(nullptr, backend.table().close_device) {
    vsmlrt_device *handle = nullptr;
    checked(
        [&](vsmlrt_sink error) { return backend_.table().open_device(info_.id.c_str(), &handle, error); });
    handle_.reset(handle);
}

bool Device::accepts_frames(std::span<const vsmlrt_frame_input> inputs, int output_channels,
                            const vsmlrt_frame_format &output) const {
    const vsmlrt_backend &table = backend_.table();
    return table.accepts_frames != nullptr &&
           table.accepts_frames(handle_.get(), inputs.data(), static_cast<std::int32_t>(inputs.size()),
                                output_channels, &output) != 0;
}

std::optional<std::int64_t> Device::free_memory() const {
    const vsmlrt_backend &table = backend_.table();
    std::int64_t free_bytes = 0;
    std::int64_t total_bytes = 0;
    if (table.memory == nullptr ||
        table.memory(handle_.get(), &free_bytes, &total_bytes, vsmlrt_sink{}) != VSMLRT_OK)
        return std::nullopt;
    return free_bytes;
}

Program::Program(std::shared_ptr<const Device> device, const vsmlrt_program_desc &desc)
    : device_(std::move(device)), handle_(nullptr, device_->backend().table().free_program) {
    vsmlrt_program *handle = nullptr;
    const vsmlrt_backend &table = device_->backend().table();
    checked([&](vsmlrt_sink error) { return table.build_program(device_->handle(), &desc, &handle, error); });
    handle_.reset(handle);
    table.describe_program(handle, &info_);
    if (info_.program_bytes <= 0)
        info_.program_bytes = static_cast<std::int64_t>(desc.network_size);
    weights_.emplace(memory_of(device_->info()).name, info_.program_bytes);
}

vsmlrt_program_info Program::info(vsmlrt_extent extent, const vsmlrt_frame_plan *frames) const {
    const vsmlrt_backend &table = device_->backend().table();
    vsmlrt_program_info info = info_;
    if (table.describe_size != nullptr)
        checked([&](vsmlrt_sink error) {
            return table.describe_size(handle_.get(), extent, frames, &info, error);
        });
    info.program_bytes = info_.program_bytes; // what was claimed
    return info;
}

std::vector<std::byte> Program::export_blob() const {
    std::vector<std::byte> blob;
    const vsmlrt_sink sink = {&blob, [](void *user, const void *data, std::size_t size) {
                                  auto &bytes = *static_cast<std::vector<std::byte> *>(user);
                                  const auto *begin = static_cast<const std::byte *>(data);
                                  bytes.insert(bytes.end(), begin, begin + size);
                              }};
    checked([&](vsmlrt_sink error) {
        return device_->backend().table().export_program(handle_.get(), sink, error);
    });
    return blob;
}

std::optional<Program::Shapes> Program::shapes(vsmlrt_extent extent) const {
    const vsmlrt_backend &table = device_->backend().table();
    if (table.shapes == nullptr)
        return std::nullopt;
    std::vector<vsmlrt_tensor> inputs(static_cast<std::size_t>(info_.num_inputs));
    std::vector<vsmlrt_tensor> outputs(static_cast<std::size_t>(info_.num_outputs));
    checked([&](vsmlrt_sink error) {
        return table.shapes(handle_.get(), extent, inputs.data(), outputs.data(), error);
    });
    return Shapes{std::move(inputs), std::move(outputs)};
}

Context::Context(std::shared_ptr<const Program> program)
    : program_(std::move(program)), handle_(nullptr, program_->device().backend().table().free_context),
      inputs_(static_cast<std::size_t>(program_->info().num_inputs)),
      outputs_(static_cast<std::size_t>(program_->info().num_outputs)) {
    vsmlrt_context *handle = nullptr;
    checked([&](vsmlrt_sink error) {
        return program_->device().backend().table().make_context(program_->handle(), &handle, error);
    });
    handle_.reset(handle);
}

void Backend::check_times_layers() const {
    if (table_->time_layers == nullptr)
        throw Unsupported("the backend ", name(),
                          " cannot tell how long each layer takes; cuda can, on an NVIDIA GPU");
}

NetworkTime Context::time_layers() {
    const Backend &backend = program_->device().backend();
    backend.check_times_layers();
    NetworkTime time;
    const auto visit = [](void *user, const vsmlrt_layer_time *layer) {
        static_cast<NetworkTime *>(user)->layers.push_back({layer->layers, layer->kernel, layer->milliseconds,
                                                            layer->operations, layer->bytes,
                                                            layer->operations_rate, layer->bytes_rate});
    };
    checked([&](vsmlrt_sink error) {
        return backend.table().time_layers(handle_.get(), &time.milliseconds, &time, visit, error);
    });
    return time;
}

void Context::bind(vsmlrt_extent extent) {
    has_frames_ = false;
    checked([&](vsmlrt_sink error) {
        return program_->device().backend().table().bind(handle_.get(), extent, inputs_.data(),
                                                         outputs_.data(), error);
    });
}

void Context::run() {
    checked(
        [&](vsmlrt_sink error) { return program_->device().backend().table().run(handle_.get(), error); });
}

void Context::bind_frames(const vsmlrt_frame_plan &plan) {
    has_frames_ = false;
    checked([&](vsmlrt_sink error) {
        return program_->device().backend().table().bind_frames(handle_.get(), &plan, error);
    });
    has_frames_ = true;
}

bool Context::run_frames(std::span<const vsmlrt_frame> inputs, const vsmlrt_frame &output) {
    std::int32_t not_finite = 0;
    checked([&](vsmlrt_sink error) {
        return program_->device().backend().table().run_frames(handle_.get(), inputs.data(), &output,
                                                               &not_finite, error);
    });
    return not_finite != 0;
}

const char *precision_name(vsmlrt_precision precision) {
    switch (precision) {
    case VSMLRT_PRECISION_AUTO:
        return "auto";
    case VSMLRT_PRECISION_FP32:
        return "fp32";
    case VSMLRT_PRECISION_FP16:
        return "fp16";
    case VSMLRT_PRECISION_BF16:
        return "bf16";
    case VSMLRT_PRECISION_TF32:
        return "tf32";
    }
    return "unknown";
}

const char *kind_name(vsmlrt_device_kind kind) {
    switch (kind) {
    case VSMLRT_DEVICE_CPU:
        return "cpu";
    case VSMLRT_DEVICE_GPU:
        return "gpu";
    case VSMLRT_DEVICE_NPU:
        return "npu";
    }
    return "unknown";
}

} // namespace vsmlrt::engine
