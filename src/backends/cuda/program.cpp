#include "backends/cuda/program.h"

#include "backends/cuda/context.h"
#include "backends/cuda/network.h"
#include "base/checked.h"
#include "module/shapes.h"
#include "module/tensor.h"

namespace vsmlrt::cuda {
namespace {

// What programs of this process have found out, so that a second network of the same layers times nothing.
struct ChosenHere {
    std::mutex mutex;
    std::map<std::string, Choices> by_device;
};

ChosenHere &chosen_here() {
    static auto *const instance = new ChosenHere; // filters may outlive static destruction
    return *instance;
}

// Both frames of a pair and of the next, and what else an interpolator reads.
constexpr std::size_t frames_kept = 12;

vsmlrt_tensor shape_of(Element type, const Shape &dims) {
    return tensor_view(type == Element::f16 ? VSMLRT_FLOAT16 : VSMLRT_FLOAT32, dims, nullptr);
}

std::vector<std::string> chosen_sources(const Plan &plan) {
    std::vector<std::string> sources;
    for (const Step &step : plan.steps)
        sources.push_back(step.alternatives.front().source);
    return sources;
}

} // namespace

Program::Program(const Device &device, const vsmlrt_program_desc &desc)
    : options_(read_options({desc.options, desc.num_options})), facts_(device.facts),
      architecture_(device.architecture), device_id_(device.id),
      context_(std::make_shared<const nvidia::DeviceContext>(device.number)), graph_(read_network(desc)),
      weights_(context_), kernels_(context_, device.architecture), frames_(context_, frames_kept) {
    if (desc.blob) {
        Blob blob = decode_blob({static_cast<const std::byte *>(desc.blob), desc.blob_size}, architecture_);
        choices_ = std::move(blob.choices);
        kernels_.add_cubins(std::move(blob.cubins));
    }
    if (desc.network_read)
        desc.network_read(desc.user);
    context_->use();
    tune(plan(desc.opt_extent), desc.opt_extent);
    const Plan largest = plan(desc.max_extent);
    std::vector<std::string> sources = chosen_sources(largest);
    for (const vsmlrt_extent &extent : {desc.min_extent, desc.opt_extent})
        if (!same_extent(extent, desc.max_extent)) {
            const std::vector<std::string> more = chosen_sources(plan(extent));
            sources.insert(sources.end(), more.begin(), more.end());
        }
    kernels_.prepare(sources);
    for (const std::string &source : sources)
        static_cast<void>(kernels_.function(source));
    describe(desc, largest);
}

void Program::tune(const Plan &best, vsmlrt_extent extent) {
    std::unique_lock lock(chosen_here().mutex);
    Choices &known = chosen_here().by_device[device_id_];
    known.insert(choices_.begin(), choices_.end());
    std::vector<std::string> sources;
    for (const Step &step : best.steps)
        if (step.alternatives.size() > 2 && !known.contains(step.problem))
            for (std::size_t i = 0; i + 1 < step.alternatives.size(); ++i)
                sources.push_back(step.alternatives[i].source);
    if (!sources.empty()) {
        kernels_.prepare(sources);
        Context context(*this);
        std::vector<vsmlrt_tensor> inputs(graph_.inputs.size());
        std::vector<vsmlrt_tensor> outputs(graph_.outputs.size());
        context.bind(extent, inputs.data(), outputs.data());
        context.tune(known);
    }
    for (const Step &step : best.steps)
        if (const auto found = known.find(step.problem); found != known.end())
            choices_.insert(*found);
}

void Program::describe(const vsmlrt_program_desc &desc, const Plan &largest) {
    info_.precision = precision_of(graph_, desc.precision);
    info_.num_inputs = static_cast<std::int32_t>(graph_.inputs.size());
    info_.num_outputs = static_cast<std::int32_t>(graph_.outputs.size());
    info_.context_bytes = largest.arena_bytes;
    for (const Buffer &buffer : largest.buffers)
        if (buffer.kind == BufferKind::input || buffer.kind == BufferKind::output)
            info_.context_bytes = checked_add(info_.context_bytes, buffer.bytes, "bytes of a context");
    info_.blob_worth_caching = 1;
    info_.program_bytes = weights_.bytes();
    // One more frame is uploaded and downloaded while the others are computed; it has buffers of its own.
    info_.spare_contexts = 1;
    info_.spare_context_bytes = info_.context_bytes;
}

std::vector<graph::Shape> Program::input_shapes(vsmlrt_extent extent) const {
    std::vector<graph::Shape> shapes;
    for (const graph::Input &input : graph_.inputs)
        shapes.push_back({1, input.dims[1].size.value_or(0), extent.height, extent.width});
    return shapes;
}

void Program::shapes(vsmlrt_extent extent, vsmlrt_tensor *inputs, vsmlrt_tensor *outputs) const {
    const graph::Shapes shapes = graph::infer(graph_, input_shapes(extent));
    const auto shape = [&](graph::ValueId value) {
        const auto place = static_cast<std::size_t>(value);
        return shape_of(graph_.values[place].type, shapes.dims[place]);
    };
    for (const graph::Input &input : graph_.inputs)
        *inputs++ = shape(input.value);
    for (const graph::ValueId output : graph_.outputs)
        *outputs++ = shape(output);
}

Plan Program::plan(vsmlrt_extent extent) {
    const graph::Shapes shapes = graph::infer(graph_, input_shapes(extent));
    Plan plan = make_plan(graph_, shapes, weights_, context_, facts_, {options_.plain});
    for (Step &step : plan.steps)
        if (const auto choice = choices_.find(step.problem); choice != choices_.end())
            for (Alternative &alternative : step.alternatives)
                if (alternative.name == choice->second)
                    std::swap(alternative, step.alternatives.front());
    return plan;
}

std::vector<std::byte> Program::blob() const {
    return encode_blob(architecture_, {choices_, kernels_.cubins()});
}

} // namespace vsmlrt::cuda
