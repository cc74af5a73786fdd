// bench_cuda NETWORK|FAMILY... [--size WxH] [--precision fp16|bf16|tf32|fp32] [--accumulate fp32|fp16]
// [--kernels auto|mma|geforce|plain]: frames a second on the device (tensors resident) and from host to host,
// and the time to the first frame. What else:
//   --layers              the time of each launch, alone and in its place
//   --steps               what each step on the way to the first frame takes
//   --streams N           frames a second of N streams, each with as many frames side by side as it computes,
//                         tensors resident; with --check one of N. The device's time is one frame's alone
//   --warm S, --seconds S with --streams: before, and of each of five rounds; 1 and 0.3, since a card that is
//                         at its power limit lowers its clocks within a second
//   --in-flight N         as for a host that asks for N frames at once
//   --dynamic WxH,WxH,WxH the smallest, the best and the largest size that the program is made for
//   --keep FOLDER         keeps compiled kernels and what was timed there, as the plugin's cache does
//   --sustained SECONDS   frames a second over time, as the card warms up
//   --check               instead: the error against --reference plain (the plain kernels of this precision)
//   or
//                         fp32 (those of fp32, on the network before its weights were rounded)
//   --rivals              with --check: with each way to compute a step in turn, in the place of the fastest
//   --write FOLDER        instead: writes each network as FOLDER/NETWORK.onnx
//   --rates               first: the GPU's name, and what it does at most, measured (backends/cuda/rates.h)
//   --rate NAME           first: that rate alone; several may be named
//   --plan ARCHITECTURE   instead: the plan for a GPU of that architecture (80, 90, ...), which need not be
//                         here (VSMLRT_CUDA_DRIVER names the emulated driver then)
//   --compile             with --plan: and the kernels that a first frame waits for where nothing is kept,
//   each with
//                         what it takes the compiler; with --write FOLDER their texts and cubins
// A family is a network of its real sizes with random weights; bench_networks.h names them.
#include "arguments.h"
#include "cuda/bench_run.h"

#include "backends/cuda/blob.h"
#include "backends/cuda/network.h"
#include "backends/cuda/planner.h"
#include "backends/cuda/rates.h"
#include "backends/cuda/tuning.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "cuda/cubin.h"
#include "nvidia/compiler.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <map>
#include <memory>
#include <set>

