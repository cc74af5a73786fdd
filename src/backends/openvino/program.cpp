#include "backends/openvino/program.h"

#include "backends/openvino/blob_stream.h"
#include "backends/openvino/failure_words.h"
#include "backends/openvino/grid_sample.h"
#include "backends/openvino/misread.h"
#include "backends/openvino/own_operator.h"
#include "backends/openvino/pass_through.h"
#include "backends/openvino/rewrite.h"
#include "backends/openvino/rewrite_convolutions.h"
#include "backends/openvino/substitute.h"
#include "backends/openvino/used_precision.h"
#include "base/error.h"
#include "base/log.h"
#include "cpu/select.h"
#include "module/device.h"

#include <algorithm>
#include <chrono>
#include <openvino/frontend/manager.hpp>
#include <openvino/op/constant.hpp>
#include <openvino/op/op.hpp>
#include <openvino/pass/constant_folding.hpp>
#include <openvino/pass/manager.hpp>
#include <span>
#include <sstream>

namespace vsmlrt::openvino {
namespace {

ov::element::Type hint(vsmlrt_precision precision, const Device &device) {
    switch (precision) {
    case VSMLRT_PRECISION_FP16:
        // A network typed by our own rewrite: computed as it is typed, so that what was kept in fp32 stays
        // there.
        return device.native_fp16 ? ov::element::dynamic : ov::element::f16;
    case VSMLRT_PRECISION_BF16:
        return ov::element::bf16;
    default:
        return ov::element::f32;
    }
}

std::string mutable_names(const std::vector<ov::PropertyName> &properties) {
    std::vector<std::string> names;
    for (const ov::PropertyName &property : properties)
        if (property.is_mutable())
            names.push_back(property);
    return join(names, ", ");
}

// The one option that is not OpenVINO's.
constexpr std::string_view own_operators_option = "OWN_OPERATORS";

bool wants_own_operators(const vsmlrt_program_desc &desc) {
    for (const vsmlrt_option &option : std::span(desc.options, desc.num_options)) {
        if (option.key != own_operators_option)
            continue;
        const std::string_view value = option.value;
        if (value != "YES" && value != "NO")
            throw BadArgument("the option ", own_operators_option, " must be YES or NO, not \"", value, "\"");
        return value == "YES";
    }
    return true;
}

ov::AnyMap properties(const Device &device, const vsmlrt_program_desc &desc) {
    ov::AnyMap map = {ov::hint::inference_precision(hint(desc.precision, device)),
                      ov::num_streams(ov::streams::Num(desc.num_streams))};
    if (device.is_cpu()) {
        map.insert(ov::hint::enable_cpu_pinning(false));
        if (desc.num_threads > 0)
            map.insert(ov::inference_num_threads(desc.num_threads));
    } else if (desc.num_threads > 0) {
        log_once(LogLevel::warning, text("\"num_threads\" has no effect on OpenVINO's device ", device.id));
    }
    if (desc.num_options == 0)
        return map;
    const auto known = core().get_property(device.id, ov::supported_properties);
    for (const vsmlrt_option &option : std::span(desc.options, desc.num_options)) {
        if (option.key == own_operators_option)
            continue;
        const auto is_it = [&](const ov::PropertyName &name) {
            return name == option.key && name.is_mutable();
        };
        if (std::none_of(known.begin(), known.end(), is_it))
            throw BadArgument("OpenVINO's device ", device.id, " has no option \"", option.key,
                              "\" that can be set; it has ", mutable_names(known), ", and ",
                              own_operators_option, " is ours");
        map[option.key] = std::string(option.value);
    }
    return map;
}

void reshape(ov::Model &model, vsmlrt_extent low, vsmlrt_extent high) {
    std::map<ov::Output<ov::Node>, ov::PartialShape> wanted;
    for (const auto &input : model.inputs()) {
        ov::PartialShape shape = input.get_partial_shape();
        if (shape.rank().is_dynamic() || shape.rank().get_length() != 4)
            continue;
        shape[0] = 1;
        shape[2] = ov::Dimension(low.height, high.height);
        shape[3] = ov::Dimension(low.width, high.width);
        wanted[input] = shape;
    }
    model.reshape(wanted);
}

// By the frontend itself: Core::read_model takes a string and copies it once more, which large networks pay
// for.
std::shared_ptr<ov::Model> parsed(const Device &device, const vsmlrt_program_desc &desc) {
    const auto frontend = ov::frontend::FrontEndManager().load_by_framework("onnx");
    frontend->add_extension(substitute_extension());
    const std::span given(static_cast<const std::byte *>(desc.network), desc.network_size);
    const std::vector<std::byte> replaced = replace_misread(given, device.id);
    const std::span onnx = replaced.empty() ? given : std::span<const std::byte>(replaced);
    MemoryBuffer buffer(onnx.data(), onnx.size());
    std::istream stream(&buffer);
    const auto loaded = frontend->load(&stream);
    if (desc.network_read)
        desc.network_read(desc.user);
    return frontend->convert(loaded);
}

std::shared_ptr<ov::Model> read(const Device &device, const vsmlrt_program_desc &desc) {
    std::shared_ptr<ov::Model> model;
    try {
        model = parsed(device, desc);
        reshape(*model, desc.min_extent, desc.max_extent);
        part_outputs_from_inputs(*model);
    } catch (const ov::Exception &failure) {
        throw BadModel("OpenVINO cannot read this network: ", cause(failure));
    }
    return model;
}

std::int64_t bytes_of(const ov::Output<const ov::Node> &port) {
    const auto &shape = port.get_partial_shape();
    std::int64_t bytes = static_cast<std::int64_t>(port.get_element_type().size());
    for (const auto &dim : shape)
        bytes *= std::max<std::int64_t>(dim.get_max_length(), 1);
    return bytes;
}

std::int64_t bytes_of_ends(const ov::CompiledModel &compiled) {
    std::int64_t total = 0;
    for (const auto &port : compiled.inputs())
        total += bytes_of(port);
    for (const auto &port : compiled.outputs())
        total += bytes_of(port);
    return total;
}

// What one context takes beside its inputs and outputs, from above: the two largest values between operators,
// which OpenVINO's own memory reuse keeps alive side by side.
std::int64_t bytes_between(const ov::CompiledModel &compiled) {
    std::int64_t first = 0;
    std::int64_t second = 0;
    const auto runtime = compiled.get_runtime_model();
    for (const auto &node : runtime->get_ops()) {
        for (const auto &port : std::as_const(*node).outputs()) {
            if (port.get_partial_shape().rank().is_dynamic())
                continue;
            const std::int64_t bytes = bytes_of(port);
            if (bytes > first) {
                second = first;
                first = bytes;
            } else if (bytes > second) {
                second = bytes;
            }
        }
    }
    return first + second;
}

// Weights as the network has them. OpenVINO keeps them in its own layout, at the precision that it computes
// in or as they are.
std::int64_t bytes_of_weights(const ov::Model &model) {
    std::int64_t total = 0;
    for (const auto &node : model.get_ops())
        if (const auto *const constant = dynamic_cast<const ov::op::v0::Constant *>(node.get()))
            total += static_cast<std::int64_t>(constant->get_byte_size());
    return total;
}

// The kernels of our own that are faster than OpenVINO's convolutions at this precision, or null.
const cpu::Kernels *own_kernels(const ov::element::Type &precision) {
    const cpu::Kernels *kernels = cpu::fastest_kernels();
    if (!kernels || precision == ov::element::f32)
        return kernels;
    const bool bf16 = precision == ov::element::bf16 && kernels->bf16;
    return bf16 && !may_use(InstructionSet::amx) ? kernels : nullptr; // AMX's products are faster
}

int threads_a_stream(const ov::CompiledModel &compiled) {
    const int streams = std::max(1, compiled.get_property(ov::num_streams).num);
    return std::max(1, compiled.get_property(ov::inference_num_threads) / streams);
}

void rewrite(const std::shared_ptr<ov::Model> &model, const ov::AnyMap &settings, bool own_operators,
             const std::shared_ptr<Workspaces> &workspaces) {
    rewrite_for_cpu(model);
    if (!own_operators)
        return;
    sample_grids(*model, workspaces);
    const auto precision = settings.at(ov::hint::inference_precision.name()).as<ov::element::Type>();
    if (const cpu::Kernels *kernels = own_kernels(precision)) {
        const auto storage = precision == ov::element::bf16 ? cpu::Storage::bf16 : cpu::Storage::fp32;
        compute_convolutions(*model, *kernels, storage, workspaces);
    }
}

bool has_own_operators(const ov::Model &model) {
    const auto nodes = model.get_ops();
    return std::any_of(nodes.begin(), nodes.end(), [](const std::shared_ptr<ov::Node> &node) {
        return dynamic_cast<const OwnOperator *>(node.get()) != nullptr;
    });
}

// The operators of a stream take one workspace after another.
std::int64_t workspace_bytes(const ov::Model &model, int threads) {
    std::int64_t most = 0;
    for (const auto &node : model.get_ops())
        if (const auto *const own = dynamic_cast<const OwnOperator *>(node.get()))
            most = std::max(most, own->workspace_bytes(threads));
    return most;
}

// Of a model or a compiled one, whose shapes are all fixed.
template <typename Model>
IoShapes shapes_of(const Model &model) {
    IoShapes shapes;
    for (const auto &port : model.inputs())
        shapes.inputs.emplace_back(port.get_shape().begin(), port.get_shape().end());
    for (const auto &port : model.outputs())
        shapes.outputs.emplace_back(port.get_shape().begin(), port.get_shape().end());
    return shapes;
}

} // namespace

Program::Program(const Device &device, const vsmlrt_program_desc &desc) {
    const auto start = std::chrono::steady_clock::now();
    const ov::AnyMap settings = properties(device, desc);
    if (desc.blob) {
        weight_bytes_ = static_cast<std::int64_t>(desc.blob_size);
        MemoryBuffer buffer(desc.blob, desc.blob_size);
        std::istream stream(&buffer);
        try {
            compiled_ = core().import_model(stream, device.id, settings);
        } catch (const std::exception &failure) {
            throw DeviceError("OpenVINO refuses the cached program: ", cause(failure));
        }
    } else {
        auto model = read(device, desc);
        weight_bytes_ = bytes_of_weights(*model);
        if (!is_static(desc))
            model_ = model->clone();
        const auto workspaces = std::make_shared<Workspaces>();
        const bool own_operators = wants_own_operators(desc);
        try {
            if (device.is_cpu())
                rewrite(model, settings, own_operators, workspaces);
            own_operators_ = has_own_operators(*model);
            compiled_ = core().compile_model(model, device.id, settings);
        } catch (const ov::Exception &failure) {
            throw DeviceError("OpenVINO cannot compile this network for ", device.id, ": ", cause(failure),
                              memory_remedy(failure.what()));
        }
        if (own_operators_) {
            const int threads = threads_a_stream(compiled_);
            workspaces->set_threads(threads);
            workspace_bytes_ = workspace_bytes(*model, threads);
        }
    }
    if (!model_ && !is_static(desc))
        model_ = read(device, desc);
    describe();
    // Measured on CPUs, where operators are OpenVINO's: importing skips the graph transformations and nothing
    // else, which pays for large networks.
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    info_.blob_worth_caching = !device.is_cpu() || (taken.count() > 1.0 && !own_operators_);
}

void Program::describe() {
    info_.precision = used_precision(compiled_);
    info_.num_inputs = static_cast<std::int32_t>(compiled_.inputs().size());
    info_.num_outputs = static_cast<std::int32_t>(compiled_.outputs().size());
    info_.program_bytes = weight_bytes_;
    info_.context_bytes = bytes_of_ends(compiled_) + bytes_between(compiled_) + workspace_bytes_;
    // Its streams hold what is between inputs and outputs; a request beyond them waits in line.
    info_.spare_contexts = 1;
    info_.spare_context_bytes = bytes_of_ends(compiled_);
}

std::string Program::blob() const {
    if (own_operators_)
        throw Unsupported("a program with operators of our own is built each time: it takes less time than "
                          "reading one would");
    std::ostringstream stream;
    const_cast<ov::CompiledModel &>(compiled_).export_model(stream);
    return std::move(stream).str();
}

IoShapes Program::propagate(vsmlrt_extent extent) const {
    if (!model_)
        return shapes_of(compiled_);
    const auto sized = model_->clone();
    reshape(*sized, extent, extent);
    // An operator of ours knows its result's size where what that follows from is a constant.
    if (has_own_operators(*sized)) {
        ov::pass::Manager manager;
        manager.register_pass<ov::pass::ConstantFolding>();
        manager.run_passes(sized);
        sized->validate_nodes_and_infer_types();
    }
    return shapes_of(*sized);
}

IoShapes Program::shapes(vsmlrt_extent extent) {
    try {
        return known_shapes_.at(extent, [&] { return propagate(extent); });
    } catch (const ov::Exception &failure) {
        throw BadModel("the network does not accept ", extent.width, "x", extent.height, ": ",
                       cause(failure));
    }
}

} // namespace vsmlrt::openvino
