#include "conformance/module.h"

#include "base/error.h"
#include "base/library_names.h"
#include "base/shared_library.h"
#include "tensor/half.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <numeric>

namespace vsmlrt::test {
namespace {

// The text of a door's error, and its code as an exception.
class Failure {
public:
    [[nodiscard]] vsmlrt_sink sink() {
        return {this, [](void *user, const void *data, std::size_t size) {
                    static_cast<Failure *>(user)->text_.append(static_cast<const char *>(data), size);
                }};
    }
    [[nodiscard]] const std::string &text() const { return text_; }
    void check(vsmlrt_code code) const {
        if (code != VSMLRT_OK)
            raise(code, text_);
    }

private:
    std::string text_;
};

std::string chosen_device(const vsmlrt_backend &backend, const std::string &wanted) {
    const char *const given = std::getenv("VSMLRT_TEST_DEVICE");
    if (!wanted.empty() || given)
        return wanted.empty() ? given : wanted;
    Failure failure;
    std::string first;
    failure.check(backend.list_devices(
        &first,
        [](void *user, const vsmlrt_device_info *info) {
            auto &found = *static_cast<std::string *>(user);
            if (found.empty())
                found = info->id;
        },
        failure.sink()));
    return first;
}

using OpenDevice = std::unique_ptr<vsmlrt_device, void (*)(vsmlrt_device *)>;

OpenDevice open(const vsmlrt_backend &backend, const std::string &id) {
    Failure failure;
    vsmlrt_device *device = nullptr;
    failure.check(backend.open_device(id.c_str(), &device, failure.sink()));
    return {device, backend.close_device};
}

// Opens the device once more and for the whole process: a GPU takes longer to start than most tests do.
void keep_open(const vsmlrt_backend &backend, const std::string &id) {
    static auto &kept = *new std::map<std::pair<const vsmlrt_backend *, std::string>, OpenDevice>;
    const std::pair key(&backend, id);
    if (!kept.contains(key))
        kept.emplace(key, open(backend, id));
}

} // namespace

std::filesystem::path modules_folder() {
    const char *const given = std::getenv("VSMLRT_TEST_MODULES");
    return given && *given ? given : VSMLRT_MODULES;
}

std::filesystem::path module_path(const std::string &name) {
    return modules_folder() / ("libvsmlrt_" + name + std::string(library_ending));
}

Opened open_module(const std::filesystem::path &path) {
    if (!std::filesystem::exists(path))
        return {nullptr, path.filename().string() + " was not built"};
    const vsmlrt_backend *backend = nullptr;
    try {
        using Entry = const vsmlrt_backend *(*)(std::uint32_t);
        const auto entry = reinterpret_cast<Entry>(SharedLibrary(path).symbol("vsmlrt_backend_entry"));
        backend = entry(VSMLRT_INTERFACE_VERSION);
    } catch (const Unsupported &failure) {
        return {nullptr, failure.what()};
    }
    if (!backend)
        return {nullptr, "it speaks another interface version"};
    Failure failure;
    if (backend->probe(failure.sink()) != VSMLRT_OK)
        return {nullptr, failure.text()};
    return {backend, {}};
}

Program::Program(const vsmlrt_backend &backend, std::span<const std::byte> onnx,
                 const ProgramOptions &options)
    : backend_(backend), device_(nullptr, backend.close_device), program_(nullptr, backend.free_program) {
    const std::string id = chosen_device(backend, options.device);
    keep_open(backend, id);
    device_ = open(backend, id);
    vsmlrt_program_desc desc = {};
    desc.network = onnx.data();
    desc.network_size = onnx.size();
    desc.precision = options.precision;
    desc.min_extent = options.smallest;
    desc.opt_extent = options.smallest;
    desc.max_extent = options.largest;
    desc.num_streams = options.num_streams;
    desc.num_threads = 1;
    desc.options = options.options.data();
    desc.num_options = options.options.size();
    desc.blob = options.blob.empty() ? nullptr : options.blob.data();
    desc.blob_size = options.blob.size();
    Failure failure;
    vsmlrt_program *program = nullptr;
    failure.check(backend.build_program(device_.get(), &desc, &program, failure.sink()));
    program_.reset(program);
}

Context Program::context() {
    return Context(*this);
}

std::string Program::blob() const {
    Failure failure;
    std::string bytes;
    const vsmlrt_sink sink = {&bytes, [](void *user, const void *data, std::size_t size) {
                                  static_cast<std::string *>(user)->append(static_cast<const char *>(data),
                                                                           size);
                              }};
    failure.check(backend_.export_program(program_.get(), sink, failure.sink()));
    return bytes;
}

vsmlrt_program_info Program::info() const {
    vsmlrt_program_info info = {};
    backend_.describe_program(program_.get(), &info);
    return info;
}

vsmlrt_program_info Program::info(vsmlrt_extent extent) const {
    vsmlrt_program_info described = info();
    Failure failure;
    if (backend_.describe_size != nullptr)
        failure.check(backend_.describe_size(program_.get(), extent, nullptr, &described, failure.sink()));
    return described;
}

Context::Context(Program &program)
    : backend_(program.backend_), context_(nullptr, program.backend_.free_context) {
    Failure failure;
    vsmlrt_context *context = nullptr;
    failure.check(backend_.make_context(program.program_.get(), &context, failure.sink()));
    context_.reset(context);
    inputs_.resize(static_cast<std::size_t>(program.info().num_inputs));
    outputs_.resize(static_cast<std::size_t>(program.info().num_outputs));
}

void Context::bind(vsmlrt_extent extent) {
    Failure failure;
    failure.check(backend_.bind(context_.get(), extent, inputs_.data(), outputs_.data(), failure.sink()));
}

void Context::write(const vsmlrt_tensor &tensor, const std::vector<float> &values) {
    if (static_cast<std::int64_t>(values.size()) != count(tensor))
        throw BadArgument(values.size(), " values for a tensor of ", count(tensor));
    if (tensor.type == VSMLRT_FLOAT32)
        std::copy(values.begin(), values.end(), static_cast<float *>(tensor.data));
    else
        std::transform(values.begin(), values.end(), static_cast<std::uint16_t *>(tensor.data),
                       float_to_half);
}

std::vector<Values> Context::run_bound() {
    Failure failure;
    failure.check(backend_.run(context_.get(), failure.sink()));
    std::vector<Values> results;
    for (const vsmlrt_tensor &tensor : outputs_) {
        Values result{{std::begin(tensor.dims), std::begin(tensor.dims) + tensor.rank}, {}};
        result.values.resize(static_cast<std::size_t>(count(tensor)));
        const auto total = static_cast<std::ptrdiff_t>(result.values.size());
        if (tensor.type == VSMLRT_FLOAT32)
            std::copy_n(static_cast<const float *>(tensor.data), total, result.values.begin());
        else
            std::transform(static_cast<const std::uint16_t *>(tensor.data),
                           static_cast<const std::uint16_t *>(tensor.data) + total, result.values.begin(),
                           half_to_float);
        results.push_back(std::move(result));
    }
    return results;
}

std::vector<Values> Context::run_seeded(vsmlrt_extent extent, std::uint64_t seed) {
    return run(extent, [&](std::size_t i, const vsmlrt_tensor &tensor) {
        return Random(seed + i).list(count(tensor));
    });
}

std::int64_t count(const vsmlrt_tensor &tensor) {
    return std::accumulate(std::begin(tensor.dims), std::begin(tensor.dims) + tensor.rank, std::int64_t{1},
                           std::multiplies<>());
}

double difference(const std::vector<Values> &given, const std::vector<Values> &expected) {
    constexpr double infinite = std::numeric_limits<double>::infinity();
    if (given.size() != expected.size())
        return infinite;
    double most = 0;
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (given[i].dims != expected[i].dims)
            return infinite;
        double range = 1;
        double apart = 0;
        for (std::size_t k = 0; k < given[i].values.size(); ++k) {
            const double a = given[i].values[k];
            const double b = expected[i].values[k];
            if (std::isnan(a) != std::isnan(b))
                return infinite;
            if (std::isnan(a) || a == b)
                continue;
            apart = std::max(apart, std::abs(a - b));
            range = std::max(range, std::abs(b));
        }
        most = std::max(most, apart / range);
    }
    return most;
}

} // namespace vsmlrt::test