namespace {

using namespace vsmlrt;
using test::BenchArguments;
using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point begin) {
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

struct Arguments {
    BenchArguments run;
    std::vector<std::string> networks;
    std::string reference = "plain";
    bool streams = false; // asked for
    double warm = 1;      // seconds of it before it is timed
    double seconds = 0.3;
    double sustained = 0;
    int plan = 0;       // architecture
    std::string folder; // where networks are written
    bool compile = false;
    bool layers = false;
    bool check = false;
    bool rivals = false;
    bool rates = false;
    std::vector<std::string> rate_names; // empty: all
};

test::BenchArguments::Range range_of(const std::string &text) {
    test::BenchArguments::Range range = {};
    if (std::sscanf(text.c_str(), "%dx%d,%dx%d,%dx%d", &range.smallest.width, &range.smallest.height,
                    &range.best.width, &range.best.height, &range.largest.width, &range.largest.height) != 6)
        throw BadArgument("--dynamic is \"", text, "\"; give it as 736x480,1280x736,1920x1088");
    return range;
}

Arguments parse(test::Arguments words) {
    Arguments arguments;
    while (words.next()) {
        const std::string word = words.word();
        if (word == "--size") {
            arguments.run.size = words.size();
        } else if (word == "--precision") {
            arguments.run.precision = words.value();
        } else if (word == "--kernels") {
            arguments.run.kernels = words.value();
        } else if (word == "--accumulate") {
            arguments.run.accumulate = words.value();
        } else if (word == "--reference") {
            arguments.reference = words.value();
        } else if (word == "--keep") {
            arguments.run.keep = words.value();
        } else if (word == "--write") {
            arguments.folder = words.value();
        } else if (word == "--streams") {
            arguments.run.streams = words.number();
            arguments.streams = true;
        } else if (word == "--warm") {
            arguments.warm = words.seconds(true);
        } else if (word == "--seconds") {
            arguments.seconds = words.seconds();
        } else if (word == "--in-flight") {
            arguments.run.in_flight = words.number();
        } else if (word == "--dynamic") {
            arguments.run.range = range_of(words.value());
        } else if (word == "--sustained") {
            arguments.sustained = words.seconds();
        } else if (word == "--plan") {
            arguments.plan = words.number();
        } else if (word == "--compile") {
            arguments.compile = true;
        } else if (word == "--layers") {
            arguments.layers = true;
        } else if (word == "--steps") {
            set_log_sink([](LogLevel, const std::string &line) { std::cerr << line << "\n"; });
        } else if (word == "--rates") {
            arguments.rates = true;
        } else if (word == "--rate") {
            arguments.rates = true;
            arguments.rate_names.push_back(words.value());
        } else if (word == "--check") {
            arguments.check = true;
        } else if (word == "--rivals") {
            arguments.rivals = true;
        } else if (words.is_option()) {
            words.refuse();
        } else {
            arguments.networks.push_back(word);
        }
    }
    return arguments;
}

// The error with each way to compute a step in the place of the one that was chosen.
bool rivals_agree(const Arguments &arguments, const std::string &name, const std::vector<float> &expected,
                  double bound) {
    const std::vector<std::byte> onnx = test::bench_onnx(arguments.run, name);
    const cuda::Device device = test::bench_device(arguments.run);
    cuda::Program program(device, test::bench_description(arguments.run, onnx));
    const cuda::Plan plan = program.plan(arguments.run.size);
    std::set<std::pair<cuda::StepKey, std::string>> tried;
    bool agree = true;
    for (const cuda::Step &step : plan.steps)
        for (std::size_t i = 0; i < step.rivals(); ++i) {
            const std::string &way = step.alternatives[i].name;
            if (!tried.emplace(step.key, way).second)
                continue;
            cuda::Blob blob = cuda::decode_blob(program.blob(), device.architecture);
            blob.choices[step.key] = way;
            const double relative = test::relative_error(
                test::bench_result(arguments.run, name, cuda::encode_blob(device.architecture, blob)),
                expected);
            std::printf("  %.2e%s  %s  %s\n", relative, relative <= bound ? "" : "  WRONG", way.c_str(),
                        step.label.c_str());
            std::fflush(stdout);
            agree = agree && relative <= bound;
        }
    return agree;
}

void check(const Arguments &arguments, const std::string &name) {
    const bool single = arguments.run.precision == "fp32";
    const bool coarse = arguments.run.precision == "bf16" || arguments.run.accumulate == "fp16";
    const double bound = single ? 1e-5 : coarse ? 2e-2 : 2e-3;
    BenchArguments reference = arguments.run;
    reference.kernels = "plain";
    if (arguments.reference == "fp32")
        reference.precision = "fp32";
    else if (arguments.reference != "plain")
        throw BadArgument("--reference is \"", arguments.reference, "\"; accepted are plain and fp32");
    const std::vector<float> given = test::bench_result(arguments.run, name);
    const std::vector<float> expected = test::bench_result(reference, name);
    const double relative = test::relative_error(given, expected);
    std::printf(
        "%s %s %dx%d, %s kernels, sums in %s: relative error to plain kernels of %s %.2e, %.1f dB%s\n",
        name.c_str(), arguments.run.precision.c_str(), arguments.run.size.width, arguments.run.size.height,
        arguments.run.kernels.c_str(), arguments.run.accumulate.c_str(), reference.precision.c_str(),
        relative, test::signal_to_noise(given, expected), relative <= bound ? "" : "  WRONG");
    std::fflush(stdout);
    if (arguments.rivals && !rivals_agree(arguments, name, expected, bound))
        throw InternalError("a kernel differs");
    if (!(relative <= bound))
        throw InternalError("the kernels differ");
}

// A line a second: the median of a few graphs each.
void sustain(cuda::Context &context, double seconds) {
    const std::size_t launches = context.launch_names().size();
    const double once = std::max(context.time_launches(0, launches, 3), 1e-3);
    const int frames = std::max(1, static_cast<int>(1000 / once));
    const Clock::time_point begin = Clock::now();
    for (double at = 0; at < seconds; at = milliseconds_since(begin) / 1000)
        std::printf("  after %5.1f s: %.1f fps\n", at, 1000 / context.time_launches(0, launches, frames));
    std::fflush(stdout);
}

// Of all threads of this process.
double processor_seconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

// Every kernel that a first frame waits for where nothing is kept, by NVIDIA's compiler, one after the other:
// what it takes the compiler, and what a thread of it takes. Texts and cubins to `folder`, numbered, if it
// has a name.
void compile_all(const cuda::Plan &plan, int architecture, const std::string &folder) {
    std::map<std::string, std::string> names; // the first step and alternative of each
    for (const cuda::Step &step : plan.steps)
        for (const cuda::Alternative &alternative : step.alternatives)
            names.try_emplace(alternative.source, alternative.name + ", " + step.label);
    double all = 0;
    int number = 0;
    const std::vector<std::string> sources = cuda::sources_to_time(plan, {});
    for (const std::string &source : sources) {
        const double begin = processor_seconds();
        const std::vector<std::byte> bytes =
            nvidia::compile(source, text("sm_", architecture, architecture == 90 ? "a" : ""));
        const double taken = processor_seconds() - begin;
        all += taken;
        const test::Cubin cubin = test::read_cubin(bytes);
        std::printf("%6.3f s, %3u registers, %u bytes of local memory: %s\n", taken, cubin.registers,
                    cubin.local_bytes, names.at(source).c_str());
        if (folder.empty())
            continue;
        const std::string file = text(folder, "/", number++ + 1000);
        replace_file(file + ".cu", std::as_bytes(std::span(source)));
        replace_file(file + ".cubin", bytes);
    }
    std::printf("%zu kernels, %.2f s of processor\n", sources.size(), all);
}

void print_plan(const Arguments &arguments, const std::string &name) {
    const std::vector<std::byte> onnx = test::bench_onnx(arguments.run, name);
    const graph::Graph graph = cuda::read_network(test::bench_description(arguments.run, onnx));
    std::vector<graph::Shape> inputs;
    for (const graph::Input &input : graph.inputs)
        inputs.push_back(
            {1, input.dims[1].size.value_or(0), arguments.run.size.height, arguments.run.size.width});
    const auto device = std::make_shared<const nvidia::DeviceContext>(0);
    cuda::Constants weights(device);
    constexpr int hopper = 90;
    const cuda::DeviceFacts facts = arguments.plan == hopper
                                        ? cuda::DeviceFacts{hopper, 132, 232448, true}
                                        : cuda::DeviceFacts{arguments.plan, 84, 99 << 10, true};
    const cuda::Plan plan = cuda::make_plan(graph, graph::infer(graph, inputs), weights, device, facts, {});
    std::printf("%s: %zu steps, arena %lld MiB\n%s", name.c_str(), plan.steps.size(),
                static_cast<long long>(plan.arena_bytes >> 20), describe(plan).c_str());
    if (arguments.compile)
        compile_all(plan, arguments.plan, arguments.folder);
}

// Of each launch: its time alone, which has the start of a graph in it and operands in the cache, and in its
// place, by which the graph of all launches up to it is longer than that without it; the median of some.
void report_layers(cuda::Context &context) {
    constexpr std::size_t rounds = 7;
    const auto names = context.launch_names();
    std::vector<std::vector<double>> until(names.size() + 1);
    until[0].assign(rounds, 0);
    for (std::size_t round = 0; round < rounds; ++round)
        for (std::size_t i = 1; i <= names.size(); ++i)
            until[i].push_back(context.time_launches(0, i, 8) * 1000);
    const auto median = [](std::vector<double> values) {
        std::nth_element(values.begin(), values.begin() + rounds / 2, values.end());
        return values[rounds / 2];
    };
    std::printf("     alone  in place\n");
    for (std::size_t i = 0; i < names.size(); ++i)
        std::printf("  %8.1f  %8.1f us  %-24s %s\n", context.time_launches(i, i + 1, 10) * 1000,
                    median(until[i + 1]) - median(until[i]), names[i].kernel.c_str(), names[i].label.c_str());
}

struct Rates {
    std::size_t side_by_side = 0;
    std::vector<double> fps; // sorted
};

// Frames a second with as many side by side as the program's streams compute; `context` has run one.
Rates rates_of_streams(cuda::Program &program, cuda::Context &context, const Arguments &arguments) {
    std::vector<std::unique_ptr<cuda::Context>> others;
    for (int i = 1; i < arguments.run.streams + program.info(arguments.run.size).spare_contexts; ++i)
        others.push_back(std::make_unique<cuda::Context>(program));
    if (arguments.warm > 0)
        static_cast<void>(context.time_side_by_side(1000 * arguments.warm));
    Rates rates;
    constexpr int rounds = 5;
    for (int i = 0; i < rounds; ++i) {
        const cuda::Context::SideBySide timed = context.time_side_by_side(1000 * arguments.seconds);
        rates.side_by_side = timed.frames;
        rates.fps.push_back(1000 / timed.milliseconds);
    }
    std::sort(rates.fps.begin(), rates.fps.end());
    return rates;
}

void bench(const Arguments &arguments, const std::string &name) {
    const std::vector<std::byte> onnx = test::bench_onnx(arguments.run, name);
    const vsmlrt_program_desc desc = test::bench_description(arguments.run, onnx);
    const Clock::time_point begin = Clock::now();
    cuda::Program program(test::bench_device(arguments.run), desc);
    cuda::Context context(program);
    std::vector<vsmlrt_tensor> inputs(static_cast<std::size_t>(program.info().num_inputs));
    std::vector<vsmlrt_tensor> outputs(static_cast<std::size_t>(program.info().num_outputs));
    context.bind(arguments.run.size, inputs.data(), outputs.data());
    test::fill_at_random(inputs);
    context.run();
    const double first = milliseconds_since(begin);
    context.run();
    std::vector<double> device;
    std::vector<double> host;
    for (int i = 0; i < 7; ++i)
        device.push_back(context.time_launches(0, context.launch_names().size(), 5));
    for (int i = 0; i < 9; ++i) {
        const Clock::time_point start = Clock::now();
        context.run();
        host.push_back(milliseconds_since(start));
    }
    std::sort(device.begin(), device.end());
    std::sort(host.begin(), host.end());
    std::printf(
        "%s %s %dx%d, %s kernels: device %.3f ms (%.1f fps, %.3f to %.3f), host to host %.3f ms, first frame "
        "%.0f ms, %zu "
        "launches, context %lld MiB\n",
        name.c_str(), arguments.run.precision.c_str(), arguments.run.size.width, arguments.run.size.height,
        arguments.run.kernels.c_str(), device[3], 1000 / device[3], device.front(), device.back(), host[4],
        first, context.launch_names().size(),
        static_cast<long long>(program.info(arguments.run.size).context_bytes >> 20));
    if (arguments.streams) {
        const Rates rates = rates_of_streams(program, context, arguments);
        std::printf("  %d stream%s, %zu side by side: %.1f fps (%.1f to %.1f)\n", arguments.run.streams,
                    arguments.run.streams == 1 ? "" : "s", rates.side_by_side, rates.fps[2],
                    rates.fps.front(), rates.fps.back());
    }
    if (arguments.layers)
        report_layers(context);
    if (arguments.sustained > 0)
        sustain(context, arguments.sustained);
    std::fflush(stdout);
}

void run(const Arguments &arguments, const std::string &name) {
    if (arguments.plan > 0)
        print_plan(arguments, name);
    else if (!arguments.folder.empty())
        replace_file(arguments.folder + "/" + name + ".onnx", test::bench_onnx(arguments.run, name));
    else if (arguments.check)
        check(arguments, name);
    else
        bench(arguments, name);
}

// In 10^12 operations, or bytes, a second.
void print_rates(const cuda::Device &device, const std::vector<std::string> &names) {
    const auto context = std::make_shared<const nvidia::DeviceContext>(device.number);
    std::printf("card: %s\n", device.name.c_str());
    for (const cuda::Rate &rate : cuda::measured_rates(context, device.facts, device.architecture, names))
        std::printf("rate: %s %.4g\n", rate.name.c_str(), rate.rate * 1e-12);
}

} // namespace

int main(int count, char **values) {
    try {
        const Arguments arguments = parse({count, values});
        int failures = 0;
        if (arguments.rates)
            print_rates(test::bench_device(arguments.run), arguments.rate_names);
        std::fflush(stdout);
        for (const std::string &name : arguments.networks)
            try {
                run(arguments, name);
            } catch (const std::exception &failure) {
                std::cerr << name << ": " << failure.what() << "\n";
                ++failures;
            }
        return failures;
    } catch (const std::exception &failure) {
        std::cerr << failure.what() << "\n";
        return 2;
    }
}
