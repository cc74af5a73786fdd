// What makes two programs different is put together here, once, as the key of the plan
// cache and of the programs in use: whatever changes a result or a plan must be in it.
#include "engine/program.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/heap.h"
#include "base/log.h"
#include "base/path.h"
#include "cache/plan_cache.h"
#include "model/edit.h"
#include "model/onnx.h"

#include <map>
#include <mutex>

namespace vsmlrt::engine {
namespace {

bool wants_half_inputs(HalfInputs wanted, bool computed_in_half) {
    return wanted == HalfInputs::always || (wanted == HalfInputs::where_computed_in_half && computed_in_half);
}

// Where the ends cannot be retyped the codec converts instead.
model::Network with_half_ends(model::Network network, bool inputs, bool outputs) {
    if (!inputs && !outputs)
        return network;
    const auto half = [](bool wanted) { return wanted ? std::optional(Element::f16) : std::nullopt; };
    try {
        return model::set_io_type(network, half(inputs), half(outputs));
    } catch (const Unsupported &) {
        return network;
    }
}

model::Network edited(const model::Network &source, const ShapeRange &range, vsmlrt_precision precision,
                      const Device &device, const ProgramOptions &options) {
    model::Network network =
        model::spell_out(range.is_static() ? model::fix_shape(source, range.opt.width, range.opt.height)
                                           : model::free_shape(source));
    // Where fp16 is not native the backend computes in another precision, and the rewrite would only lose
    // bits.
    const bool to_half = precision == VSMLRT_PRECISION_FP16 && device.info().native_fp16;
    if (options.keep_fp32 && !to_half)
        log_once(LogLevel::warning,
                 text(options.keep_fp32->empty() ? "\"force_fp16\"" : "\"fp16_blacklist_ops\"",
                      " has no effect on ", device.info().name,
                      ", which does not compute this network in fp16"));
    if (to_half) {
        model::HalfOptions half;
        if (options.keep_fp32)
            half.keep = *options.keep_fp32;
        network =
            model::narrow_ends(model::to_half(network, half), options.narrow_inputs, options.narrow_outputs);
    }
    return with_half_ends(std::move(network), wants_half_inputs(options.half_inputs, to_half),
                          options.half_outputs);
}

// "fp32", "fp16", or both where the ends differ.
std::string io_type_of(const model::Network &network) {
    const auto name = [](const std::vector<model::Value> &values) {
        return !values.empty() && values.front().type == Element::f16 ? "fp16" : "fp32";
    };
    const std::string in = name(network.inputs);
    const std::string out = name(network.outputs);
    return in == out ? in : text(in, "-", out);
}

// One cache a folder, alive until the process ends. The user's own folder is looked up when a program is
// built, so that VSMLRT_CACHE can be set until then.
cache::PlanCache &plan_cache(std::filesystem::path folder) {
    constexpr std::uintmax_t limit = std::uintmax_t{8} << 30;
    static std::mutex mutex;
    static auto *const caches = new std::map<std::filesystem::path, cache::PlanCache>;
    if (folder.empty())
        folder = cache_folder();
    const std::lock_guard lock(mutex);
    return caches->try_emplace(folder, folder, limit).first->second;
}

void check_plan_folder(const std::filesystem::path &folder) {
    std::error_code error;
    if (!folder.empty() && std::filesystem::exists(folder, error) &&
        !std::filesystem::is_directory(folder, error))
        throw BadArgument("\"engine_folder\" must be a folder; ", text_of(folder), " is a file");
}

std::string shapes_text(const vsmlrt_program_desc &desc) {
    const std::string best = extent_text(desc.opt_extent);
    const std::string least = extent_text(desc.min_extent);
    const std::string most = extent_text(desc.max_extent);
    return least == most ? best : text("min", least, "_opt", best, "_max", most);
}

std::string streams_text(const vsmlrt_program_desc &desc) {
    return text("\nstreams ", desc.num_streams, "\nthreads ", desc.num_threads);
}

cache::Key plan_key(const Device &device, const std::string &stem, const std::string &io_type,
                    const vsmlrt_program_desc &desc) {
    const DeviceInfo &info = device.info();
    const std::string version = device.backend().version();
    const auto bytes = std::span(static_cast<const std::byte *>(desc.network), desc.network_size);
    // Without its number: what is built for a device is right for its equals.
    const std::string shown = text(info.group, " ", info.name);
    cache::Key key;
    key.file_name = cache::make_file_name(
        {stem, shapes_text(desc), precision_name(desc.precision), io_type, shown, version});
    key.full =
        text("network ", content_hash(bytes), "\nshapes ", shapes_text(desc), "\nprecision ",
             precision_name(desc.precision), "\ndevice ", shown, "\nversion ", version, "\nbasis ",
             info.plan_basis.value_or(""), info.plans_follow_streams ? streams_text(desc) : std::string());
    for (std::size_t i = 0; i < desc.num_options; ++i)
        key.full += text("\noption ", desc.options[i].key, "=", desc.options[i].value);
    return key;
}

// Of all programs of a backend on devices of a name.
cache::Key shared_key(const Device &device) {
    const DeviceInfo &info = device.info();
    const std::string version = device.backend().version();
    const std::string shown = text(info.group, " ", info.name);
    return {cache::make_file_name({"shared", {}, {}, {}, shown, version}),
            text("shared\ndevice ", shown, "\nversion ", version, "\nbasis ", info.plan_basis.value_or(""))};
}

// From the plan cache, or built and, where the backend finds that worth while, stored there.
std::shared_ptr<const Program> load_or_build(const std::shared_ptr<const Device> &device,
                                             const cache::Key &key, cache::PlanCache &plans,
                                             const vsmlrt_program_desc &desc) {
    std::shared_ptr<const Program> built;
    const auto build = [&]() -> std::optional<cache::PlanCache::Blob> {
        built = std::make_shared<const Program>(device, desc);
        if (built->info().blob_worth_caching == 0)
            return {};
        return built->export_blob();
    };
    const std::optional<cache::PlanCache::Blob> blob = plans.load_or_build(key, build);
    if (built)
        return built;
    try {
        vsmlrt_program_desc stored = desc;
        stored.blob = blob->data();
        stored.blob_size = blob->size();
        stored.network_read = nullptr; // It is built from the network if the blob is refused.
        return std::make_shared<const Program>(device, stored);
    } catch (const Error &refused) {
        log(LogLevel::information,
            text("the stored plan ", key.file_name, " is built again: ", refused.what()));
    }
    if (const auto fresh = build())
        plans.store(key, *fresh);
    return built;
}

// The program, by its plan where the device keeps plans; the description's folders are filled in.
std::shared_ptr<const Program> from_plans(const std::shared_ptr<const Device> &device, const cache::Key &key,
                                          const std::filesystem::path &plan_folder,
                                          vsmlrt_program_desc desc) {
    const DeviceInfo &info = device->info();
    if (!info.plan_basis)
        return std::make_shared<const Program>(device, desc);
    cache::PlanCache &plans = plan_cache(plan_folder);
    const auto folder = [&](bool wanted, const cache::Key &of) {
        const auto found = wanted ? plans.kept_folder(of) : std::nullopt;
        return found ? text_of(*found) : std::string();
    };
    const std::string kept = folder(info.keeps_files, key);
    const std::string shared = folder(info.shares_files, shared_key(*device));
    desc.kept_folder = kept.empty() ? nullptr : kept.c_str();
    desc.shared_folder = shared.empty() ? nullptr : shared.c_str();
    return load_or_build(device, key, plans, desc);
}

// Says once where the program is not what was asked for.
void say_differences(const Device &device, const ProgramOptions &options, vsmlrt_precision wanted,
                     const vsmlrt_program_info &program) {
    const DeviceInfo &info = device.info();
    const bool keeps_plans = info.plan_basis && (program.blob_worth_caching != 0 || info.keeps_files);
    if (!options.plan_folder.empty() && !keeps_plans)
        log_once(LogLevel::warning, text("\"engine_folder\" has no effect on ", device.backend().name(), " ",
                                         info.id, ", for which no plans are kept"));
    if (options.precision == VSMLRT_PRECISION_AUTO && program.precision == VSMLRT_PRECISION_BF16)
        log_once(LogLevel::information,
                 text(info.name, " computes in bf16, which \"auto\" takes where it is native; "
                                 "precision=\"fp32\" is slower and exact"));
    if (program.precision != wanted)
        log_once(LogLevel::warning, text(info.name, " computes in ", precision_name(program.precision),
                                         ", not in ", precision_name(wanted), " as asked"));
}

// Dynamic programs in use, by their whole key.
class SharedPrograms {
public:
    template <typename Make>
    std::shared_ptr<const Program> get(const std::string &key, Make &&make) {
        const std::lock_guard lock(mutex_);
        if (auto known = programs_[key].lock())
            return known;
        auto made = make();
        programs_[key] = made;
        return made;
    }

private:
    std::mutex mutex_; // held while one is made: who wants the same waits for it
    std::map<std::string, std::weak_ptr<const Program>> programs_;
};

SharedPrograms &shared_programs() {
    static auto *const programs = new SharedPrograms;
    return *programs;
}

} // namespace

vsmlrt_precision resolve_precision(vsmlrt_precision asked, const DeviceInfo &device) {
    if (asked != VSMLRT_PRECISION_AUTO)
        return asked;
    if (device.kind == VSMLRT_DEVICE_CPU)
        return device.native_bf16 ? VSMLRT_PRECISION_BF16 : VSMLRT_PRECISION_FP32;
    return device.native_fp16 ? VSMLRT_PRECISION_FP16 : VSMLRT_PRECISION_FP32;
}

std::shared_ptr<const Program> build_program(const std::shared_ptr<const Device> &device,
                                             model::Loaded loaded, const ShapeRange &range,
                                             const ProgramOptions &options) {
    check_plan_folder(options.plan_folder);
    const vsmlrt_precision precision = resolve_precision(options.precision, device->info());
    loaded.network = edited(loaded.network, range, precision, *device, options);
    const std::string io_type = io_type_of(loaded.network);
    std::vector<std::byte> bytes = model::write_onnx(loaded.network);
    loaded.network = {}; // Weights are large, and compiling takes copies of its own.
    std::vector<vsmlrt_option> properties;
    for (const auto &[key, value] : options.properties)
        properties.push_back({key.c_str(), value.c_str()});

    vsmlrt_program_desc desc = {};
    desc.network = bytes.data();
    desc.network_size = bytes.size();
    desc.precision = precision;
    desc.min_extent = range.min;
    desc.opt_extent = range.opt;
    desc.max_extent = range.max;
    desc.num_streams = options.num_streams;
    desc.frames_in_flight = options.frames_in_flight;
    desc.num_threads = options.num_threads;
    desc.options = properties.data();
    desc.num_options = properties.size();
    desc.network_read = [](void *user) {
        std::vector<std::byte>().swap(*static_cast<std::vector<std::byte> *>(user));
    };
    desc.user = &bytes;
    const cache::Key key = plan_key(*device, loaded.stem, io_type, desc);
    const auto make = [&] {
        auto made = from_plans(device, key, options.plan_folder, desc);
        give_back_freed_memory();
        return made;
    };
    auto program = range.is_static()
                       ? make()
                       : shared_programs().get(key.full + "\nat " + device->info().id + streams_text(desc) +
                                                   text("\nin flight ", desc.frames_in_flight),
                                               make);
    say_differences(*device, options, precision, program->info());
    return program;
}

} // namespace vsmlrt::engine
