#include "vs/old_names/core_mlrt.h"

#include "base/error.h"
#include "base/library_names.h"
#include "vs/arguments.h"

#include <string_view>

namespace vsmlrt::vs {

Map call_mlrt(const Host &host, const char *function, const VSMap &arguments) {
    VSPlugin *plugin = host.api->getPluginByNamespace("mlrt", host.core);
    if (!plugin)
        throw Unsupported("core.mlrt, which computes for it, is not loaded in this core; load libvsmlrt",
                          library_ending, ", which lies in the same folder, as well");
    Map answer = own(host.api->invoke(plugin, function, &arguments), host.api);
    if (const char *failure = host.api->mapGetError(answer.get())) {
        std::string_view sentence = failure;
        const std::string prefix = text("mlrt.", function, ": ");
        if (sentence.starts_with(prefix))
            sentence.remove_prefix(prefix.size());
        throw BadArgument(sentence);
    }
    return answer;
}

Map call_mlrt(const Host &host, const char *function) {
    const Map nothing = own(host.api->createMap(), host.api);
    return call_mlrt(host, function, *nothing);
}

std::string plugin_path(const Host &host, const char *name) {
    VSPlugin *plugin = host.api->getPluginByNamespace(name, host.core);
    const char *path = plugin ? host.api->getPluginPath(plugin) : nullptr;
    return path ? path : "";
}

std::string backend_version(const Host &host, const char *backend, const char *otherwise) {
    const Map map = call_mlrt(host, "Version");
    const Arguments answer(host, *map);
    const std::vector<std::string> backends = answer.all_data("backend");
    const std::vector<std::string> versions = answer.all_data("backend_version");
    for (std::size_t i = 0; i < backends.size(); ++i) {
        if (backends[i] != backend)
            continue;
        const std::size_t begin = versions[i].find_first_of("0123456789");
        const std::size_t end = versions[i].find_first_not_of("0123456789.", begin);
        if (begin != std::string::npos)
            return versions[i].substr(begin, end == std::string::npos ? end : end - begin);
    }
    return otherwise;
}

void add_bytes(const Host &host, VSMap &map, const char *key, const std::string &value) {
    host.api->mapSetData(&map, key, value.data(), static_cast<int>(value.size()), dtBinary, maAppend);
}

} // namespace vsmlrt::vs
