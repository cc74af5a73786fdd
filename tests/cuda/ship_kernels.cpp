// ship_kernels --out FOLDER [--architectures 80,86,89,90a,100,120] [--precisions fp16,tf32,fp32,bf16]
// [--sizes 1920x1080,...] [--without-clips] [--list] FILE|FAMILY|families...: writes the kernels that a first
// frame of these networks waits for where nothing is kept, and (but for --without-clips) those between any
// clip and tensors, as the package ships them (backends/cuda/shipped_kernels.h): a file an architecture. No
// GPU is needed (VSMLRT_CUDA_DRIVER names the emulated driver then). What this compiler put into a file of
// FOLDER is taken from there. --list: only says how many there are, and how many of them the files have. A
// size that a network does not take is made larger until it does; a file's network that takes none is named
// and left out.
#include "arguments.h"
#include "backends/cuda/card_parts.h"
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
#include <span>
#include <sstream>

namespace {

using namespace vsmlrt;

struct Arguments {
    std::filesystem::path folder;
    std::vector<std::string> architectures = {"80", "86", "89", "90a", "100", "120"};
    std::vector<std::string> precisions = {"fp16"};
    std::vector<std::string> sizes = {"1920x1080", "1280x720", "3840x2160", "720x576", "640x480", "256x256"};
    std::vector<std::string> networks;
    bool clips = true;
    bool list = false;
};

std::vector<std::string> items(const std::string &list) {
    std::vector<std::string> found;
    std::istringstream stream(list);
    for (std::string item; std::getline(stream, item, ',');)
        found.push_back(item);
    return found;
}

Arguments parse(test::Arguments words) {
    Arguments arguments;
    while (words.next()) {
        const std::string word = words.word();
        if (word == "--out")
            arguments.folder = path_of(words.value());
        else if (word == "--architectures")
            arguments.architectures = items(words.value());
        else if (word == "--precisions")
            arguments.precisions = items(words.value());
        else if (word == "--sizes")
            arguments.sizes = items(words.value());
        else if (word == "--without-clips")
            arguments.clips = false;
        else if (word == "--list")
            arguments.list = true;
        else if (words.is_option())
            words.refuse();
        else if (word == "families") {
            const std::vector<std::string> all = test::bench_names();
            arguments.networks.insert(arguments.networks.end(), all.begin(), all.end());
        } else
            arguments.networks.push_back(word);
    }
    if (arguments.folder.empty())
        throw BadArgument("--out is missing: the folder that the files are written to");
    return arguments;
}

// GPUs of an architecture, as far as plans depend on them: all by the shared memory of a block, Hopper's by
// their multiprocessors; of others the largest, on which small pictures have the most rivals. Source:
// NVIDIA's table of compute capabilities, its products' pages.
std::vector<cuda::DeviceFacts> cards(const std::string &architecture) {
    const int number = std::stoi(architecture);
    const bool large = number == 80 || number == 90 || number == 100;
    const int shared = number == 80 ? 163 << 10 : large ? 227 << 10 : 99 << 10;
    if (number == 90) // SXM, PCIe, H20
        return {{number, 132, shared, true}, {number, 114, shared, true}, {number, 78, shared, true}};
    return {{number, 192, shared, true}};
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
                for (const auto &[across, down] : {std::pair{0, 0}, {1, 0}, {1, 1}}) {
                    format.family = family;
                    format.subsampling_w = across;
                    format.subsampling_h = down;
                    for (const int channels : {1, 3}) {
                        texts.insert(cuda::decode_source({format, {}, channels}, tensor));
                        texts.insert(cuda::encode_source(format, channels, tensor));
                    }
                }
        }
    }
}

std::vector<std::byte> onnx_of(const model::Network &network, const std::string &precision,
                               std::optional<Element> inputs, std::optional<Element> outputs) {
    model::Network spelt = model::spell_out(network);
    if (precision == "fp16")
        spelt = model::to_half(spelt);
    // Coordinates stay exact where pictures become halves.
    if (const model::Network narrow = model::narrow_ends(spelt, inputs == Element::f16, false);
        narrow.inputs.size() != spelt.inputs.size())
        return model::write_onnx(model::set_io_type(narrow, std::nullopt, outputs));
    return model::write_onnx(model::set_io_type(spelt, inputs, outputs));
}

graph::Graph graph_of(const std::string &precision, const std::vector<std::byte> &onnx) {
    vsmlrt_program_desc desc = {};
    desc.network = onnx.data();
    desc.network_size = onnx.size();
    desc.precision = precision == "bf16" ? VSMLRT_PRECISION_BF16 : VSMLRT_PRECISION_AUTO;
    return cuda::read_network(desc);
}

