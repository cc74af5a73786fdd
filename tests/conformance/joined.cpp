#include "conformance/joined.h"

#include "graph/lower.h"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <map>
#include <tuple>

namespace vsmlrt::test {
namespace {

constexpr std::size_t cases_a_network = 32;

auto key_of(const Case &entry) {
    std::vector<std::pair<int, int>> extents;
    for (const vsmlrt_extent &extent : entry.extents)
        extents.emplace_back(extent.width, extent.height);
    return std::tuple(entry.network.opset, entry.network.ir_version, entry.network.domains, extents);
}

// Every name of the part gets the prefix; an absent input has none.
void add(model::Network &network, const model::Network &part, const std::string &prefix) {
    const auto named = [&](const std::string &name) { return name.empty() ? name : prefix + name; };
    for (model::Node node : part.nodes) {
        node.name = named(node.name);
        for (std::string &input : node.inputs)
            input = named(input);
        for (std::string &output : node.outputs)
            output = named(output);
        network.nodes.push_back(std::move(node));
    }
    for (auto [name, tensor] : part.initializers) {
        tensor.name = named(name);
        network.initializers.emplace(named(name), std::move(tensor));
    }
    const auto add_values = [&](std::vector<model::Value> &to, const std::vector<model::Value> &from) {
        for (model::Value value : from) {
            value.name = named(value.name);
            to.push_back(std::move(value));
        }
    };
    add_values(network.inputs, part.inputs);
    add_values(network.outputs, part.outputs);
}

Joined join(std::span<const Case *const> cases) {
    const model::Network &first = cases.front()->network;
    Joined result;
    result.network.ir_version = first.ir_version;
    result.network.opset = first.opset;
    result.network.domains = first.domains;
    for (std::size_t i = 0; i < cases.size(); ++i)
        add(result.network, cases[i]->network, text("part", i, "_"));
    result.cases.assign(cases.begin(), cases.end());
    return result;
}

// The number of an input as its own case counts it.
std::size_t number_in_its_case(const Joined &joined, std::size_t input) {
    for (const Case *const entry : joined.cases) {
        if (input < entry->network.inputs.size())
            return input;
        input -= entry->network.inputs.size();
    }
    throw BadArgument("the program has more inputs than its network");
}

void run_program(const vsmlrt_backend &backend, const Joined &joined, const ProgramOptions &options,
                 std::span<const vsmlrt_extent> extents, const Fill &fill, const Check &check) {
    Program program(backend, given_to_backends(joined.network, options.precision), options);
    Context context = program.context();
    for (const vsmlrt_extent &extent : extents) {
        const std::vector<Values> all = context.run(extent, [&](std::size_t i, const vsmlrt_tensor &tensor) {
            return fill(number_in_its_case(joined, i), count(tensor));
        });
        auto next = all.begin();
        for (const Case *const entry : joined.cases) {
            SCOPED_TRACE(text(entry->name, " at ", extent.width, "x", extent.height));
            const auto end = next + static_cast<std::ptrdiff_t>(entry->network.outputs.size());
            check(*entry, extent, {next, end});
            next = end;
        }
    }
}

} // namespace

std::vector<Joined> joined(std::span<const Case *const> cases) {
    std::map<decltype(key_of(*cases.front())), std::vector<const Case *>> alike;
    for (const Case *const entry : cases)
        alike[key_of(*entry)].push_back(entry);
    std::vector<Joined> networks;
    for (const auto &[key, all] : alike)
        for (std::size_t first = 0; first < all.size(); first += cases_a_network)
            networks.push_back(
                join(std::span(all).subspan(first, std::min(cases_a_network, all.size() - first))));
    return networks;
}

void run_joined(const vsmlrt_backend &backend, const Joined &joined, const ProgramOptions &options,
                std::span<const vsmlrt_extent> extents, const Fill &fill, const Check &check) {
    try {
        run_program(backend, joined, options, extents, fill, check);
    } catch (const Error &failure) {
        ADD_FAILURE() << (joined.cases.size() > 1 ? "together: " : joined.cases.front()->name + ": ")
                      << failure.what();
        if (joined.cases.size() > 1)
            for (const Case *const entry : joined.cases)
                run_joined(backend, join(std::array{entry}), options, extents, fill, check);
    }
}

void expect_exact(const Case &entry, vsmlrt_extent extent, const std::vector<Values> &results) {
    EXPECT_LE(difference(results, interpreted(graph::lower(entry.network), extent, seeded(9))),
              entry.tolerance);
}

} // namespace vsmlrt::test
