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

// The instruction with operands %0.. : sums, the left operand (4 registers or a descriptor), the right one,
// and whether sums are added to.
std::string instruction(int columns, Element storage, bool registers) {
    const int sums = columns / 2; // of one of 128 threads
    const int right = sums + (registers ? 4 : 1);
    const auto operand = [](int i) { return "%" + std::to_string(i); };
    const std::string type = storage == Element::bf16 ? "bf16" : "f16";
    return "        asm volatile(\"{\\n.reg .pred more;\\nsetp.ne.b32 more, " + operand(right + 1) +
           ", 0;\\n\"\n            \"wgmma.mma_async.sync.aligned.m64n" + std::to_string(columns) +
           "k16.f32." + type + "." + type + " {" + list(sums, operand) + "}, " +
           (registers ? "{" + list(4, [&](int i) { return operand(sums + i); }) + "}" : operand(sums)) +
           ", " + operand(right) + ", more, 1, 1, " + (registers ? "0" : "0, 0") + ";\\n}\\n\"\n";
}

// The instruction on the device; on the CPU what kernels/host_hopper.h has for it, with these arguments.
std::string either(const std::string &on_device, int columns, Element storage, const std::string &sums,
                   std::string_view operands) {
    return "#ifdef __CUDACC__\n" + on_device + "#else\n        float *const sums[] = {" + sums +
           "};\n        hopper::product<" + std::to_string(columns) + ", " +
           (storage == Element::bf16 ? "true" : "false") + ">(sums, " + std::string(operands) +
           ", accumulate);\n#endif\n    }\n};\n";
}

// One product; `registers`: its filters are four registers, else a descriptor.
std::string product_member(int columns, Element storage, bool registers) {
    const int sums = columns / 2;
    const auto number = [](int i) { return std::to_string(i); };
    std::string text = "    // accumulate 0: the sums begin here\n";
    text += "    DEVICE static void run(float (&s)[" + number(sums) + "], " +
            (registers ? "const u32 (&filters)[4]" : "u64 filters") + ", u64 pixels, int accumulate) {\n";
    std::string on_device = instruction(columns, storage, registers);
    on_device += "            : " + list(sums, [&](int i) { return "\"+f\"(s[" + number(i) + "])"; }) + "\n";
    on_device += "            : " +
                 (registers ? list(4, [&](int i) { return "\"r\"(filters[" + number(i) + "])"; })
                            : std::string("\"l\"(filters)")) +
                 ", \"l\"(pixels), \"r\"(accumulate));\n";
    return text + either(on_device, columns, storage, "s", "filters, pixels");
}

} // namespace

std::string defines(std::initializer_list<std::pair<std::string_view, int>> values) {
    std::string text;
    for (const auto &[name, value] : values)
        text += "#define " + std::string(name) + " " + std::to_string(value) + "\n";
    return text;
}

std::string product_text(int columns, Element storage) {
    return "template <int columns> struct Product;\ntemplate <> struct Product<" + std::to_string(columns) +
           "> {\n" + product_member(columns, storage, false);
}

std::string register_product_text(std::initializer_list<int> columns, Element storage) {
    std::string text = "template <int columns> struct RegisterProduct;\n";
    for (const int count : columns)
        text += "template <> struct RegisterProduct<" + std::to_string(count) + "> {\n" +
                product_member(count, storage, true);
    return text;
}

std::string phase_product_text(int columns, Element storage) {
    const int sums = columns / 2;
    std::string text = "template <int phases> struct PhaseProduct;\n";
    for (const int phases : {1, 2, 4}) {
        const auto array = [](int phase) { return "s" + std::to_string(phase); };
        text +=
            "template <> struct PhaseProduct<" + std::to_string(phases) + "> {\n    DEVICE static void run(" +
            list(phases,
                 [&](int phase) { return "float (&" + array(phase) + ")[" + std::to_string(sums) + "]"; }) +
            ", u64 pixels, u64 filters, int accumulate) {\n" +
            either(instruction(phases * columns, storage, false) + "            : " +
                       list(phases * sums,
                            [&](int i) {
                                return "\"+f\"(" + array(i / sums) + "[" + std::to_string(i % sums) + "])";
                            }) +
                       "\n            : \"l\"(pixels), \"l\"(filters), \"r\"(accumulate));\n",
                   phases * columns, storage, list(phases, array), "pixels, filters");
    }
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
