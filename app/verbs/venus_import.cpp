#include "app/verbs/venus_import.hpp"

#include "mqtt/outlet/roles.hpp"
#include "mqtt/outlet/setting_catalogue.hpp"

#include <pugixml.hpp>

#include <array>
#include <optional>

namespace gridbridge {
namespace {

constexpr std::size_t max_devices = 100;
constexpr std::size_t max_device_id = 80;
constexpr int max_instance = 65535;

// Our name of a device of the GX: both of its drivers for these meters are one here.
std::optional<std::string> device_id_of(std::string_view name) {
    constexpr std::string_view ours = "cgwacs_";
    constexpr std::string_view modbus_tcp = "cg_";
    std::string id(name);
    if (name.starts_with(modbus_tcp)) {
        id = std::string(ours) + std::string(name.substr(modbus_tcp.size()));
    }
    const bool usable = id.starts_with(ours) && id.size() > ours.size() && id.size() <= max_device_id;
    return usable ? std::optional(id) : std::nullopt;
}

void take_estimate(Settings& settings, const std::string& id, std::string_view name, double kwh) {
    auto all = settings.reverse_kwh(id);
    all.at(static_cast<std::size_t>(name[1] - '1')) = kwh; // L1ReverseEnergy
    settings.set_reverse_kwh(id, all);
}

// A value of the file into the setting; its text when it was taken.
std::string take_value(Settings& settings, const std::string& id, const DeviceSetting& row,
                       const std::string& text) {
    const auto value = convert(WrittenValue(text), row.type, row.range);
    if (!value || row.keeper == SettingKeeper::Meter || row.keeper == SettingKeeper::Identity) {
        return {};
    }
    if (row.keeper == SettingKeeper::Estimate) {
        take_estimate(settings, id, row.name, std::get<double>(*value));
    } else if (text.empty()) {
        return {}; // a name nobody gave
    } else {
        settings.write(id, std::string(row.name), *value);
    }
    return ", " + std::string(row.name) + " " + text;
}

void take_device(const pugi::xml_node& node, const std::string& id, Settings& settings, Imported& imported) {
    const auto identity = parse_class_instance(node.child("ClassAndVrmInstance").text().get());
    const bool usable = identity && identity->instance >= 0 && identity->instance <= max_instance &&
                        is_allowed(allowed_roles(id), identity->service_class);
    if (!usable) {
        imported.problems.push_back(id + ": ClassAndVrmInstance \"" +
                                    node.child("ClassAndVrmInstance").text().get() +
                                    "\" is not a role and instance of a meter: not imported");
        return;
    }
    settings.set_class(id, identity->service_class, true);
    const int instance = settings.move_instance(id, identity->service_class, identity->instance);
    std::string line = id + ": " + identity->service_class + "/" + std::to_string(instance);
    for (const DeviceSetting& row : device_settings) {
        if (const auto child = node.child(std::string(row.name).c_str())) {
            line += take_value(settings, id, row, child.text().get());
        }
    }
    if (instance != identity->instance) {
        imported.problems.push_back(id + ": instance " + std::to_string(identity->instance) +
                                    " is taken: it has " + std::to_string(instance));
    }
    imported.lines.push_back(line);
}

} // namespace

Imported import_venus_settings(std::string_view xml, Settings& settings, bool replace) {
    Imported imported;
    if (xml.size() > max_settings_xml) {
        imported.problems.emplace_back("larger than 4 MB: is this a settings.xml?");
        return imported;
    }
    pugi::xml_document document;
    const auto parsed =
        document.load_buffer(xml.data(), xml.size(), pugi::parse_minimal | pugi::parse_escapes);
    if (!parsed) {
        imported.problems.push_back("not XML: " + std::string(parsed.description()) + " at byte " +
                                    std::to_string(parsed.offset));
        return imported;
    }
    std::size_t count = 0;
    for (const pugi::xml_node& node : document.child("Settings").child("Devices").children()) {
        const auto id = device_id_of(node.name());
        if (!id) {
            continue;
        }
        if (++count > max_devices) {
            imported.problems.emplace_back("more than 100 meters: the others are not imported");
            break;
        }
        const Settings::Device* const known = settings.find(*id);
        if (!replace && known != nullptr && !known->service_class.empty()) {
            imported.problems.push_back(*id + ": is known already: not imported; --force replaces it");
            continue;
        }
        take_device(node, *id, settings, imported);
    }
    if (count == 0) {
        imported.problems.emplace_back(
            "no Settings/Devices/cgwacs_... in it: is this the settings.xml of a GX?");
    }
    return imported;
}

} // namespace gridbridge
