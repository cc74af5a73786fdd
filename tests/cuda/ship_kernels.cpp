// ship_kernels --out FOLDER [--architectures 80,86,89,90a,100,120] [--precisions fp16,tf32,fp32,bf16]
// [--sizes 1920x1080,...] [--list] NETWORK|FAMILY...: writes the kernels that a first frame of these networks
// waits for where nothing is kept, and those between any clip and tensors, as the package ships them
// (backends/cuda/shipped_kernels.h): a file an architecture. No GPU is needed (VSMLRT_CUDA_DRIVER names the
// emulated driver then). What a file of FOLDER has already is taken from there. --list: only says how many
// there are, and how many of them the files have. A size that a network does not take is made larger until it
// does.
#include "backends/cuda/frames.h"
#include "backends/cuda/network.h"
#include "backends/cuda/planner.h"
#include "backends/cuda/shipped_kernels.h"
#include "backends/cuda/tuning.h"
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "base/threads.h"
#include "cuda/bench_networks.h"
#include "cuda/bench_run.h"
#include "model/edit.h"
#include "model/load.h"
#include "model/onnx.h"
#include "nvidia/compiler.h"

#include <cstdio>
#include <iostream>
#include <set>
#include <sstream>

namespace {

using namespace vsmlrt;

struct Arguments {
    std::filesystem::path folder;
    std::vector<std::string> architectures = {"80", "86", "89", "90a", "100", "120"};
    std::vector<std::string> precisions = {"fp16"};
    std::vector<std::string> sizes = {"1920x1080"};
    std::vector<std::string> networks;
    bool list = false;
};

std::vector<std::string> items(const std::string &list) {
    std::vector<std::string> found;
    std::istringstream stream(list);
    for (std::string item; std::getline(stream, item, ',');)
        found.push_back(item);
    return found;
}

Arguments parse(int count, char **values) {
    Arguments arguments;
    for (int i = 1; i < count; ++i) {
        const std::string word = values[i];
        const auto value = [&]() -> std::string {
            if (i + 1 >= count)
                throw BadArgument(word, " needs a value");
            return values[++i];
        };
        if (word == "--out")
            arguments.folder = path_of(value());
        else if (word == "--architectures")
            arguments.architectures = items(value());
        else if (word == "--precisions")
            arguments.precisions = items(value());
        else if (word == "--sizes")
            arguments.sizes = items(value());
        else if (word == "--list")
            arguments.list = true;
        else if (word.starts_with("--"))
            throw BadArgument("there is no option ", word);
        else
            arguments.networks.push_back(word);
    }
    if (arguments.folder.empty())
        throw BadArgument("--out is missing: the folder that the files are written to");
    return arguments;
}

// GPUs of an architecture, as far as plans depend on them: the least and the most multiprocessors that such
// cards have. Source: NVIDIA's tables of compute capabilities and of its products.
std::vector<cuda::DeviceFacts> cards(const std::string &architecture) {
    const int number = std::stoi(architecture);
    const bool large = number == 80 || number == 90 || number == 100;
    const int shared = number == 80 ? 163 << 10 : large ? 227 << 10 : 99 << 10;
    if (number == 90) // 114: PCIe
        return {{number, 132, shared, true}, {number, 114, shared, true}};
    return {{number, large ? 108 : 84, shared, true}};
}

using Texts = std::set<std::string>;

// Of frames of any format, for networks of either type.
void add_codecs(Texts &texts) {
    vsmlrt_frame_format format = {};
    for (const Element tensor : {Element::f16, Element::f32}) {
        texts.insert(cuda::blend_source(tensor));
        for (const int bits : {8, 16, -16, -32}) {
            format.sample = bits < 0 ? VSMLRT_FLOAT : VSMLRT_INTEGER;
            format.bits = std::abs(bits);
            for (const vsmlrt_family family : {VSMLRT_GRAY, VSMLRT_RGB, VSMLRT_YUV})
                for (const int subsampling : {0, 1}) {
                    format.family = family;
                    format.subsampling_w = format.subsampling_h = subsampling;
                    for (const int channels : {1, 3}) {
                        texts.insert(cuda::decode_source({format, {}, channels}, tensor));
                        const cuda::EncodeSources sources = cuda::encode_sources(format, channels, tensor);
                        texts.insert({sources.pixels, sources.chroma_rows, sources.chroma});
                    }
                }
        }
    }
    texts.erase("");
}

std::vector<std::byte> onnx_of(const model::Network &network, const std::string &precision,
                               std::optional<Element> inputs, std::optional<Element> outputs) {
    const model::Network spelt = model::spell_out(network);
    return model::write_onnx(
        model::set_io_type(precision == "fp16" ? model::to_half(spelt) : spelt, inputs, outputs));
}

graph::Graph graph_of(const std::string &precision, const std::vector<std::byte> &onnx) {
    test::BenchArguments run;
    run.precision = precision;
    return cuda::read_network(test::bench_description(run, onnx));
}

void add_plan(Texts &texts, const graph::Graph &graph, const std::string &precision,
              const cuda::DeviceFacts &facts, vsmlrt_extent size) {
    std::vector<graph::Shape> inputs;
    for (const graph::Input &input : graph.inputs)
        inputs.push_back({1, input.dims[1].size.value_or(0), size.height, size.width});
    static const auto device = std::make_shared<const nvidia::DeviceContext>(0);
    cuda::Constants weights(device);
    const cuda::Plan plan = cuda::make_plan(graph, graph::infer(graph, inputs), weights, device, facts,
                                            {.tf32 = precision == "tf32"});
    const std::vector<std::string> found = cuda::sources_to_time(plan, {});
    texts.insert(found.begin(), found.end());
}

// The sizes that the network takes, each at least as large as one that is asked for.
std::vector<vsmlrt_extent> sizes_of(const model::Network &network, const std::vector<std::string> &wanted) {
    const graph::Graph graph =
        graph_of("fp32", onnx_of(model::free_shape(network), "fp32", std::nullopt, std::nullopt));
    std::vector<vsmlrt_extent> sizes;
    for (const std::string &size : wanted) {
        vsmlrt_extent extent = {};
        if (std::sscanf(size.c_str(), "%dx%d", &extent.width, &extent.height) != 2)
            throw BadArgument("a size is \"", size, "\"; give it as 1920x1080");
        constexpr int most = 256; // of what sizes are multiples of
        for (int multiple = 1; multiple <= most; multiple *= 2) {
            const auto up = [&](std::int32_t length) {
                return (length + multiple - 1) / multiple * multiple;
            };
            extent = {up(extent.width), up(extent.height)};
            try {
                Texts ignored;
                add_plan(ignored, graph, "fp32", cards("80").front(), extent);
                break;
            } catch (const Error &) {
                if (multiple == most)
                    throw;
            }
        }
        sizes.push_back(extent);
    }
    return sizes;
}

// For ends of either type, as clips and arguments may want them, and for one size and any.
void add_network(Texts &texts, const model::Network &network, const std::string &precision,
                 const std::vector<vsmlrt_extent> &sizes, const std::vector<cuda::DeviceFacts> &facts) {
    const std::optional<Element> ends[] = {std::nullopt, Element::f16};
    for (const auto &inputs : ends)
        for (const auto &outputs : ends) {
            const model::Network free = model::free_shape(network);
            const graph::Graph any = graph_of(precision, onnx_of(free, precision, inputs, outputs));
            for (const vsmlrt_extent &size : sizes) {
                const model::Network fixed = model::fix_shape(network, size.width, size.height);
                const graph::Graph one = graph_of(precision, onnx_of(fixed, precision, inputs, outputs));
                for (const cuda::DeviceFacts &card : facts) {
                    add_plan(texts, one, precision, card, size);
                    add_plan(texts, any, precision, card, size);
                }
            }
        }
}

Texts texts_of(const Arguments &arguments, const std::string &architecture) {
    Texts all;
    add_codecs(all);
    std::printf("sm_%s: clips: %zu kernels\n", architecture.c_str(), all.size());
    for (const std::string &name : arguments.networks) {
        model::Network network = test::bench_network(name);
        if (network.nodes.empty())
            network = model::load_network(path_of(name)).network;
        const std::vector<vsmlrt_extent> sizes = sizes_of(network, arguments.sizes);
        for (const std::string &precision : arguments.precisions) {
            Texts texts;
            add_network(texts, network, precision, sizes, cards(architecture));
            const std::size_t before = all.size();
            all.insert(texts.begin(), texts.end());
            std::printf("sm_%s: %s %s: %zu kernels, %zu of them new\n", architecture.c_str(), name.c_str(),
                        precision.c_str(), texts.size(), all.size() - before);
            std::fflush(stdout);
        }
    }
    return all;
}

void write(const Arguments &arguments, const std::string &number) {
    const std::string architecture = "sm_" + number;
    const std::filesystem::path file = arguments.folder / cuda::shipped_file(architecture);
    std::optional<cuda::ShippedKernels> before;
    if (std::filesystem::exists(file))
        before.emplace(file);
    std::map<std::string, std::vector<std::byte>> cubins;
    std::vector<std::string> missing;
    const Texts texts = texts_of(arguments, number);
    for (const std::string &source : texts) {
        const std::string hash = cuda::kernel_hash(source);
        if (auto known = before ? before->cubin(hash) : std::nullopt)
            cubins[hash] = std::move(*known);
        else
            missing.push_back(source);
    }
    std::printf("%s: %zu kernels, %zu of them in %s\n", architecture.c_str(), texts.size(),
                texts.size() - missing.size(), text_of(file).c_str());
    std::fflush(stdout);
    if (arguments.list)
        return;
    missing = cuda::longest_first(std::move(missing));
    std::vector<std::vector<std::byte>> compiled(missing.size());
    for_each_on_threads(missing.size(),
                        [&](std::size_t i) { compiled[i] = nvidia::compile(missing[i], architecture); });
    for (std::size_t i = 0; i < missing.size(); ++i)
        cubins[cuda::kernel_hash(missing[i])] = std::move(compiled[i]);
    const std::vector<std::byte> content = cuda::encode_shipped(nvidia::compiler_version(), cubins);
    replace_file(file, content);
    std::printf("%s: %zu bytes\n", text_of(file).c_str(), content.size());
}

} // namespace

int main(int count, char **values) {
    try {
        const Arguments arguments = parse(count, values);
        std::filesystem::create_directories(arguments.folder);
        for (const std::string &architecture : arguments.architectures)
            write(arguments, architecture);
        return 0;
    } catch (const std::exception &failure) {
        std::cerr << "ship_kernels: " << failure.what() << "\n";
        return 1;
    }
}
