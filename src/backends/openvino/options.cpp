// OpenVINO's own properties and the one option of ours, as a program is asked for.
#include "backends/openvino/options.h"

#include "backends/openvino/precision_hint.h"
#include "base/error.h"
#include "base/log.h"

#include <algorithm>
#include <openvino/runtime/properties.hpp>
#include <span>

namespace vsmlrt::openvino {
namespace {

std::string mutable_names(const std::vector<ov::PropertyName> &properties) {
    std::vector<std::string> names;
    for (const ov::PropertyName &property : properties)
        if (property.is_mutable())
            names.push_back(property);
    return join(names, ", ");
}

// The one option that is not OpenVINO's.
constexpr std::string_view own_operators_option = "OWN_OPERATORS";

} // namespace

bool wants_own_operators(const vsmlrt_program_desc &desc) {
    for (const vsmlrt_option &option : std::span(desc.options, desc.num_options)) {
        if (option.key != own_operators_option)
            continue;
        const std::string_view value = option.value;
        if (value != "YES" && value != "NO")
            throw BadArgument("the option ", own_operators_option, " must be YES or NO, not \"", value, "\"");
        return value == "YES";
    }
    return true;
}

ov::AnyMap properties(const Device &device, const vsmlrt_program_desc &desc) {
    ov::AnyMap map = {ov::hint::inference_precision(precision_hint(desc.precision, device)),
                      ov::num_streams(ov::streams::Num(desc.num_streams))};
    if (device.is_cpu()) {
        map.insert(ov::hint::enable_cpu_pinning(false));
        if (desc.num_threads > 0)
            map.insert(ov::inference_num_threads(desc.num_threads));
    } else if (desc.num_threads > 0) {
        log_once(LogLevel::warning, text("\"num_threads\" has no effect on OpenVINO's device ", device.id));
    }
    if (desc.num_options == 0)
        return map;
    const auto known = core().get_property(device.id, ov::supported_properties);
    for (const vsmlrt_option &option : std::span(desc.options, desc.num_options)) {
        if (option.key == own_operators_option)
            continue;
        const auto is_it = [&](const ov::PropertyName &name) {
            return name == option.key && name.is_mutable();
        };
        if (std::none_of(known.begin(), known.end(), is_it))
            throw BadArgument("OpenVINO's device ", device.id, " has no option \"", option.key,
                              "\" that can be set; it has ", mutable_names(known), ", and ",
                              own_operators_option, " is ours");
        map[option.key] = std::string(option.value);
    }
    return map;
}

} // namespace vsmlrt::openvino
