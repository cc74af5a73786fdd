#include "backends/openvino/failure_words.h"

#include "base/text.h"

#include <sstream>
#include <string_view>

namespace vsmlrt::openvino {
namespace {

// Of a line such as "While validating ONNX node '<Node(Conv): name>': ..." the operator and the name.
std::string node_in(const std::string &line) {
    const auto operator_at = line.find("<Node(");
    const auto name_at = line.find("): ", operator_at);
    const auto end = line.find('>', name_at);
    if (operator_at == std::string::npos || name_at == std::string::npos || end == std::string::npos)
        return {};
    const auto first = operator_at + std::string_view("<Node(").size();
    return text(line.substr(first, name_at - first), " \"", line.substr(name_at + 3, end - name_at - 3),
                "\": ");
}

} // namespace

// OpenVINO's messages span lines: its source positions, in one of them the ONNX node, the cause, and at the
// end perhaps a summary, which says more than that something failed only where an operator is unknown.
std::string cause(const std::exception &failure) {
    std::istringstream lines(failure.what());
    std::string node;
    std::string last = failure.what();
    bool summary = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.find("No conversion rule found") != std::string::npos)
            return line.substr(line.find("No conversion"));
        summary = summary || line.rfind("Summary:", 0) == 0;
        if (node.empty())
            node = node_in(line);
        const bool position =
            line.find(".cpp:") != std::string::npos || line.find(".hpp:") != std::string::npos;
        if (!summary && !position && line.find_first_not_of(" \t\r") != std::string::npos)
            last = line;
    }
    return node + last;
}

// "... No conversion rule found for operations: DeformConv-19, mine.Half", the version of its operator set or
// none after each.
std::string unknown_operator(const std::exception &failure, const std::map<std::string, std::string> &nodes) {
    constexpr std::string_view mark = "No conversion rule found for operations: ";
    const std::string_view message = failure.what();
    const auto start = message.find(mark);
    if (start == std::string_view::npos)
        return {};
    std::string_view name = message.substr(start + mark.size());
    name = name.substr(0, name.find_first_of(", \r\n"));
    for (const std::string_view known : {name, name.substr(0, name.rfind('-'))})
        if (const auto node = nodes.find(std::string(known)); node != nodes.end())
            return node->second;
    return text("operator ", name);
}

} // namespace vsmlrt::openvino
