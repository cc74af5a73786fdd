// Reading, rewriting and compiling, once for each program; what a program knows of itself afterwards.
#include "backends/openvino/program.h"

#include "backends/openvino/blob_stream.h"
#include "backends/openvino/failure_words.h"
#include "backends/openvino/grid_sample.h"
#include "backends/openvino/memory.h"
#include "backends/openvino/options.h"
#include "backends/openvino/own_operator.h"
#include "backends/openvino/read_model.h"
#include "backends/openvino/rewrite.h"
#include "backends/openvino/rewrite_convolutions.h"
#include "backends/openvino/used_precision.h"
#include "base/error.h"
#include "cpu/select.h"
#include "cpu/tile_method.h"
#include "cpu/winograd_method.h"
#include "module/device.h"

#include <algorithm>
#include <chrono>
#include <openvino/pass/constant_folding.hpp>
#include <openvino/pass/manager.hpp>
#include <sstream>

namespace vsmlrt::openvino {
namespace {

// The method of our own that is faster than OpenVINO's convolutions at this precision, or null.
std::shared_ptr<const cpu::ConvolutionMethod> own_method(const ov::element::Type &precision) {
    const cpu::Kernels *kernels = cpu::fastest_kernels();
    if (kernels && precision == ov::element::f32)
        return cpu::winograd_method(*kernels, cpu::Storage::fp32);
    if (precision != ov::element::bf16)
        return nullptr;
    if (const cpu::TileKernels *tiles = cpu::tile_kernels())
        return cpu::tile_method(*tiles);
    return kernels && kernels->bf16 ? cpu::winograd_method(*kernels, cpu::Storage::bf16) : nullptr;
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
    if (const auto method = own_method(precision))
        compute_convolutions(*model, method, workspaces);
}

bool has_own_operators(const ov::Model &model) {
    const auto nodes = model.get_ops();
    return std::any_of(nodes.begin(), nodes.end(), [](const std::shared_ptr<ov::Node> &node) {
        return dynamic_cast<const OwnOperator *>(node.get()) != nullptr;
    });
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
        auto model = read_model(device, desc);
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
        model_ = read_model(device, desc);
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
