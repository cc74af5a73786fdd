// Subgraphs are carried as bytes, and their messages have fields that this project does not read; so a
// subgraph is written again field by field, and only its names are others.
#include "model/subgraph_names.h"

#include "model/onnx_parts.h"

#include <protozero/pbf_writer.hpp>

#include <map>
#include <set>

namespace vsmlrt::model {

using namespace onnx;

namespace {

using protozero::data_view;

// Names as they are inside of a graph: those of its own values, and of the graphs around it up to the node.
struct Names {
    std::map<std::string, std::string> inside;
    const Renaming &outer;
    const Renaming &fresh;
    std::size_t &copied; // names that inner graphs got from those around them

    [[nodiscard]] std::string of(const std::string &name) const {
        if (name.empty())
            return name;
        const auto found = inside.find(name);
        return found == inside.end() ? outer(name) : found->second;
    }
    void add(const std::string &name, std::set<std::string> &here) {
        if (!name.empty() && here.insert(name).second)
            inside[name] = fresh(name);
    }
};

constexpr int most_levels = 32;
constexpr std::size_t most_copied = 4'000'000;
constexpr Tag value_info = 13; // of a graph: types of values, by their names

struct CannotFollow {};

// Copies the field that the reader stands at.
void copy(protozero::pbf_reader &reader, protozero::pbf_writer &writer) {
    const Tag tag = reader.tag();
    switch (reader.wire_type()) {
    case Wire::varint:
        writer.add_uint64(tag, reader.get_uint64());
        break;
    case Wire::fixed64:
        writer.add_fixed64(tag, reader.get_fixed64());
        break;
    case Wire::fixed32:
        writer.add_fixed32(tag, reader.get_fixed32());
        break;
    default: {
        const data_view view = reader.get_view();
        writer.add_bytes(tag, view);
    }
    }
}

// A message with one of its strings by another name.
std::string renamed(data_view view, Tag name, const Names &names) {
    std::string made;
    protozero::pbf_writer writer(made);
    for (protozero::pbf_reader reader(view); reader.next();) {
        if (reader.tag() == name && reader.wire_type() == Wire::length_delimited) {
            writer.add_string(name, names.of(reader.get_string()));
        } else {
            copy(reader, writer);
        }
    }
    return made;
}

template <typename Field>
bool is(const protozero::pbf_reader &reader, Field field) {
    return reader.tag() == static_cast<Tag>(field) && reader.wire_type() == Wire::length_delimited;
}

std::string field_of(data_view view, Tag tag) {
    std::string value;
    for (protozero::pbf_reader reader(view); reader.next();)
        if (reader.tag() == tag && reader.wire_type() == Wire::length_delimited)
            value = reader.get_string();
        else
            reader.skip();
    return value;
}

// Adds the names that a graph itself makes: its inputs, its initializers, its nodes' outputs.
void add_own_names(data_view graph, Names &names) {
    std::set<std::string> here;
    for (protozero::pbf_reader reader(graph); reader.next();) {
        if (is(reader, GraphField::input)) {
            names.add(field_of(reader.get_view(), static_cast<Tag>(ValueField::name)), here);
        } else if (is(reader, GraphField::initializer)) {
            names.add(field_of(reader.get_view(), static_cast<Tag>(TensorField::name)), here);
        } else if (is(reader, GraphField::sparse_initializer)) {
            throw CannotFollow();
        } else if (is(reader, GraphField::node)) {
            for (protozero::pbf_reader node(reader.get_view()); node.next();)
                if (is(node, NodeField::output))
                    names.add(node.get_string(), here);
                else
                    node.skip();
        } else {
            reader.skip();
        }
    }
}

std::string graph_with(data_view graph, Names names, int level);

std::string attribute_with(data_view attribute, const Names &names, int level) {
    std::string made;
    protozero::pbf_writer writer(made);
    for (protozero::pbf_reader reader(attribute); reader.next();) {
        const Tag tag = reader.tag();
        if (is(reader, AttributeField::g) || is(reader, AttributeField::graphs))
            writer.add_message(tag, graph_with(reader.get_view(), names, level + 1));
        else if (is(reader, AttributeField::ref_attr_name))
            throw CannotFollow();
        else
            copy(reader, writer);
    }
    return made;
}

std::string node_with(data_view node, const Names &names, int level) {
    std::string made;
    protozero::pbf_writer writer(made);
    for (protozero::pbf_reader reader(node); reader.next();) {
        const Tag tag = reader.tag();
        if (is(reader, NodeField::input) || is(reader, NodeField::output)) {
            writer.add_string(tag, names.of(reader.get_string()));
        } else if (is(reader, NodeField::attribute)) {
            writer.add_message(tag, attribute_with(reader.get_view(), names, level));
        } else {
            copy(reader, writer);
        }
    }
    return made;
}

std::string graph_with(data_view graph, Names names, int level) {
    names.copied += names.inside.size();
    if (level > most_levels || names.copied > most_copied)
        throw CannotFollow();
    add_own_names(graph, names);
    std::string made;
    protozero::pbf_writer writer(made);
    for (protozero::pbf_reader reader(graph); reader.next();) {
        const Tag tag = reader.tag();
        if (is(reader, GraphField::node))
            writer.add_message(tag, node_with(reader.get_view(), names, level));
        else if (is(reader, GraphField::input) || is(reader, GraphField::output) || is(reader, value_info))
            writer.add_message(tag, renamed(reader.get_view(), static_cast<Tag>(ValueField::name), names));
        else if (is(reader, GraphField::initializer))
            writer.add_message(tag, renamed(reader.get_view(), static_cast<Tag>(TensorField::name), names));
        else
            copy(reader, writer);
    }
    return made;
}

void visit_operators(data_view graph, int level,
                     const std::function<void(const std::string &, const std::string &)> &visit) {
    if (level > most_levels)
        return;
    for (protozero::pbf_reader reader(graph); reader.next();) {
        if (!is(reader, GraphField::node)) {
            reader.skip();
            continue;
        }
        const data_view node = reader.get_view();
        visit(field_of(node, static_cast<Tag>(NodeField::op_type)),
              field_of(node, static_cast<Tag>(NodeField::domain)));
        for (protozero::pbf_reader fields(node); fields.next();)
            if (is(fields, NodeField::attribute))
                for_each_graph(fields.get_view(),
                               [&](data_view inner) { visit_operators(inner, level + 1, visit); });
            else
                fields.skip();
    }
}

} // namespace

std::optional<RawAttribute> with_names(const RawAttribute &attribute, const Renaming &outer,
                                       const Renaming &fresh) {
    try {
        std::size_t copied = 0;
        const std::string made = attribute_with(view_of(attribute.message), {{}, outer, fresh, copied}, 0);
        const auto *const first = reinterpret_cast<const std::byte *>(made.data());
        return RawAttribute{{first, first + made.size()}};
    } catch (const CannotFollow &) {
        return std::nullopt;
    }
}

void for_each_operator(const RawAttribute &attribute,
                       const std::function<void(const std::string &, const std::string &)> &visit) {
    for_each_graph(view_of(attribute.message), [&](data_view graph) { visit_operators(graph, 1, visit); });
}

} // namespace vsmlrt::model