void add_plan(Texts &texts, const graph::Graph &graph, const std::string &precision,
              const cuda::DeviceFacts &facts, vsmlrt_extent size) {
    std::vector<graph::Shape> inputs;
    for (const graph::Input &input : graph.inputs)
        inputs.push_back({1, input.dims[1].size.value_or(0), size.height, size.width});
    static const auto device = std::make_shared<const nvidia::DeviceContext>(0);
    cuda::Constants weights(device);
    const auto add = [&](const cuda::DeviceFacts &card) {
        cuda::Plan plan = cuda::make_plan(graph, graph::infer(graph, inputs), weights, device, card,
                                          {.tf32 = precision == "tf32"});
        const std::vector<std::string> found = cuda::sources_to_time(plan, {});
        texts.insert(found.begin(), found.end());
        return plan;
    };
    const cuda::Plan whole = add(facts);
    std::set<int> numbers; // of parts
    constexpr int most_streams = 8;
    for (int streams = 1; streams <= most_streams; ++streams)
        for (const int in_flight : {0, 4, 6, 8, 12, 16})
            numbers.insert(cuda::share_of_card(whole, facts, {streams, in_flight}, true).parts);
    for (const int parts : numbers)
        if (parts > 1)
            add(cuda::part_of(facts, parts));
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

// For ends of either type, as clips and arguments may want them, and for one size and any. Which kernels may
// be the fastest depends on the size, but not together with those.
void add_network(Texts &texts, const model::Network &network, const std::string &precision,
                 const std::vector<vsmlrt_extent> &sizes, const std::vector<cuda::DeviceFacts> &facts) {
    const auto add = [&](const model::Network &given, std::optional<Element> inputs,
                         std::optional<Element> outputs, std::span<const vsmlrt_extent> at) {
        const graph::Graph graph = graph_of(precision, onnx_of(given, precision, inputs, outputs));
        for (const vsmlrt_extent &size : at)
            for (const cuda::DeviceFacts &card : facts)
                add_plan(texts, graph, precision, card, size);
    };
    const model::Network any = model::free_shape(network);
    const std::span all(sizes);
    add(any, std::nullopt, std::nullopt, all);
    const std::optional<Element> ends[] = {std::nullopt, Element::f16};
    for (const auto &inputs : ends)
        for (const auto &outputs : ends) {
            add(any, inputs, outputs, all.first(1));
            add(model::fix_shape(network, all[0].width, all[0].height), inputs, outputs, all.first(1));
        }
}

struct Opened {
    std::string name;
    model::Network network;
    std::vector<vsmlrt_extent> sizes;
};

std::vector<Opened> open_networks(const Arguments &arguments) {
    const nvidia::DeviceContext device(0);
    device.use();
    std::vector<Opened> opened;
    for (const std::string &name : arguments.networks) {
        model::Network network = test::bench_network(name);
        const bool is_file = network.nodes.empty();
        try {
            if (is_file)
                network = model::load_network(path_of(name)).network;
            std::vector<vsmlrt_extent> sizes = sizes_of(network, arguments.sizes);
            opened.push_back({name, std::move(network), std::move(sizes)});
        } catch (const Error &error) {
            if (!is_file)
                throw;
            std::cerr << "ship_kernels: " << name << " is left out: " << error.what() << "\n";
        }
    }
    return opened;
}

Texts texts_of(const Arguments &arguments, const std::vector<Opened> &networks,
               const std::string &architecture) {
    Texts all;
    if (arguments.clips)
        add_codecs(all);
    std::printf("sm_%s: clips: %zu kernels\n", architecture.c_str(), all.size());
    const std::size_t precisions = arguments.precisions.size();
    std::vector<Texts> texts(networks.size() * precisions);
    for_each_on_threads(texts.size(), [&](std::size_t i) {
        const nvidia::DeviceContext device(0);
        device.use();
        const Opened &opened = networks[i / precisions];
        add_network(texts[i], opened.network, arguments.precisions[i % precisions], opened.sizes,
                    cards(architecture));
    });
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::size_t before = all.size();
        all.insert(texts[i].begin(), texts[i].end());
        std::printf("sm_%s: %s %s: %zu kernels, %zu of them new\n", architecture.c_str(),
                    networks[i / precisions].name.c_str(), arguments.precisions[i % precisions].c_str(),
                    texts[i].size(), all.size() - before);
    }
    return all;
}

void write(const Arguments &arguments, const std::vector<Opened> &networks, const std::string &number) {
    const std::string architecture = "sm_" + number;
    const std::filesystem::path file = arguments.folder / cuda::shipped_file(architecture);
    std::optional<cuda::ShippedKernels> before;
    if (std::filesystem::exists(file))
        before.emplace(file);
    if (before && !arguments.list && !before->version().ends_with(nvidia::compiler_version()))
        before.reset();
    std::map<std::string, std::vector<std::byte>> cubins;
    std::vector<std::string> missing;
    const Texts texts = texts_of(arguments, networks, number);
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
        const Arguments arguments = parse({count, values});
        std::filesystem::create_directories(arguments.folder);
        const std::vector<Opened> networks = open_networks(arguments);
        for (const std::string &architecture : arguments.architectures)
            write(arguments, networks, architecture);
        return 0;
    } catch (const std::exception &failure) {
        std::cerr << "ship_kernels: " << failure.what() << "\n";
        return 1;
    }
}
