// The plugin: one namespace, core.mlrt.
#include "base/shared_library.h"
#include "vs/functions.h"
#include "vs/log_scope.h"
#include "vs/trampoline.h"

namespace vsmlrt::vs {
namespace {

constexpr char model_name[] = "mlrt.Model";
constexpr char layers_name[] = "mlrt.Layers";
constexpr char interpolate_name[] = "mlrt.Interpolate";
constexpr char interpolate_layers_name[] = "mlrt.InterpolateLayers";
constexpr char devices_name[] = "mlrt.Devices";
constexpr char version_name[] = "mlrt.Version";
constexpr char inspect_name[] = "mlrt.Inspect";
constexpr char import_name[] = "mlrt.Import";
constexpr char plans_name[] = "mlrt.Plans";

} // namespace
} // namespace vsmlrt::vs

VS_EXTERNAL_API(void) VapourSynthPluginInit2(VSPlugin *plugin, const VSPLUGINAPI *api) {
    using namespace vsmlrt::vs;
    // Its modules' vendor libraries would not survive its being unloaded.
    vsmlrt::keep_own_library();
    route_log();
    api->configPlugin("io.github.vsmlrt", "mlrt", "Neural networks on video",
                      VS_MAKE_VERSION(VSMLRT_VERSION_MAJOR, VSMLRT_VERSION_MINOR), VAPOURSYNTH_API_VERSION, 0,
                      plugin);
    api->registerFunction("Model", model_arguments, "clip:vnode;num_planes:int:opt;",
                          function<model, model_name>, nullptr, plugin);
    api->registerFunction("Layers", model_arguments, "any", function<layers, layers_name>, nullptr, plugin);
    api->registerFunction("Interpolate", interpolate_arguments, "clip:vnode;",
                          function<interpolate, interpolate_name>, nullptr, plugin);
    api->registerFunction("InterpolateLayers", interpolate_arguments, "any",
                          function<interpolate_layers, interpolate_layers_name>, nullptr, plugin);
    api->registerFunction("Devices", "", "any", function<devices, devices_name>, nullptr, plugin);
    api->registerFunction("Version", "", "any", function<version, version_name>, nullptr, plugin);
    api->registerFunction("Inspect", "network_path:data;", "any", function<inspect, inspect_name>, nullptr,
                          plugin);
    api->registerFunction("Import", "network_path:data;output:data;fp16:int:opt;half_io:int:opt;", "any",
                          function<import, import_name>, nullptr, plugin);
    api->registerFunction("Plans", "folder:data;", "any", function<plans, plans_name>, nullptr, plugin);
}
