#include "model/network.h"

#include <utility>

namespace vsmlrt::model {

Attributes::Stated::Stated(const char *stated_name, std::int64_t stated_value)
    : name(stated_name), value(stated_value) {}
Attributes::Stated::Stated(const char *stated_name, float stated_value)
    : name(stated_name), value(stated_value) {}
Attributes::Stated::Stated(const char *stated_name, std::string stated_value)
    : name(stated_name), value(std::move(stated_value)) {}
Attributes::Stated::Stated(const char *stated_name, std::vector<std::int64_t> stated_value)
    : name(stated_name), value(std::move(stated_value)) {}
Attributes::Stated::Stated(const char *stated_name, Attribute stated_value)
    : name(stated_name), value(std::move(stated_value)) {}
Attributes::Stated::~Stated() = default;

Attributes::Attributes() = default;
Attributes::Attributes(const Attributes &other) = default;
Attributes::Attributes(Attributes &&other) noexcept = default;
Attributes &Attributes::operator=(const Attributes &other) = default;
Attributes &Attributes::operator=(Attributes &&other) noexcept = default;
Attributes::~Attributes() = default;

Attributes::Attributes(std::initializer_list<Stated> list) {
    for (const Stated &stated : list)
        entries_.try_emplace(stated.name, std::move(stated.value));
}

Attributes::iterator Attributes::find(std::string_view name) {
    return entries_.find(name);
}
Attributes::const_iterator Attributes::find(std::string_view name) const {
    return entries_.find(name);
}
bool Attributes::contains(std::string_view name) const {
    return entries_.contains(name);
}
Attribute &Attributes::at(std::string_view name) {
    return entries_.at(std::string(name));
}
const Attribute &Attributes::at(std::string_view name) const {
    return entries_.at(std::string(name));
}
Attribute &Attributes::operator[](std::string_view name) {
    return entries_[std::string(name)];
}

bool Attributes::add(std::string_view name, Attribute value) {
    const auto [entry, added] = entries_.try_emplace(std::string(name));
    if (added)
        entry->second = std::move(value);
    return added;
}

void Attributes::erase(std::string_view name) {
    if (const auto found = entries_.find(name); found != entries_.end())
        entries_.erase(found);
}

void Attributes::rename(std::string_view from, std::string_view to) {
    const auto found = entries_.find(from);
    if (found == entries_.end())
        return;
    auto node = entries_.extract(found);
    node.key() = to;
    entries_.insert(std::move(node));
}

void Attributes::clear() {
    entries_.clear();
}

} // namespace vsmlrt::model
