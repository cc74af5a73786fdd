// The names of a network's values: new ones, and those that an edit must leave alone.
#pragma once

#include "model/network.h"

#include <set>
#include <string>

namespace vsmlrt::model {

using Names = std::set<std::string, std::less<>>;

// Names that subgraphs refer to: their values keep name and type, because the subgraphs are not rewritten.
[[nodiscard]] Names captured_names(const Network &network);

[[nodiscard]] Names output_names(const Network &network);

// Makes names that no value and no node of the network has yet, deterministically.
class FreshNames {
public:
    explicit FreshNames(const Network &network);
    [[nodiscard]] std::string make(const std::string &wish);

private:
    Names used_;
};

// A Cast node from value `from` to a new value `to`.
[[nodiscard]] Node make_cast(const std::string &from, const std::string &to, Element type);

} // namespace vsmlrt::model
