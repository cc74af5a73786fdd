// run_network MODULE NETWORK.onnx IN.raw... --size WxH --out OUT.raw [--precision fp32|tf32|fp16|bf16]
// [--device ID] run_network MODULE --list FILE
//
// Runs a network once on a backend module. Files are raw float32, NCHW; the output's shape goes to standard
// output, the precision that was really used to standard error. In fp16 the network is rewritten first.
// A list has the arguments of a run, without the module, in each line; a line of standard output answers
// each, with the shape or "failed: " and why.
#include "base/file.h"
#include "conformance/module.h"
#include "engine/backend.h"
#include "model/edit.h"
#include "model/onnx.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

namespace {

using namespace vsmlrt;

struct Arguments {
    std::vector<std::string> files; // module, network, inputs
    vsmlrt_extent size = {0, 0};
    std::string out;
    vsmlrt_precision precision = VSMLRT_PRECISION_FP32;
    std::string device;
    std::vector<std::pair<std::string, std::string>> options;
};

constexpr const char *usage = "usage: run_network MODULE NETWORK.onnx IN.raw... --size WxH --out OUT.raw "
                              "[--precision fp32|tf32|fp16|bf16] [--device ID] [--option KEY=VALUE]..., or "
                              "run_network MODULE --list FILE";

constexpr std::pair<std::string_view, vsmlrt_precision> precisions[] = {{"fp32", VSMLRT_PRECISION_FP32},
                                                                        {"tf32", VSMLRT_PRECISION_TF32},
                                                                        {"fp16", VSMLRT_PRECISION_FP16},
                                                                        {"bf16", VSMLRT_PRECISION_BF16}};

vsmlrt_precision read_precision(const std::string &word) {
    for (const auto &[name, precision] : precisions)
        if (name == word)
            return precision;
    throw BadArgument("--precision is fp32, tf32, fp16 or bf16, and was given \"", word, "\"");
}

Arguments parse(const std::vector<std::string> &words) {
    Arguments arguments;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string &word = words[i];
        const std::string next = i + 1 < words.size() ? words[i + 1] : "";
        if (word == "--size") {
            if (std::sscanf(next.c_str(), "%dx%d", &arguments.size.width, &arguments.size.height) != 2)
                throw BadArgument("--size is WxH, and was given \"", next, "\"");
            ++i;
        } else if (word == "--out") {
            arguments.out = next;
            ++i;
        } else if (word == "--precision") {
            arguments.precision = read_precision(next);
            ++i;
        } else if (word == "--device") {
            arguments.device = next;
            ++i;
        } else if (word == "--option") {
            const std::size_t equals = std::min(next.find('='), next.size());
            arguments.options.emplace_back(next.substr(0, equals),
                                           next.substr(std::min(equals + 1, next.size())));
            ++i;
        } else {
            arguments.files.push_back(word);
        }
    }
    if (arguments.files.size() < 3 || arguments.size.width < 1 || arguments.size.height < 1 ||
        arguments.out.empty())
        throw BadArgument(usage);
    return arguments;
}

std::vector<float> read_floats(const std::string &path) {
    const std::vector<std::byte> bytes = read_file(path);
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    return values;
}

const vsmlrt_backend &open(const std::string &module) {
    const test::Opened opened = test::open_module(std::filesystem::absolute(module));
    if (!opened.backend)
        throw BadArgument(module, ": ", opened.reason);
    return *opened.backend;
}

// The shape of the first output, which is written to the file.
std::string run(const vsmlrt_backend &backend, const Arguments &arguments) {
    std::vector<std::byte> onnx = read_file(arguments.files[1]);
    if (arguments.precision == VSMLRT_PRECISION_FP16)
        onnx = model::write_onnx(model::to_half(model::read_onnx(onnx)));
    test::ProgramOptions options;
    options.smallest = options.largest = arguments.size;
    options.precision = arguments.precision;
    options.device = arguments.device;
    for (const auto &[key, value] : arguments.options)
        options.options.push_back({key.c_str(), value.c_str()});
    test::Program program(backend, onnx, options);
    std::cerr << "computed in " << engine::precision_name(program.info().precision) << "\n";
    test::Context context = program.context();
    const std::vector<test::Values> results =
        context.run(arguments.size, [&](std::size_t i, const vsmlrt_tensor &) {
            if (i + 2 >= arguments.files.size())
                throw BadArgument("the network has more inputs than there are files");
            return read_floats(arguments.files[i + 2]);
        });
    std::ofstream file(arguments.out, std::ios::binary);
    file.write(reinterpret_cast<const char *>(results[0].values.data()),
               static_cast<std::streamsize>(results[0].values.size() * sizeof(float)));
    if (!file.flush())
        throw BadArgument(arguments.out, ": cannot be written");
    return join(results[0].dims, " ");
}

void run_list(const std::string &module, const std::string &path) {
    const vsmlrt_backend &backend = open(module);
    std::ifstream list(path);
    for (std::string line; std::getline(list, line);) {
        std::istringstream words(line);
        std::vector<std::string> run_words = {module};
        for (std::string word; words >> word;)
            run_words.push_back(word);
        try {
            std::cout << run(backend, parse(run_words)) << "\n";
        } catch (const std::exception &failure) {
            std::string why = failure.what();
            std::replace(why.begin(), why.end(), '\n', ' ');
            std::cout << "failed: " << why << "\n";
        }
    }
}

} // namespace

int main(int count, char **values) {
    try {
        const std::vector<std::string> words(values + 1, values + count);
        if (words.size() == 3 && words[1] == "--list") {
            run_list(words[0], words[2]);
        } else {
            const Arguments arguments = parse(words);
            std::cout << run(open(arguments.files[0]), arguments) << "\n";
        }
        return 0;
    } catch (const std::exception &failure) {
        std::cerr << "run_network: " << failure.what() << "\n";
        return 1;
    }
}
