#include "backends/cuda/kernel_text.h"
#include "backends/cuda/kernels/args.cuh"
#include "backends/cuda/launching.h"
#include "backends/cuda/planner.h"

namespace vsmlrt::cuda {

void Planner::emit_general_resize(const graph::Resize &op, const Group &group) {
    const graph::Node &node = graph_.nodes[group.anchor];
    const Tensor from = read(node.inputs[0]);
    const Tensor to = result(node.outputs[0]);
    GeneralResizeArgs args = {};
    args.threads = graph::count(to.dims);
    args.cubic_a = op.cubic_a;
    args.extrapolation = op.extrapolation;
    std::size_t next = 0;
    for (const std::size_t axis : memory_order(to)) {
        const std::array<float, 2> region = op.roi.empty() ? std::array<float, 2>{0, 1} : op.roi[axis];
        args.from[next] = size_argument(from.dims[axis]);
        args.to[next] = size_argument(to.dims[axis]);
        args.scale[next] = op.scales[axis];
        args.region[next][0] = region[0];
        args.region[next][1] = region[1];
        args.stays[next] =
            from.dims[axis] == to.dims[axis] && op.scales[axis] == 1 && region[0] == 0 && region[1] == 1 ? 1
                                                                                                         : 0;
        args.input.stride[next] = from.strides[axis];
        args.output.stride[next++] = to.strides[axis];
    }
    const std::string source = kernel_source(
        text("#define RANK ", next, "\n#define MODE ", static_cast<int>(op.mode), "\n#define COORDINATES ",
             static_cast<int>(op.coordinates), "\n#define NEAREST ", static_cast<int>(op.nearest),
             "\n#define EXCLUDE_OUTSIDE ", op.exclude_outside ? 1 : 0, "\n#define ANTIALIAS ",
             op.antialias ? 1 : 0, "\ntypedef ", type_name(to.type), " element_t;\n"),
        "resize_general.cuh");
    add_kernel(label(group), "general resize", source, args.threads,
               {args, {{args.input.data, from}}, {{args.output.data, to}}});
    clear_lanes(to, label(group));
}

} // namespace vsmlrt::cuda
