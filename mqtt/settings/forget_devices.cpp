#include "mqtt/settings/forget_devices.hpp"

#include "mqtt/outlet/roles.hpp"
#include "mqtt/settings/settings_tree.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

std::string without(const std::string& list, const std::string& serial) {
    std::string rest;
    for (std::size_t begin = 0; begin < list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        const std::string entry = list.substr(begin, end - begin);
        if (entry != serial) {
            rest += (rest.empty() ? "" : ",") + entry;
        }
        begin = end + 1;
    }
    return rest;
}

} // namespace

std::vector<std::string> devices_with_serial(const Settings& settings, const std::string& serial) {
    std::vector<std::string> ids;
    for (const auto& [device_id, device] : settings.devices()) {
        const std::string main = is_second_service(device_id) ? main_service_of(device_id) : device_id;
        if (serial_of(main) == serial) {
            ids.push_back(device_id);
        }
    }
    return ids;
}

void forget_devices(Settings& settings, const std::string& serial) {
    for (const std::string& device_id : devices_with_serial(settings, serial)) {
        settings.erase(device_id);
    }
    settings.set_device_ids(without(settings.device_ids(), serial));
}

} // namespace gridbridge
