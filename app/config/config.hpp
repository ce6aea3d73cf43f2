// The effective configuration: defaults, file, environment and command line merged. Plain data; reading it is
// pure.
#pragma once

#include "app/config/sink_config.hpp"
#include "drivers/meter/meter_config.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridbridge {

struct MqttConfig {
    std::vector<std::string> servers{"mqtt://127.0.0.1:1883"}; // always with scheme, host and port
    std::string username, password_file;
    std::string url_password; // secret, from a URL in servers; password_file wins
    std::string ca_file, cert_file, key_file;
    bool insecure = false;
    std::string tls_min = "1.2"; // of every broker
    std::string client_id;       // empty: gridbridge-<portal id>
    bool version5 = false;
    std::chrono::seconds keepalive{30};
};

struct VenusConfig {
    bool always = true;
    bool standalone = true;
    bool retain = false;
    std::chrono::seconds heartbeat{60};
    std::chrono::seconds vanish_after{60};
};

struct HomeAssistantConfig {
    bool enabled = true;
    std::string prefix = "homeassistant";
    bool per_component = false;
    std::chrono::seconds interval{5};
};

struct ReadingsConfig {
    bool enabled = false;
    std::chrono::seconds interval{0}; // 0: every reading
};

struct GxConfig {
    std::string mode;                                     // empty: no GX
    std::string server, username, password_file, ca_file; // of the broker on the GX; server in its full form
    std::string url_password;                             // as in MqttConfig
    bool insecure = false;
    std::string topic; // mqtt-grid; empty: gridbridge/<portal id>/gx-grid
    std::string listen;
    std::string meter;
    bool manage_run_without_grid_meter = false;
};

struct HistoryConfig {
    bool enabled = true;
    int minute_days = 31;
    int quarter_days = 400;
    std::string file; // empty: history.db in state_dir
};

struct RecorderConfig {
    bool enabled = false;             // on disk
    std::string dir;                  // empty: recordings in state_dir
    std::uint64_t size = 256'000'000; // bytes of all files in it
    bool messages = false;            // with the text of what is published
    std::uint64_t memory = 1'000'000; // bytes; 0: no recording in memory, no incidents
};

struct LimitsConfig {
    double peak_kw = 0; // mean power of an interval, by contract; 0: none
    int interval = 0;   // min, 15, 30 or 60; 0: 15 with a peak, else none
};
// Nothing: no demand is computed.
std::optional<std::chrono::minutes> demand_interval(const LimitsConfig& limits);

struct Config {
    std::string portal_id; // empty: the one kept in state_dir, or a new one
    std::string state_dir = "/var/lib/gridbridge";
    std::chrono::seconds exit_after{0};                            // 0: never
    std::chrono::seconds stats_interval{std::chrono::minutes(15)}; // 0: no statistics lines
    MqttConfig mqtt;
    VenusConfig venus;
    HomeAssistantConfig homeassistant;
    ReadingsConfig readings;
    GxConfig gx;
    HistoryConfig history;
    RecorderConfig recorder;
    LimitsConfig limits;
    std::string query_listen;
    std::string status_listen = "127.0.0.1:8480";
    std::vector<std::string> trusted_proxies; // networks; of the status page's clients
    std::vector<std::string> status_hosts;    // names the page is reached by
    std::string status_password_file;         // empty: nothing can be changed on the page
    std::vector<MeterConfig> meters;          // that are enabled
    std::vector<MeterConfig> disabled_meters; // enabled = false: nothing but a list for people
    std::vector<SinkConfig> sinks;            // those that are not enabled too
};

// Something the user should know; `where` is "file:line", an environment variable or an option.
struct Problem {
    std::string where;
    std::string text;
    bool operator==(const Problem&) const = default;
};

struct Findings {
    std::vector<Problem> errors;
    std::vector<Problem> warnings;
};

// One scalar of the file outside [[meter]]. `section` is empty for keys at the top.
struct ConfigKey {
    std::string_view section;
    std::string_view name;
    std::string (*apply)(Config& config, std::string_view text); // error text, or empty
    std::string (*show)(const Config& config);                   // as TOML; secrets never have a key here
};
std::span<const ConfigKey> config_keys();

// Takes the file's text. `name` is for messages.
void apply_file(Config& config, std::string_view text, const std::string& name, Findings& findings);
// More meters beside those of the file: their URIs, a line each.
inline constexpr const char* meter_variable = "GRIDBRIDGE_METER";
// Takes GRIDBRIDGE_<SECTION>_<KEY>=<value> entries; others are ignored.
void apply_environment(Config& config, std::span<const std::string> entries, Findings& findings);
// What needs the whole configuration to see.
void check_config(const Config& config, Findings& findings);

// One [[meter]] table, whether it can be used or not.
struct MeterTable {
    MeterConfig meter;                                       // `where` names its place
    std::vector<std::pair<std::string, std::string>> values; // as written; "uri" with its query
    Findings findings;                                       // with errors it cannot be used
};
struct MeterTables {
    std::vector<MeterTable> tables;
    std::vector<Problem> problems; // beside them: syntax, other keys
};
// Of a file that has nothing but such tables. `name` is for messages.
MeterTables read_meter_tables(std::string_view text, const std::string& name);

// Among those that are driven, or not.
void add_meter(Config& config, MeterConfig meter);

// Somebody may add meters on the page: it is switched on, there is a password or a proxy that checks who it
// is, and a directory that keeps them.
bool may_add_meters(const Config& config);

// The [[meter]] table of a meter, secrets masked.
std::string show_meter(const MeterConfig& meter);
// The whole configuration as TOML, secrets masked.
std::string show_config(const Config& config);
// 12 hex digits that change with the configuration (FNV-1a over show_config).
std::string config_digest(const Config& config);

} // namespace gridbridge
