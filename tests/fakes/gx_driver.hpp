// A GX with dbus-mqtt-devices 0.9 and the ESS settings, as a client on MQTT sees them. Written from its
// documented and measured behaviour, not from gridbridge's code.
#pragma once

#include "mqtt/outlet/message.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace gridbridge {

class GxDriver {
  public:
    using Json = nlohmann::json;
    using Out = std::vector<Message>;

    std::string portal = "b827eb0a1b2c";
    bool running = true; // the driver; the GX itself is always there
    bool scans = true;   // its broker sees new services; it drops writes to what it does not know
    std::map<std::string, int> settings; // below CGwacs/; what is not here is not there
    // What a client of a GX must never do.
    std::vector<std::string> faults;
    std::vector<std::string> lost_writes; // topics nobody listens to
    int registrations = 0;                // accepted, answered
    std::map<std::string, int> writes;    // of settings

    static std::vector<std::string> filters() { return {"device/+/Status", "W/#", "R/#"}; }

    Out start() const { return {{"N/" + portal + "/system/0/Serial", value(portal), true}}; }

    Out take(const Message& message) {
        Out out;
        if (message.topic.starts_with("device/") && message.topic.ends_with("/Status")) {
            if (running) {
                status(message, out);
            }
        } else if (message.topic.starts_with("W/" + portal + "/")) {
            write(message.topic.substr(portal.size() + 3), message.payload, out);
        } else if (message.topic.starts_with("R/" + portal + "/")) {
            read(message.topic.substr(portal.size() + 3), out);
        }
        return out;
    }

    // The process ends: its services leave D-Bus, and it forgets its clients; instances are kept.
    Out stop() {
        Out out;
        running = false;
        while (!clients_.empty()) {
            leave(clients_.begin()->first, out);
        }
        return out;
    }

    // The value of "grid/1/Ac/Power"; a null when there is none.
    Json shown(const std::string& path) const {
        const auto found = values_.find(path);
        return found == values_.end() ? Json() : found->second;
    }
    bool has(const std::string& service) const { return services_.contains(service); }
    std::size_t services() const { return services_.size(); }
    Out set(const std::string& path, const Json& json) {
        values_[path] = json;
        return {{"N/" + portal + "/" + path, value(json)}};
    }
    Out set_setting(const std::string& name, int number) {
        settings[name] = number;
        return {{setting_topic(name), value(number)}};
    }

