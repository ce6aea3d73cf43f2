#include "app/config/load_config.hpp"

#include "app/config/added_meters.hpp"
#include "app/config/broker_url.hpp"
#include "drivers/meter/meter_config.hpp"
#include "drivers/text/text.hpp"

#include <sys/stat.h>
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

// `purpose`: what the file is for, or what to do without it.
std::string why_unreadable(int error, const std::string& purpose) {
    if (error == EACCES) {
        return "permission denied: user " + std::to_string(::geteuid()) +
               " may not read it: use sudo, or let a group of that user read it; " + purpose;
    }
    return std::generic_category().message(error) + ": " + purpose;
}

std::optional<std::string> file_text(const std::string& path, int& error) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) {
        error = errno == 0 ? EIO : errno;
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

// The meter of one URI; `where` says who named it.
void apply_meter(Config& config, const std::string& uri, std::string_view where, Findings& findings) {
    const auto add = [&](const std::vector<std::string>& texts, std::vector<Problem>& problems) {
        for (const std::string& text : texts) {
            problems.push_back({std::string(where), text});
        }
    };
    MeterConfig meter;
    const auto errors = parse_meter_uri(uri, meter);
    add(errors, findings.errors);
    if (errors.empty()) {
        add(unused_in_query(uri, meter), findings.warnings);
    }
    add(check_meter(meter), findings.errors);
    forget_unused(meter);
    meter.where = where;
    add_meter(config, std::move(meter));
}

void apply_meter_variable(Config& config, const std::vector<std::string>& entries, Findings& findings) {
    const std::string beginning = std::string(meter_variable) + "=";
    for (const std::string_view entry : entries) {
        if (!entry.starts_with(beginning)) {
            continue;
        }
        for (const std::string_view uri : split(entry.substr(beginning.size()), '\n')) {
            if (!trim(uri).empty()) { // compose files set it to nothing
                apply_meter(config, std::string(trim(uri)), meter_variable, findings);
            }
        }
    }
}

void apply_meters(Config& config, const Options& options, Findings& findings) {
    if (options.meters.empty()) {
        return;
    }
    config.meters.clear();
    config.disabled_meters.clear();
    for (const std::string& uri : options.meters) {
        apply_meter(config, uri, "--meter", findings);
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
                findings.errors.push_back({where, in_quotes(without_password(*value)) + " " + problem});
            }
        }
    };
    apply(options.mqtt, "mqtt", "servers", "--mqtt");
    apply(options.portal_id, "", "portal_id", "--portal-id");
    apply(options.state_dir, "", "state_dir", "--state-dir");
}

// The keys of encrypted telegrams that stand in files, into `key` and `auth_key`.
void read_key_files(MeterConfig& meter, Findings& findings) {
    for (const auto& [name, path] :
         {std::pair<std::string_view, std::string>("key", meter.key_file),
          std::pair<std::string_view, std::string>("auth_key", meter.auth_key_file)}) {
        const std::string file_key = std::string(name) + "_file";
        const std::size_t known = findings.errors.size();
        const std::string text = read_secret(path, file_key, findings);
        if (path.empty() || findings.errors.size() > known) {
            continue;
        }
        if (const std::string problem = find_meter_key(name)->apply(meter, trim(text)); !problem.empty()) {
            std::string said = in_quotes(file_key);
            said.append(": the first line of ").append(path).append(" ").append(problem);
            findings.errors.push_back({meter.uri, std::move(said)});
        }
    }
}

void take_added_meters(Config& config, Findings& findings) {
    for (MeterTable& table : added_meters(config, read_added_files(config.state_dir), findings)) {
        Findings of_keys;
        read_key_files(table.meter, of_keys);
        if (of_keys.errors.empty()) {
            add_meter(config, std::move(table.meter));
        } else {
            const Problem& problem = of_keys.errors.front();
            findings.warnings.push_back(left_out(table.meter, problem.where + ": " + problem.text));
        }
    }
}

