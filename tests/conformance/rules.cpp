#include "conformance/rules.h"

namespace vsmlrt::test {

const std::map<std::string, std::vector<Case>> &rules_by_operator() {
    static const std::map<std::string, std::vector<Case>> tables = [] {
        std::map<std::string, std::vector<Case>> found;
        for (auto *const table : {resize_rules, window_rules, movement_rules, compute_rules})
            for (Case &entry : table()) {
                // "rule_OPERATOR_what"
                const std::size_t first = entry.name.find('_') + 1;
                const std::string op = entry.name.substr(first, entry.name.find('_', first) - first);
                found[op].push_back(std::move(entry));
            }
        return found;
    }();
    return tables;
}

std::vector<std::string> operators_with_rules() {
    std::vector<std::string> names;
    for (const auto &table : rules_by_operator())
        names.push_back(table.first);
    return names;
}

} // namespace vsmlrt::test