  private:
    static std::string value(const Json& json) { return Json{{"value", json}}.dump(); }
    std::string setting_topic(const std::string& name) const {
        return "N/" + portal + "/settings/0/Settings/CGwacs/" + name;
    }
    static bool is_name(const std::string& text) {
        return !text.empty() && std::all_of(text.begin(), text.end(),
                                            [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
    }

    // Paths and first values, as in services.yml of the driver.
    static std::map<std::string, Json> paths_of(const std::string& type) {
        std::map<std::string, Json> paths{{"Ac/Power", Json()}, {"Ac/Energy/Forward", Json()}};
        std::vector<std::string> phase{"Power"};
        if (type == "evcharger") {
            paths.insert({{"ProductId", 65535}, {"CustomName", "My EV Charger"}, {"AutoStart", 0}});
            paths.insert({{"ChargingTime", 0}, {"Current", 0}, {"EnableDisplay", 1}, {"MaxCurrent", 0}});
            paths.insert({{"Mode", 0}, {"Model", "AC22NS"}, {"Position", 0}, {"Role", Json()}});
            paths.insert({{"SetCurrent", 0}, {"StartStop", 0}, {"Status", 1}});
        } else {
            paths.insert({{"ErrorCode", 0}, {"Ac/Current", Json()}});
            phase.insert(phase.end(), {"Current", "Voltage", "Energy/Forward"});
        }
        if (type == "grid") {
            paths.insert({{"ProductId", 65535}, {"CustomName", "My Grid Meter"}, {"DeviceType", "grid"}});
            paths.insert({{"Ac/Frequency", Json()}, {"Ac/Energy/Reverse", Json()}});
            phase.emplace_back("Energy/Reverse");
        } else if (type == "pvinverter") {
            paths.insert({{"ProductId", 45069}, {"CustomName", "My PV Inverter"}, {"StatusCode", 7}});
            paths.insert({{"Position", 0}, {"Role", "pvinverter"}, {"Ac/MaxPower", 0}});
        }
        for (const char* const line : {"Ac/L1/", "Ac/L2/", "Ac/L3/"}) {
            for (const std::string& name : phase) {
                paths[line + name] = Json();
            }
        }
        return paths;
    }

    // Kept in the settings of the GX, which refuse null.
    static bool is_kept(const std::string& path) {
        static const std::set<std::string> kept{"CustomName",  "DeviceType", "Position",      "Role",
                                                "Ac/MaxPower", "AutoStart",  "EnableDisplay", "MaxCurrent",
                                                "Mode",        "SetCurrent", "StartStop"};
        return kept.contains(path.substr(path.find('/', path.find('/') + 1) + 1));
    }

    void status(const Message& message, Out& out) {
        const Json json = Json::parse(message.payload, nullptr, false);
        const std::string cid = message.topic.substr(7, message.topic.size() - 14);
        const Json connected = json.is_object() ? json.value("connected", Json()) : Json();
        const bool valid = json.is_object() && json.value("clientId", "") == cid && is_name(cid) &&
                           connected.is_number_integer() && json.contains("version") &&
                           json["version"].is_string();
        if (!valid || (connected != 0 && connected != 1)) {
            faults.push_back("refused: " + message.payload);
            return;
        }
        if (connected == 0) {
            leave(cid, out);
            return;
        }
        const Json list = json.value("services", Json());
        const std::set<std::string> known{"temperature", "tank",      "pvinverter", "grid",
                                          "gps",         "evcharger", "battery",    "vebus"};
        bool good = list.is_object();
        for (const auto& [label, type] : list.items()) {
            good = good && is_name(label) && type.is_string() && known.contains(type.get<std::string>());
        }
        if (!good) {
            faults.push_back("refused: " + message.payload);
            return;
        }
        if (!clients_.contains(cid)) { // a changed list is ignored
            for (const auto& [label, type] : list.items()) {
                enter(cid, label, type.get<std::string>(), out);
            }
        }
        answer(cid, out);
    }

    void enter(const std::string& cid, const std::string& label, const std::string& type, Out& out) {
        auto& instance = instances_[cid + "/" + label + "/" + type];
        if (instance == 0) {
            instance = ++last_instance_[type];
        }
        const std::string service = type + "/" + std::to_string(instance);
        clients_[cid][label] = service;
        services_[service] = cid;
        for (const auto& [path, initial] : paths_of(type)) {
            Json now = initial;
            if (path == "CustomName" && names_.contains(service)) {
                now = names_[service];
            }
            for (Message& one : set(service + "/" + path, now)) {
                out.push_back(std::move(one));
            }
        }
    }

    void leave(const std::string& cid, Out& out) {
        for (const auto& [label, service] : clients_[cid]) {
            const std::string prefix = service + "/";
            for (auto entry = values_.lower_bound(prefix);
                 entry != values_.end() && entry->first.starts_with(prefix);) {
                out.push_back({"N/" + portal + "/" + entry->first, ""});
                entry = values_.erase(entry);
            }
            services_.erase(service);
        }
        clients_.erase(cid);
    }

    void answer(const std::string& cid, Out& out) {
        ++registrations;
        Json json{{"portalId", portal}, {"deviceInstance", Json::object()}, {"topicPath", Json::object()}};
        for (const auto& [label, service] : clients_[cid]) {
            json["deviceInstance"][label] = std::stoi(service.substr(service.find('/') + 1));
            for (const char* const action : {"N", "R", "W"}) {
                json["topicPath"][label][action] = std::string(action) + "/" + portal + "/" + service;
            }
        }
        out.push_back({"device/" + cid + "/DBus", json.dump()});
    }

    void write(const std::string& path, const std::string& payload, Out& out) {
        const Json json = Json::parse(payload, nullptr, false);
        if (!json.is_object() || !json.contains("value")) {
            faults.push_back("no value: " + payload);
            return;
        }
        const std::string branch = "settings/0/Settings/CGwacs/";
        if (path.starts_with(branch)) {
            const std::string name = path.substr(branch.size());
            if (settings.contains(name) && json["value"].is_number()) {
                ++writes[name];
                settings[name] = json["value"].get<int>();
                out.push_back({setting_topic(name), value(settings[name])});
            }
            return;
        }
        const auto found = values_.find(path);
        if (found != values_.end() && !scans) {
            return;
        }
        if (found == values_.end()) {
            lost_writes.push_back(path);
            return;
        }
        if (json["value"].is_null() && is_kept(path)) {
            faults.push_back("null into a setting: " + path);
            return;
        }
        const bool is_text =
            path.ends_with("CustomName") || path.ends_with("DeviceType") || path.ends_with("/Model");
        if (!is_text && !json["value"].is_number() && !json["value"].is_null()) {
            faults.push_back("systemcalc dies of " + payload);
        }
        if (path.ends_with("CustomName")) {
            names_[path.substr(0, path.size() - 11)] = json["value"];
        }
        found->second = json["value"];
        out.push_back({"N/" + portal + "/" + path, value(json["value"])});
    }

    void read(const std::string& path, Out& out) {
        const std::string branch = "settings/0/Settings/CGwacs/";
        if (path.starts_with(branch) && settings.contains(path.substr(branch.size()))) {
            const std::string name = path.substr(branch.size());
            out.push_back({setting_topic(name), value(settings[name])});
        } else if (values_.contains(path) && scans) {
            out.push_back({"N/" + portal + "/" + path, value(values_[path])});
        }
    }

    std::map<std::string, std::map<std::string, std::string>> clients_; // label to service
    std::map<std::string, std::string> services_;                       // to client
    std::map<std::string, Json> values_;
    std::map<std::string, int> instances_, last_instance_;
    std::map<std::string, Json> names_;
};

} // namespace gridbridge
