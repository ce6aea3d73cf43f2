#include "app/load_config.hpp"

#include "drivers/driver.hpp"
#include "drivers/text.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <sstream>
#include <system_error>
#include <utility>

namespace gridbridge {
namespace {

constexpr auto default_file = "/etc/gridbridge/gridbridge.toml";

std::optional<std::string> file_text(const std::string& path, std::string& reason) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) {
        reason = std::generic_category().message(errno == 0 ? EIO : errno);
        return std::nullopt;
    }
    return text.str();
}

std::vector<std::string> environment() {
    std::vector<std::string> entries;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        entries.emplace_back(*entry);
    }
    return entries;
}

void apply_meters(Config& config, const Options& options, Findings& findings) {
    if (options.meters.empty()) {
        return;
    }
    config.meters.clear();
    for (const std::string& uri : options.meters) {
        MeterConfig meter;
        for (std::string& problem : parse_meter_uri(uri, meter)) {
            findings.errors.push_back({"--meter", std::move(problem)});
        }
        for (std::string& problem : check_meter(meter)) {
            findings.errors.push_back({"--meter", std::move(problem)});
        }
        config.meters.push_back(std::move(meter));
    }
}

void apply_options(Config& config, const Options& options, Findings& findings) {
    apply_meters(config, options, findings);
    const auto apply = [&](const std::optional<std::string>& value, std::string_view section,
                           std::string_view name, const std::string& where) {
        for (const ConfigKey& key : config_keys()) {
            if (!value || key.section != section || key.name != name) {
                continue;
            }
            if (const std::string problem = key.apply(config, *value); !problem.empty()) {
                findings.errors.push_back({where, quoted(*value) + " " + problem});
            }
        }
    };
    apply(options.mqtt, "mqtt", "servers", "--mqtt");
    apply(options.portal_id, "", "portal_id", "--portal-id");
    apply(options.state_dir, "", "state_dir", "--state-dir");
    for (MeterConfig& meter : config.meters) {
        if (options.timeout) {
            meter.timeout = std::chrono::milliseconds(*options.timeout);
        }
    }
}

// The keys of encrypted telegrams that stand in files, into `key` and `auth_key`.
void read_key_files(Config& config, Findings& findings) {
    for (MeterConfig& meter : config.meters) {
        for (const auto& [name, path] :
             {std::pair<std::string_view, std::string>("key", meter.key_file),
              std::pair<std::string_view, std::string>("auth_key", meter.auth_key_file)}) {
            const std::string file_key = std::string(name) + "_file";
            const std::size_t known = findings.errors.size();
            const std::string text = read_secret(path, file_key, findings);
            if (path.empty() || findings.errors.size() > known) {
                continue;
            }
            if (const std::string problem = find_meter_key(name)->apply(meter, trim(text));
                !problem.empty()) {
                std::string said = quoted(file_key);
                said.append(": the first line of ").append(path).append(" ").append(problem);
                findings.errors.push_back({meter.uri, std::move(said)});
            }
        }
    }
}

} // namespace

Loaded load_config(const Options& options) {
    Loaded loaded;
    if (options.config_file || options.meters.empty()) {
        const std::string path = options.config_file.value_or(default_file);
        std::string reason;
        if (const auto text = file_text(path, reason)) {
            apply_file(loaded.config, *text, path, loaded.findings);
        } else {
            loaded.findings.errors.push_back(
                {path, reason + ": name the file with --config, or a meter with --meter"});
        }
    }
    apply_environment(loaded.config, environment(), loaded.findings);
    apply_options(loaded.config, options, loaded.findings);
    if (loaded.findings.errors.empty()) {
        check_config(loaded.config, loaded.findings);
        read_key_files(loaded.config, loaded.findings);
    }
    return loaded;
}

std::string read_secret(const std::string& path, std::string_view key, Findings& findings) {
    if (path.empty()) {
        return {};
    }
    std::string reason;
    const auto text = file_text(path, reason);
    if (!text) {
        findings.errors.push_back({path, reason + ": needed by " + std::string(key)});
        return {};
    }
    return text->substr(0, text->find_first_of("\r\n"));
}

std::optional<Config> load_or_complain(const Options& options) {
    Loaded loaded = load_config(options);
    for (const Problem& error : loaded.findings.errors) {
        std::cerr << "error: " << error.where << ": " << error.text << '\n';
    }
    return loaded.findings.errors.empty() ? std::optional(std::move(loaded.config)) : std::nullopt;
}

std::string read_broker_files(const Config& config, Findings& findings) {
    const MqttConfig& mqtt = config.mqtt;
    const std::array<std::pair<std::string_view, const std::string&>, 6> files{
        {{"[mqtt] password_file", mqtt.password_file},
         {"[mqtt] ca_file", mqtt.ca_file},
         {"[mqtt] cert_file", mqtt.cert_file},
         {"[mqtt] key_file", mqtt.key_file},
         {"[gx] password_file", config.gx.password_file},
         {"[gx] ca_file", config.gx.ca_file}}};
    std::string all;
    for (const auto& [key, path] : files) {
        std::string reason;
        const auto text = path.empty() ? std::string() : file_text(path, reason);
        if (!text) {
            findings.errors.push_back({path, reason + ": needed by " + std::string(key)});
        }
        all += text.value_or(std::string()) + '\0';
    }
    return all;
}

} // namespace gridbridge