// A secret that everybody on this machine can read is none.
void remark_if_public(const std::string& path, Findings& findings) {
    constexpr std::string_view of_container =
        "/run/secrets/"; // there everybody may, and nobody else is there
    struct stat found {};
    if (!path.starts_with(of_container) && ::stat(path.c_str(), &found) == 0 &&
        (found.st_mode & S_IROTH) != 0) {
        findings.warnings.push_back({path, "every user of this machine can read it: chmod o-r " + path});
    }
}

std::string read_sink_files(const Config& config, Findings& findings) {
    std::string all;
    for (const SinkConfig& sink : config.sinks) {
        const std::array<std::pair<std::string_view, const std::string&>, 5> files{
            {{"token_file", sink.token_file},
             {"password_file", sink.password_file},
             {"key_file", sink.key_file},
             {"ca_file", sink.ca_file},
             {"cert_file", sink.cert_file}}};
        for (const auto& [key, path] : files) {
            int error = 0;
            const auto text = path.empty() || !sink.enabled ? std::string() : file_text(path, error);
            if (!text) {
                findings.errors.push_back(
                    {path, why_unreadable(error, "needed by [[sink]] " + std::string(key))});
            }
            all += text.value_or(std::string()) + '\0';
        }
        for (const std::string& path : {sink.token_file, sink.password_file, sink.key_file}) {
            remark_if_public(path, findings);
        }
    }
    return all;
}

} // namespace

Loaded load_config(const Options& options) {
    Loaded loaded;
    if (options.config_file || options.meters.empty()) {
        const std::string path = options.config_file.value_or(default_file);
        int error = 0;
        if (const auto text = file_text(path, error)) {
            apply_file(loaded.config, *text, path, loaded.findings);
        } else {
            loaded.findings.errors.push_back(
                {path, why_unreadable(error, "name the file with --config, or a meter with --meter")});
        }
    }
    const auto entries = environment();
    apply_environment(loaded.config, entries, loaded.findings);
    apply_meter_variable(loaded.config, entries, loaded.findings);
    apply_options(loaded.config, options, loaded.findings);
    if (!loaded.findings.errors.empty()) {
        return loaded;
    }
    for (MeterConfig& meter : loaded.config.meters) {
        read_key_files(meter, loaded.findings);
    }
    if (options.meters.empty()) {
        take_added_meters(loaded.config, loaded.findings);
    }
    for (MeterConfig& meter : loaded.config.meters) {
        meter.timeout = options.timeout ? std::chrono::milliseconds(*options.timeout) : meter.timeout;
    }
    check_config(loaded.config, loaded.findings);
    return loaded;
}

std::string read_secret(const std::string& path, std::string_view key, Findings& findings) {
    if (path.empty()) {
        return {};
    }
    int error = 0;
    const auto text = file_text(path, error);
    if (!text) {
        findings.errors.push_back({path, why_unreadable(error, "needed by " + std::string(key))});
        return {};
    }
    return text->substr(0, text->find_first_of("\r\n"));
}

std::function<std::string()> password_reader(const std::string& path, const std::string& url_password) {
    return [path, url_password] {
        Findings ignored; // checked at start
        return path.empty() ? url_password : read_secret(path, "password_file", ignored);
    };
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
    const std::array<std::pair<std::string_view, const std::string&>, 7> files{
        {{"[mqtt] password_file", mqtt.password_file},
         {"[mqtt] ca_file", mqtt.ca_file},
         {"[mqtt] cert_file", mqtt.cert_file},
         {"[mqtt] key_file", mqtt.key_file},
         {"[gx] password_file", config.gx.password_file},
         {"[gx] ca_file", config.gx.ca_file},
         {"[status] password_file", config.status_password_file}}};
    std::string all = read_sink_files(config, findings);
    for (const auto& [key, path] : files) {
        int error = 0;
        const auto text = path.empty() ? std::string() : file_text(path, error);
        if (!text) {
            findings.errors.push_back({path, why_unreadable(error, "needed by " + std::string(key))});
        }
        all += text.value_or(std::string()) + '\0';
    }
    for (const std::string& path :
         {mqtt.password_file, mqtt.key_file, config.gx.password_file, config.status_password_file}) {
        remark_if_public(path, findings);
    }
    return all;
}

} // namespace gridbridge
