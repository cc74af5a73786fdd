#include "backends/cuda/hopper_text.h"

#include "backends/cuda/hopper.h"
#include "backends/cuda/kernel_text.h"

namespace vsmlrt::cuda {
namespace {

template <typename Item>
std::string list(int count, Item item) {
    std::string text;
    for (int i = 0; i < count; ++i)
        text += (i == 0 ? "" : ",") + item(i);
    return text;
}

} // namespace

std::string defines(std::initializer_list<std::pair<std::string_view, int>> values) {
    std::string text;
    for (const auto &[name, value] : values)
        text += "#define " + std::string(name) + " " + std::to_string(value) + "\n";
    return text;
}

std::string product_text(int columns, Element storage) {
    const int sums = columns / 2; // of one of 128 threads
    const auto number = [](int i) { return std::to_string(i); };
    const std::string type = storage == Element::bf16 ? "bf16" : "f16";
    std::string text = "template <int columns> struct Product;\n";
    text += "template <> struct Product<" + number(columns) + "> {\n";
    text += "    // accumulate 0: the sums begin here\n";
    text += "    DEVICE static void run(float (&s)[" + number(sums) +
            "], u64 filters, u64 pixels, int accumulate) {\n";
    text += "        asm volatile(\"{\\n.reg .pred more;\\nsetp.ne.b32 more, %" + number(sums + 2) +
            ", 0;\\n\"\n";
    text += "            \"wgmma.mma_async.sync.aligned.m64n" + number(columns) + "k16.f32." + type + "." +
            type + " {" + list(sums, [&](int i) { return "%" + number(i); }) + "}, %" + number(sums) + ", %" +
            number(sums + 1) + ", more, 1, 1, 0, 0;\\n}\\n\"\n";
    text += "            : " + list(sums, [&](int i) { return "\"+f\"(s[" + number(i) + "])"; }) + "\n";
    text += "            : \"l\"(filters), \"l\"(pixels), \"r\"(accumulate));\n    }\n};\n";
    return text;
}

std::string hopper_source(const ConvProblem &problem, int columns, std::string_view constants,
                          std::string_view file) {
    std::string generated = defines({{"STORAGE_BF16", problem.storage == Element::bf16},
                                     {"TENSORS_LAST", vector_operands(problem.epilogue)}});
    generated += constants;
    generated += problem.epilogue.text;
    if (columns > 0)
        generated += product_text(columns, problem.storage);
    return kernel_source(generated, file);
}

} // namespace vsmlrt::cuda
