#include "vs/old_names/place.h"

#include "base/error.h"
#include "base/log.h"
#include "vs/arguments.h"
#include "vs/old_names/core_mlrt.h"

#include <algorithm>
#include <vector>

namespace vsmlrt::vs {
namespace {

struct Listed {
    std::string id;
    std::string name;
    std::int64_t number;
    std::int64_t memory;
};

std::vector<Listed> devices_of(const Host &host, const VSMap &map, const Place &place) {
    const Arguments answer(host, map);
    const std::vector<std::string> backends = answer.all_data("backend");
    const std::vector<std::string> ids = answer.all_data("id");
    const std::vector<std::string> names = answer.all_data("name");
    const std::vector<std::string> groups = answer.all_data("group");
    const std::vector<std::int64_t> numbers = answer.long_integers("number");
    const std::vector<std::int64_t> memories = answer.long_integers("memory");
    std::vector<Listed> found;
    for (std::size_t i = 0; i < backends.size(); ++i)
        if (backends[i] == place.backend && (!place.group || groups[i] == place.group))
            found.push_back({ids[i], names[i], numbers[i], memories[i]});
    return found;
}

// Why a place has no device, as core.mlrt.Devices says it.
std::string obstacle(const Host &host, const VSMap &map, const Place &place) {
    const Arguments answer(host, map);
    const std::vector<std::string> missing = answer.all_data("missing");
    const std::vector<std::string> reasons = answer.all_data("reason");
    const std::string group = text(place.backend, ".", place.group ? place.group : "");
    for (std::size_t i = 0; i < missing.size(); ++i)
        if (missing[i] == place.backend || missing[i] == group)
            return text(place.title, ": ", reasons[i]);
    return text(place.title, " has no device here");
}

const Listed &choose_device(const std::vector<Listed> &devices, const Place &place, int number) {
    std::vector<std::int64_t> numbers;
    for (const Listed &device : devices) {
        if (device.number == number)
            return device;
        numbers.push_back(device.number);
    }
    throw BadArgument("\"device_id\" must be one of ", join(numbers, ", "), ", the devices of ", place.title,
                      "; got ", number);
}

} // namespace

FoundPlace find_place(const Host &host, const char *who, std::span<const Place> places, int number) {
    const Map map = call_mlrt(host, "Devices");
    std::vector<std::string> obstacles;
    for (const Place &place : places) {
        const std::vector<Listed> devices = devices_of(host, *map, place);
        if (devices.empty()) {
            obstacles.push_back(obstacle(host, *map, place));
            continue;
        }
        if (&place != &places.front())
            log_once(LogLevel::information,
                     text(who, " computes with ", place.title, ", because ", join(obstacles, "; ")));
        const Listed &device = choose_device(devices, place, number);
        return {&place, device.id, device.name, device.memory};
    }
    throw Unsupported("there is nothing here to compute with: ", join(obstacles, "; "));
}

bool has_place(const Host &host, std::span<const Place> places) {
    const Map map = call_mlrt(host, "Devices");
    return std::any_of(places.begin(), places.end(),
                       [&](const Place &place) { return !devices_of(host, *map, place).empty(); });
}

} // namespace vsmlrt::vs
