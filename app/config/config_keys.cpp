#include "app/config/config.hpp"

#include "app/config/broker_url.hpp"
#include "drivers/text/byte_size.hpp"
#include "drivers/text/endpoint.hpp"
#include "drivers/text/network.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"
#include "mqtt/outlet/payload.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace gridbridge {
namespace {

using Text = std::string_view;

std::string take_text(Text text, std::string& target) {
    target = text;
    return {};
}

std::string take_flag(Text text, bool& target) {
    if (text != "true" && text != "false") {
        return "must be true or false";
    }
    target = text == "true";
    return {};
}

template <typename Target>
std::string take_number(Text text, int min, int max, Target& target) {
    const auto number = parse_integer(text);
    if (!number || *number < min || *number > max) {
        return "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max);
    }
    target = Target(static_cast<int>(*number));
    return {};
}

constexpr double one_hour = 3600; // s
constexpr double one_minute = 60;

// Fractions are allowed; what is not zero is at least a second.
std::string take_time(Text text, double unit, double max, std::chrono::seconds& target) {
    const auto number = parse_number(text);
    if (!number || *number < 0 || *number > max) {
        return "must be a number from 0 to " + number_text(max);
    }
    const auto seconds = static_cast<long long>(std::lround(*number * unit));
    target = std::chrono::seconds(*number > 0 ? std::max(seconds, 1LL) : 0);
    return {};
}

std::string time_text(std::chrono::seconds time, double unit) {
    return number_text(static_cast<double>(time.count()) / unit);
}

std::string take_choice(Text text, Text no, Text yes, bool& target) {
    if (text != no && text != yes) {
        return "must be " + in_quotes(no) + " or " + in_quotes(yes);
    }
    target = text == yes;
    return {};
}

std::string take_topic_level(Text text, std::string& target) {
    if (text.empty() || text.find_first_of("/+#") != Text::npos) {
        return "must be a text without / + #";
    }
    return take_text(text, target);
}

// Empty, as check-config prints it: made from the network card.
std::string take_portal_id(Text text, std::string& target) {
    return text.empty() ? take_text(text, target) : take_topic_level(text, target);
}

// A login in the URL is that of the section; its keys win over it.
void take_login(const BrokerUrl& url, std::string& username, std::string& password) {
    username = url.username.value_or(username);
    password = url.password.value_or(password);
}

std::string take_servers(Text text, MqttConfig& mqtt) {
    std::vector<std::string> servers;
    for (const Text part : split(text, ',')) {
        const auto url = parse_broker_url(trim(part));
        if (!url) {
            return "has " + in_quotes(without_password(trim(part))) +
                   ", which is not a host, host:port, mqtt:// or mqtts:// URL";
        }
        take_login(*url, mqtt.username, mqtt.url_password);
        servers.push_back(url->server);
    }
    mqtt.servers = std::move(servers);
    return {};
}

std::string take_gx_server(Text text, GxConfig& gx) {
    const auto url = parse_broker_url(trim(text));
    if (!text.empty() && !url) {
        return "is not a host, host:port, mqtt:// or mqtts:// URL";
    }
    if (url) {
        take_login(*url, gx.username, gx.url_password);
    }
    gx.server = url ? url->server : "";
    return {};
}

std::string take_topic(Text text, std::string& target) {
    if (text.find_first_of("+#") != Text::npos || text.starts_with("N/") || text.starts_with("$")) {
        return "must be a topic without + #, not below N/";
    }
    return take_text(text, target);
}

std::string take_listen(Text text, std::string& target) {
    if (!text.empty() && !parse_endpoint(text, 0)) {
        return "must be address:port";
    }
    return take_text(text, target);
}

std::string take_listen_or_off(Text text, std::string& target) {
    const auto endpoint = parse_listen(text);
    if (!text.empty() && !endpoint) {
        return std::string(listen_forms);
    }
    target = endpoint ? to_text(*endpoint) : std::string();
    return {};
}

std::string take_tls_version(Text text, std::string& target) {
    if (text != "1.0" && text != "1.1" && text != "1.2" && text != "1.3") {
        return "must be \"1.0\", \"1.1\", \"1.2\" or \"1.3\"";
    }
    return take_text(text, target);
}

std::string take_networks(Text text, std::vector<std::string>& target) {
    std::vector<std::string> networks;
    for (const Text part : split(text, ',')) {
        const Text network = trim(part);
        if (!network.empty() && !is_network(network)) {
            return "has " + in_quotes(network) + ", which is not an address or network as in 172.16.0.0/12";
        }
        if (!network.empty()) {
            networks.emplace_back(network);
        }
    }
    target = std::move(networks);
    return {};
}

std::string take_hosts(Text text, std::vector<std::string>& target) {
    std::vector<std::string> hosts;
    for (const Text part : split(text, ',')) {
        const Text host = trim(part);
        if (host.find_first_of("/:@ ") != Text::npos) {
            return "has " + in_quotes(host) + ", which is not a host name as in gateway.local";
        }
        if (!host.empty()) {
            hosts.emplace_back(host);
        }
    }
    target = std::move(hosts);
    return {};
}

std::string take_gx_mode(Text text, std::string& target) {
    if (text != "mqtt-devices" && text != "mqtt-grid" && text != "em24-ethernet") {
        return "must be one of mqtt-devices, mqtt-grid, em24-ethernet";
    }
    return take_text(text, target);
}

std::string flag(bool value) {
    return value ? "true" : "false";
}
std::string number(std::chrono::seconds value) {
    return std::to_string(value.count());
}

std::string list(const std::vector<std::string>& entries) {
    std::string text = "[";
    for (const std::string& entry : entries) {
        text += (text.size() > 1 ? ", " : "") + json_text(entry);
    }
    return text + "]";
}

using C = Config;

std::string take_kilowatts(Text text, double& target) {
    constexpr double most = 1e6;
    const auto number = parse_number(text);
    if (!number || *number < 0 || *number > most) {
        return "must be a number of kW from 0 to " + number_text(most);
    }
    target = *number;
    return {};
}

// Such divide the hour, as those of grid operators do.
std::string take_interval(Text text, int& target) {
    for (const int minutes : {0, 15, 30, 60}) {
        if (text == std::to_string(minutes)) {
            target = minutes;
            return {};
        }
    }
    return "must be 15, 30 or 60 (minutes), or 0: 15 with peak_kw, else none";
}

constexpr int most_history_days = 3660;

std::string take_size(Text text, std::uint64_t min, std::uint64_t max, std::uint64_t& target) {
    const auto size = parse_byte_size(text);
    if (!size || *size < min || *size > max) {
        return "must be a size from " + in_quotes(byte_size_text(min)) + " to " +
               in_quotes(byte_size_text(max));
    }
    target = *size;
    return {};
}

std::string recorder_size(Text text, std::uint64_t& target) {
    return take_size(text, 1'000'000, 1'000'000'000'000, target);
}
std::string recorder_memory(Text text, std::uint64_t& target) {
    if (text == "0") {
        target = 0;
        return {};
    }
    const std::string problem = take_size(text, 100'000, 1'000'000'000, target);
    return problem.empty() ? problem : problem + ", or 0 for none";
}

constexpr auto keys = std::to_array<ConfigKey>({
    {"", "portal_id", [](C& c, Text t) { return take_portal_id(t, c.portal_id); },
     [](const C& c) { return json_text(c.portal_id); }},
    {"", "state_dir", [](C& c, Text t) { return take_text(t, c.state_dir); },
     [](const C& c) { return json_text(c.state_dir); }},
    {"", "exit_after", [](C& c, Text t) { return take_time(t, one_hour, 8760, c.exit_after); },
     [](const C& c) { return time_text(c.exit_after, one_hour); }},
    {"", "stats_interval", [](C& c, Text t) { return take_time(t, one_minute, 1440, c.stats_interval); },
     [](const C& c) { return time_text(c.stats_interval, one_minute); }},
    {"mqtt", "servers", [](C& c, Text t) { return take_servers(t, c.mqtt); },
     [](const C& c) { return list(c.mqtt.servers); }},
    {"mqtt", "username", [](C& c, Text t) { return take_text(t, c.mqtt.username); },
     [](const C& c) { return json_text(c.mqtt.username); }},
    {"mqtt", "password_file", [](C& c, Text t) { return take_text(t, c.mqtt.password_file); },
     [](const C& c) { return json_text(c.mqtt.password_file); }},
    {"mqtt", "ca_file", [](C& c, Text t) { return take_text(t, c.mqtt.ca_file); },
     [](const C& c) { return json_text(c.mqtt.ca_file); }},
    {"mqtt", "cert_file", [](C& c, Text t) { return take_text(t, c.mqtt.cert_file); },
     [](const C& c) { return json_text(c.mqtt.cert_file); }},
    {"mqtt", "key_file", [](C& c, Text t) { return take_text(t, c.mqtt.key_file); },
     [](const C& c) { return json_text(c.mqtt.key_file); }},
    {"mqtt", "insecure", [](C& c, Text t) { return take_flag(t, c.mqtt.insecure); },
     [](const C& c) { return flag(c.mqtt.insecure); }},
    {"mqtt", "tls_min", [](C& c, Text t) { return take_tls_version(t, c.mqtt.tls_min); },
     [](const C& c) { return json_text(c.mqtt.tls_min); }},
    {"mqtt", "client_id", [](C& c, Text t) { return take_text(t, c.mqtt.client_id); },
     [](const C& c) { return json_text(c.mqtt.client_id); }},
    {"mqtt", "version", [](C& c, Text t) { return take_choice(t, "3.1.1", "5", c.mqtt.version5); },
     [](const C& c) { return json_text(c.mqtt.version5 ? "5" : "3.1.1"); }},
    {"mqtt", "keepalive", [](C& c, Text t) { return take_number(t, 5, 3600, c.mqtt.keepalive); },
     [](const C& c) { return number(c.mqtt.keepalive); }},
    {"venus", "publish", [](C& c, Text t) { return take_choice(t, "keepalive", "always", c.venus.always); },
     [](const C& c) { return json_text(c.venus.always ? "always" : "keepalive"); }},
    {"venus", "standalone", [](C& c, Text t) { return take_flag(t, c.venus.standalone); },
     [](const C& c) { return flag(c.venus.standalone); }},
    {"venus", "retain", [](C& c, Text t) { return take_flag(t, c.venus.retain); },
     [](const C& c) { return flag(c.venus.retain); }},
    {"venus", "heartbeat", [](C& c, Text t) { return take_number(t, 3, 3600, c.venus.heartbeat); },
     [](const C& c) { return number(c.venus.heartbeat); }},
    {"venus", "vanish_after", [](C& c, Text t) { return take_number(t, 1, 86400, c.venus.vanish_after); },
     [](const C& c) { return number(c.venus.vanish_after); }},
    {"homeassistant", "enabled", [](C& c, Text t) { return take_flag(t, c.homeassistant.enabled); },
     [](const C& c) { return flag(c.homeassistant.enabled); }},
    {"homeassistant", "prefix", [](C& c, Text t) { return take_topic_level(t, c.homeassistant.prefix); },
     [](const C& c) { return json_text(c.homeassistant.prefix); }},
    {"homeassistant", "per_component",
     [](C& c, Text t) { return take_flag(t, c.homeassistant.per_component); },
     [](const C& c) { return flag(c.homeassistant.per_component); }},
    {"homeassistant", "interval",
     [](C& c, Text t) { return take_number(t, 0, 3600, c.homeassistant.interval); },
     [](const C& c) { return number(c.homeassistant.interval); }},
    {"readings", "enabled", [](C& c, Text t) { return take_flag(t, c.readings.enabled); },
     [](const C& c) { return flag(c.readings.enabled); }},
    {"readings", "interval", [](C& c, Text t) { return take_number(t, 0, 3600, c.readings.interval); },
     [](const C& c) { return number(c.readings.interval); }},
    {"gx", "mode", [](C& c, Text t) { return take_gx_mode(t, c.gx.mode); },
     [](const C& c) { return json_text(c.gx.mode); }},
    {"gx", "server", [](C& c, Text t) { return take_gx_server(t, c.gx); },
     [](const C& c) { return json_text(c.gx.server); }},
    {"gx", "username", [](C& c, Text t) { return take_text(t, c.gx.username); },
     [](const C& c) { return json_text(c.gx.username); }},
    {"gx", "password_file", [](C& c, Text t) { return take_text(t, c.gx.password_file); },
     [](const C& c) { return json_text(c.gx.password_file); }},
    {"gx", "ca_file", [](C& c, Text t) { return take_text(t, c.gx.ca_file); },
     [](const C& c) { return json_text(c.gx.ca_file); }},
    {"gx", "insecure", [](C& c, Text t) { return take_flag(t, c.gx.insecure); },
     [](const C& c) { return flag(c.gx.insecure); }},
    {"gx", "topic", [](C& c, Text t) { return take_topic(t, c.gx.topic); },
     [](const C& c) { return json_text(c.gx.topic); }},
    {"gx", "listen", [](C& c, Text t) { return take_listen(t, c.gx.listen); },
     [](const C& c) { return json_text(c.gx.listen); }},
    {"gx", "meter", [](C& c, Text t) { return take_text(t, c.gx.meter); },
     [](const C& c) { return json_text(c.gx.meter); }},
    {"gx", "manage_run_without_grid_meter",
     [](C& c, Text t) { return take_flag(t, c.gx.manage_run_without_grid_meter); },
     [](const C& c) { return flag(c.gx.manage_run_without_grid_meter); }},
    {"limits", "peak_kw", [](C& c, Text t) { return take_kilowatts(t, c.limits.peak_kw); },
     [](const C& c) { return number_text(c.limits.peak_kw); }},
    {"limits", "interval", [](C& c, Text t) { return take_interval(t, c.limits.interval); },
     [](const C& c) { return std::to_string(c.limits.interval); }},
    {"history", "enabled", [](C& c, Text t) { return take_flag(t, c.history.enabled); },
     [](const C& c) { return flag(c.history.enabled); }},
    {"history", "minute_days",
     [](C& c, Text t) { return take_number(t, 1, most_history_days, c.history.minute_days); },
     [](const C& c) { return std::to_string(c.history.minute_days); }},
    {"history", "quarter_days",
     [](C& c, Text t) { return take_number(t, 1, most_history_days, c.history.quarter_days); },
     [](const C& c) { return std::to_string(c.history.quarter_days); }},
    {"history", "file", [](C& c, Text t) { return take_text(t, c.history.file); },
     [](const C& c) { return json_text(c.history.file); }},
    {"recorder", "enabled", [](C& c, Text t) { return take_flag(t, c.recorder.enabled); },
     [](const C& c) { return flag(c.recorder.enabled); }},
    {"recorder", "dir", [](C& c, Text t) { return take_text(t, c.recorder.dir); },
     [](const C& c) { return json_text(c.recorder.dir); }},
    {"recorder", "size", [](C& c, Text t) { return recorder_size(t, c.recorder.size); },
     [](const C& c) { return json_text(byte_size_text(c.recorder.size)); }},
    {"recorder", "messages", [](C& c, Text t) { return take_flag(t, c.recorder.messages); },
     [](const C& c) { return flag(c.recorder.messages); }},
    {"recorder", "memory", [](C& c, Text t) { return recorder_memory(t, c.recorder.memory); },
     [](const C& c) { return json_text(byte_size_text(c.recorder.memory)); }},
    {"query", "listen", [](C& c, Text t) { return take_listen_or_off(t, c.query_listen); },
     [](const C& c) { return json_text(c.query_listen); }},
    {"status", "listen", [](C& c, Text t) { return take_listen_or_off(t, c.status_listen); },
     [](const C& c) { return json_text(c.status_listen); }},
    {"status", "trusted_proxies", [](C& c, Text t) { return take_networks(t, c.trusted_proxies); },
     [](const C& c) { return list(c.trusted_proxies); }},
    {"status", "hosts", [](C& c, Text t) { return take_hosts(t, c.status_hosts); },
     [](const C& c) { return list(c.status_hosts); }},
    {"status", "password_file", [](C& c, Text t) { return take_text(t, c.status_password_file); },
     [](const C& c) { return json_text(c.status_password_file); }},
});

} // namespace

std::span<const ConfigKey> config_keys() {
    return keys;
}

} // namespace gridbridge
