// A network in memory: the part of ONNX's ModelProto that this project reads, edits and writes
// (public format: onnx/onnx.proto, IR versions 3 to 13). Plain data; what is not understood is kept as raw
// bytes.
#pragma once

#include "tensor/element.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vsmlrt::model {

// Little-endian, dense, row-major. Bytes are shared between copies of a network and never changed in place.
struct Tensor {
    std::string name;
    Element type = Element::f32;
    std::vector<std::int64_t> dims;                      // all >= 0; empty: a scalar
    std::shared_ptr<const std::vector<std::byte>> bytes; // element_size(type) x product of dims, never null

    [[nodiscard]] std::int64_t count() const; // product of dims
    // The elements; T must be of element_size(type) bytes.
    template <typename T>
    [[nodiscard]] std::span<const T> as() const {
        return {reinterpret_cast<const T *>(bytes->data()), bytes->size() / sizeof(T)};
    }
};

[[nodiscard]] Tensor make_tensor(std::string name, std::vector<std::int64_t> dims,
                                 std::span<const float> values);
[[nodiscard]] Tensor make_tensor(std::string name, std::vector<std::int64_t> dims,
                                 std::span<const std::int64_t> values);

// Attribute kinds that this project does not look into (subgraphs, lists of tensors, type protos).
struct RawAttribute {
    std::vector<std::byte> message; // the whole AttributeProto
    friend bool operator==(const RawAttribute &, const RawAttribute &) = default;
};

using Attribute = std::variant<std::int64_t, float, std::string, Tensor, std::vector<std::int64_t>,
                               std::vector<float>, std::vector<std::string>, RawAttribute>;

// An operator's attributes, in the order of their names. A class, not a map, so that what a map of variants
// compiles to is there once (attributes.cpp), not in each of the files that state attributes or copy nodes.
class Attributes {
    using Entries = std::map<std::string, Attribute, std::less<>>;

public:
    using value_type = Entries::value_type;
    using iterator = Entries::iterator;
    using const_iterator = Entries::const_iterator;

    // Of a list: {{"axis", axis}, {"pads", pads}}.
    struct Stated {
        Stated(const char *stated_name, std::int64_t stated_value);
        Stated(const char *stated_name, float stated_value);
        Stated(const char *stated_name, std::string stated_value);
        Stated(const char *stated_name, std::vector<std::int64_t> stated_value);
        Stated(const char *stated_name, Attribute stated_value);
        Stated(const Stated &) = delete;
        Stated &operator=(const Stated &) = delete;
        ~Stated();

        const char *name;
        mutable Attribute value; // goes into the map
    };

    Attributes();
    Attributes(std::initializer_list<Stated> list);
    Attributes(const Attributes &other);
    Attributes(Attributes &&other) noexcept;
    Attributes &operator=(const Attributes &other);
    Attributes &operator=(Attributes &&other) noexcept;
    ~Attributes();

    [[nodiscard]] iterator begin() { return entries_.begin(); }
    [[nodiscard]] iterator end() { return entries_.end(); }
    [[nodiscard]] const_iterator begin() const { return entries_.begin(); }
    [[nodiscard]] const_iterator end() const { return entries_.end(); }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    [[nodiscard]] iterator find(std::string_view name);
    [[nodiscard]] const_iterator find(std::string_view name) const;
    [[nodiscard]] bool contains(std::string_view name) const;
    [[nodiscard]] Attribute &at(std::string_view name);
    [[nodiscard]] const Attribute &at(std::string_view name) const;
    Attribute &operator[](std::string_view name);

    // False, and nothing changed, where there is one of this name.
    bool add(std::string_view name, Attribute value);
    void erase(std::string_view name);
    // Where there is one that is called `to`, that stays, and the other goes.
    void rename(std::string_view from, std::string_view to);
    void clear();

private:
    Entries entries_;
};

struct Node {
    std::string name;
    std::string op; // op_type: "Conv"
    std::string domain;
    std::vector<std::string> inputs; // "" where an optional input is absent
    std::vector<std::string> outputs;
    Attributes attributes;

    Node();
    Node(std::string its_name, std::string its_op, std::string its_domain,
         std::vector<std::string> its_inputs, std::vector<std::string> its_outputs,
         Attributes its_attributes = {});
    Node(const Node &);
    Node(Node &&) noexcept;
    Node &operator=(const Node &);
    Node &operator=(Node &&) noexcept;
    ~Node();

    // The attribute, or `fallback` where it is absent; BadModel naming node and attribute if it is of another
    // kind.
    [[nodiscard]] std::int64_t integer(std::string_view attribute, std::int64_t fallback) const;
    [[nodiscard]] float real(std::string_view attribute, float fallback) const;
    [[nodiscard]] std::string string(std::string_view attribute, std::string fallback) const;
    [[nodiscard]] std::vector<std::int64_t> integers(std::string_view attribute,
                                                     std::vector<std::int64_t> fallback = {}) const;
    [[nodiscard]] std::vector<float> reals(std::string_view attribute,
                                           std::vector<float> fallback = {}) const;
    [[nodiscard]] const Tensor *tensor(std::string_view attribute) const; // null where absent
    // For messages: 'Conv "conv_1"'.
    [[nodiscard]] std::string label() const;
};

// A dimension: a fixed size (>= 0), or unknown with an optional symbolic name.
struct Dim {
    std::optional<std::int64_t> size;
    std::string symbol;
};

// A graph input or output that is a tensor. `dims` is empty with `has_shape` false where the file gives no
// shape.
struct Value {
    std::string name;
    Element type = Element::f32;
    bool has_shape = false;
    std::vector<Dim> dims;
};

struct Network {
    std::int64_t ir_version = 8;                 // 4 to 13; files of version 3 are lifted to 4
    std::int64_t opset = 17;                     // of the default domain
    std::map<std::string, std::int64_t> domains; // the other domains
    std::string name = "network";                // of the graph; the format wants one
    std::string producer;
    std::vector<Node> nodes; // in topological order
    std::map<std::string, Tensor, std::less<>> initializers;
    std::vector<Value> inputs; // without those that are initializers
    std::vector<Value> outputs;
    std::map<std::string, std::string> metadata; // metadata_props; see model/card.h for ours

    // Local functions (FunctionProto) as raw messages; carried through unread.
    std::vector<std::vector<std::byte>> functions;

    Network();
    Network(const Network &);
    Network(Network &&) noexcept;
    Network &operator=(const Network &);
    Network &operator=(Network &&) noexcept;
    ~Network();
};

} // namespace vsmlrt::model
