// core.mlrt.Devices, Version, Inspect, Import and Plans.
#include "base/error.h"
#include "base/file.h"
#include "base/path.h"
#include "cache/folder.h"
#include "engine/registry.h"
#include "engine/session.h"
#include "model/edit.h"
#include "model/onnx.h"
#include "vs/arguments.h"
#include "vs/functions.h"

namespace vsmlrt::vs {
namespace {

void add(const Host &host, VSMap &map, const char *key, const std::string &value) {
    host.api->mapSetData(&map, key, value.data(), static_cast<int>(value.size()), dtUtf8, maAppend);
}

void add(const Host &host, VSMap &map, const char *key, std::int64_t value) {
    host.api->mapSetInt(&map, key, value, maAppend);
}

void add(const Host &host, VSMap &map, const char *key, std::optional<int> value) {
    if (value)
        add(host, map, key, std::int64_t{*value});
}

const char *padding_name(model::Padding padding) {
    return padding == model::Padding::edge ? "edge" : padding == model::Padding::zero ? "zero" : "mirror";
}

} // namespace

void devices(const Host &host, const VSMap &, VSMap &out) {
    for (const engine::BackendState &state : engine::list_backends()) {
        if (!state.backend) {
            add(host, out, "missing", state.name);
            add(host, out, "reason", state.reason);
            continue;
        }
        for (const engine::DeviceInfo &device : state.backend->devices()) {
            add(host, out, "backend", state.name);
            add(host, out, "id", device.id);
            add(host, out, "name", device.name);
            add(host, out, "kind", std::string(engine::kind_name(device.kind)));
            add(host, out, "group", device.group);
            add(host, out, "number", std::int64_t{device.number});
            add(host, out, "memory", device.memory_bytes);
        }
        for (const engine::Absence &absence : state.backend->absences()) {
            add(host, out, "missing", state.name + "." + absence.group);
            add(host, out, "reason", absence.reason);
        }
    }
}

void version(const Host &host, const VSMap &, VSMap &out) {
    note_taken_names(host);
    add(host, out, "version", std::string(VSMLRT_VERSION));
    add(host, out, "interface", std::int64_t{VSMLRT_INTERFACE_VERSION});
    for (const engine::BackendState &state : engine::list_backends()) {
        if (!state.backend)
            continue;
        add(host, out, "backend", state.name);
        add(host, out, "backend_version", state.backend->version());
    }
}

void inspect(const Host &host, const VSMap &in, VSMap &out) {
    const Arguments arguments(host, in);
    const engine::OpenedNetwork network = engine::open_network(path_of(*arguments.data("network_path")));
    add(host, out, "fingerprint", network.loaded.fingerprint);
    add(host, out, "opset", network.loaded.network.opset);
    add(host, out, "nodes", static_cast<std::int64_t>(network.loaded.network.nodes.size()));
    add(host, out, "channels", std::int64_t{network.card.channels});
    add(host, out, "output_channels", std::int64_t{network.card.output_channels});
    add(host, out, "output_type", std::string(element_name(network.loaded.network.outputs.front().type)));
    add(host, out, "multiple", std::int64_t{network.card.multiple});
    add(host, out, "minimum", std::int64_t{network.card.minimum});
    add(host, out, "fixed_width", std::int64_t{network.card.fixed_width});
    add(host, out, "fixed_height", std::int64_t{network.card.fixed_height});
    add(host, out, "padding", std::string(padding_name(network.card.padding)));
    add(host, out, "global", std::int64_t{network.card.global});
    add(host, out, "scale", network.card.scale);
    add(host, out, "receptive_field", network.card.receptive_field);
}

void import(const Host &host, const VSMap &in, VSMap &) {
    const Arguments arguments(host, in);
    model::Network network = std::move(model::load_network(path_of(*arguments.data("network_path"))).network);
    const bool half_io = arguments.flag("half_io", false);
    if (arguments.flag("fp16", false))
        network = model::to_half(network);
    else if (half_io)
        throw BadArgument("\"half_io\" is of a network in half precision, and \"fp16\" is not set; set both");
    if (half_io)
        network = model::set_io_type(network, Element::f16, Element::f16);
    replace_file(*arguments.data("output"), model::write_onnx(network));
}

void plans(const Host &host, const VSMap &in, VSMap &out) {
    const Arguments arguments(host, in);
    for (const cache::CacheFile &file : cache::cache_files(path_of(*arguments.data("folder")))) {
        add(host, out, "file", text_of(file.path.filename()));
        add(host, out, "name", file.name);
        add(host, out, "kind", std::string(name(file.kind)));
    }
}

} // namespace vsmlrt::vs
