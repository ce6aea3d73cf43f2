#include "app/verbs/init_config.hpp"

#include <string_view>

namespace gridbridge {
namespace {

// Keys stand as comments with their defaults: what is taken out of the comment is a choice of the owner, and
// new defaults of later versions reach everybody else.
constexpr std::string_view head =
    R"(# gridbridge configuration. Check it with: gridbridge check-config --config FILE
# A line that begins with # is a comment; the values in comments are the defaults.

#portal_id = ""                      # default: from the network card, kept in state_dir
#state_dir = "/var/lib/gridbridge"
#exit_after = 0                      # h, 0: never
#stats_interval = 15                 # min between statistics lines in the log, 0: none

[mqtt]
#servers = ["mqtt://127.0.0.1:1883"] # tried in order; mqtts:// for TLS
#username = ""
#password_file = ""                  # a file with the password in its first line
#ca_file = ""
#cert_file = ""
#key_file = ""
#insecure = false                    # true: no check of the broker's certificate
#tls_min = "1.2"                     # oldest TLS version that is spoken, also to a GX
#client_id = ""                      # default: gridbridge-<portal_id>
#version = "3.1.1"                   # or "5"
#keepalive = 30                      # s

[venus]
#publish = "always"                  # or "keepalive": only while a client asks, as a GX does
#standalone = true                   # false beside a real GX on the same broker
#retain = false
#heartbeat = 60                      # s, unchanged values are repeated
#vanish_after = 60                   # s without a good reading until the topics are cleared

[homeassistant]
#enabled = true
#prefix = "homeassistant"
#per_component = false               # true for Home Assistant before 2024.11
#interval = 5                        # s between the numbers of a meter, 0: every reading

# One JSON message per reading with all values of a meter.
[readings]
#enabled = false
#interval = 0                        # s, at most one per meter in this time, the newest; 0: every reading

# Gives one meter to a GX device.
[gx]
#mode = "mqtt-devices"               # or "mqtt-grid", "em24-ethernet"; without a mode: none
#server = "mqtts://venus.local"
#username = ""
#password_file = ""
#ca_file = ""
#insecure = false
#topic = ""
#listen = ""
#meter = ""
#manage_run_without_grid_meter = false

[query]
#listen = ""                         # UDP request/response service, as in 127.0.0.1:8481

[status]
#listen = "127.0.0.1:8480"           # the page, /health, /findings, /metrics; empty: off
#trusted_proxies = []                # addresses or networks that speak for many clients
#hosts = []                          # names the page is reached by, beside addresses and localhost
#password_file = ""                  # a file with the password for changes on the page; "" allows none

# Curves and energy of the page and of gridbridge history.
[history]
#enabled = true
#minute_days = 31                    # power and voltage of each minute are kept
#quarter_days = 400                  # energy of each quarter of an hour
#file = ""                           # default: history.db in state_dir

# What happened on the wires of the meters, for reports (gridbridge incidents, gridbridge bundle).
[recorder]
#enabled = false                     # on disk too
#dir = ""                            # default: recordings in state_dir
#size = "256 MB"                     # of all files there; the oldest go
#messages = false                    # with everything that is published
#memory = "1 MB"                     # the last minute, kept when something goes wrong; 0: not

# What the contract with the grid operator allows.
[limits]
#peak_kw = 0                         # mean of a quarter of an hour; 0: no limit
#interval = 0                        # 15, 30 or 60 min; 0: 15 with peak_kw, else no demand is computed

# A store (InfluxDB, VictoriaMetrics, QuestDB, Telegraf) or a broker elsewhere that gets a point per meter every 10 s.
#[[sink]]
#kind = "influx"                     # or "mqtt", with servers in the place of url
#url = "http://127.0.0.1:8086/write?db=gridbridge"
#token_file = ""                     # a file with the token
#max_size = "64 MB"                  # of its queue in state_dir
)";

constexpr std::string_view meter_head = R"(
# The meters. Take the comment off what fits; `gridbridge scan --toml` finds Modbus meters by itself.
)";

constexpr std::string_view tcp_meter = R"(
# A meter in the network:
#[[meter]]
#uri = "cg+tcp://192.0.2.10"         # sunspec+tcp://host:502, p1+tcp://host:port, sml+tcp://host:port, ...
#name = "Grid"
#role = "grid"                       # grid, pvinverter, genset, acload, evcharger, heatpump
)";

std::string meter_at(const FoundPort& port) {
    std::string text = "\n# " + port.name;
    text += port.path == port.name ? "" : " is now " + port.path;
    text += port.kind.empty() ? "" : " (" + port.kind + ")";
    text += port.holder.empty() ? "\n" : "; in use by " + port.holder + "\n";
    text += "#[[meter]]\n";
    for (const std::string_view driver : {"cg+rtu", "sunspec+rtu", "p1+serial", "sml+serial", "d0+serial"}) {
        text += "#uri = \"" + std::string(driver) + "://" + port.name + "\"\n";
    }
    return text + "#name = \"Grid\"\n#role = \"grid\"\n";
}

} // namespace

std::string commented_config(std::span<const FoundPort> ports) {
    std::string text = std::string(head) + std::string(meter_head);
    if (ports.empty()) {
        text += "# No serial port was found on this machine.\n";
    } else {
        text += "# Keep one of the uri lines of each port: cg and sunspec on RS-485, p1 on the "
                "customer "
                "port,\n# sml or d0 with an optical head.\n";
    }
    for (const FoundPort& port : ports) {
        text += meter_at(port);
    }
    return text + std::string(tcp_meter);
}

} // namespace gridbridge
