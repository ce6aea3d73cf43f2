#include "app/config/options.hpp"

#include "app/config/version_text.hpp"
#include "drivers/text/text.hpp"
#include "drivers/waist/log.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#define CXXOPTS_VECTOR_DELIMITER '\0' // a URI may contain commas
#include <cxxopts.hpp>

namespace gridbridge {
namespace {

cxxopts::Options make_parser() {
    cxxopts::Options parser("gridbridge", "Smart meters to MQTT, as a Victron GX device does it");
    auto add = parser.add_options();
    add("verb", "", cxxopts::value<std::string>()->default_value("run"));
    add("arguments", "", cxxopts::value<std::vector<std::string>>());
    add("config", "", cxxopts::value<std::string>());
    add("meter", "", cxxopts::value<std::vector<std::string>>());
    add("mqtt", "", cxxopts::value<std::string>());
    add("portal-id", "", cxxopts::value<std::string>());
    add("state-dir", "", cxxopts::value<std::string>());
    add("timeout", "", cxxopts::value<int>());
    add("log-level", "", cxxopts::value<std::string>()->default_value("info"));
    add("log-format", "", cxxopts::value<std::string>()->default_value("text"));
    add("json", "");
    add("strict", "");
    add("key", "", cxxopts::value<std::string>()->default_value(""));
    add("auth-key", "", cxxopts::value<std::string>()->default_value(""));
    add("listen", "", cxxopts::value<std::string>()->default_value(""));
    add("image", "", cxxopts::value<std::string>()->default_value(""));
    add("telegram", "", cxxopts::value<std::string>()->default_value(""));
    add("fault", "", cxxopts::value<std::vector<std::string>>());
    add("unit", "", cxxopts::value<int>()->default_value("1"));
    add("pace", "", cxxopts::value<int>());
    add("turnaround", "", cxxopts::value<int>()->default_value("0"));
    add("period", "", cxxopts::value<double>()->default_value("1"));
    add("mode", "", cxxopts::value<std::string>()->default_value("push"));
    add("addresses", "", cxxopts::value<std::string>()->default_value(""));
    add("memory", "", cxxopts::value<std::string>()->default_value(""));
    add("signature", "", cxxopts::value<std::string>()->default_value("384"));
    add("units", "", cxxopts::value<std::string>());
    add("bauds", "", cxxopts::value<std::string>());
    add("parities", "", cxxopts::value<std::string>());
    add("toml", "");
    add("o,output", "", cxxopts::value<std::string>()->default_value(""));
    add("import", "", cxxopts::value<std::string>()->default_value(""));
    add("force", "");
    add("explain", "");
    add("export", "", cxxopts::value<std::string>()->default_value(""));
    add("from", "", cxxopts::value<std::string>()->default_value(""));
    add("to", "", cxxopts::value<std::string>()->default_value(""));
    add("resolution", "", cxxopts::value<std::string>()->default_value("minute"));
    add("file", "", cxxopts::value<std::string>()->default_value(""));
    add("csv", "");
    add("minutes", "", cxxopts::value<int>()->default_value("10"));
    add("seconds", "", cxxopts::value<int>()->default_value("60"));
    add("speed", "", cxxopts::value<std::string>()->default_value("max"));
    add("compare", "");
    add("load", "", cxxopts::value<int>());
    add("h,help", "");
    add("version", "");
    add("verbose", "");
    parser.parse_positional({"verb", "arguments"});
    return parser;
}

constexpr std::string_view option_help = R"(
Service, read and monitor:
  --config FILE       configuration, default /etc/gridbridge/gridbridge.toml unless --meter is given
  --meter URI         <driver>+<transport>://<where>?<key>=<value>, repeatable; replaces the file's meters
                        cg+rtu:///dev/serial/by-id/...  cg+tcp://host[:502]  cg+rtutcp://host:port
                        sunspec+tcp://host[:502]  sunspec+rtu:///dev/...  sunspec+rtutcp://host:port
                        p1+serial:///dev/...  p1+tcp://host:port  sml+serial:///dev/...  sml+file:///path
                        d0+serial:///dev/...  d0+tcp://host:port
                        combine+sum://Name?of=A,B  standby+auto://Name?of=A,B
  --mqtt URL          broker: host, host:port, [mqtt|mqtts]://[user:password@]host[:port]
  --portal-id ID      first level of the topics
  --state-dir DIR     where settings are kept, default /var/lib/gridbridge
  --timeout MS        response timeout of Modbus meters, 150..10000
  --log-level LEVEL   {log levels}
  --log-format FORM   text or json
  --json              read: one JSON object per meter and line; monitor: per reading
check-config:
  --strict            warnings are errors too
scan (without arguments: the serial ports in /dev/serial/by-id; NETWORK is 192.0.2.0/24, at most a /22):
  --units LIST        unit ids, default 1-10; 1,3,7-9 is a list too
  --bauds LIST        default 9600,19200,115200,38400,57600,4800
  --parities LIST     none, even, odd; default none,even
  --timeout MS        default 500 on serial lines, 1000 on TCP
  --toml              the configuration to paste instead of a table
init:
  --output FILE       where to write instead of standard output
  --import FILE       settings.xml of a GX: takes role, instance, name and export estimates of its meters into
                      --state-dir instead of writing a configuration
  --force             replace a file, or a meter, that is there
decode:
  --key HEX, --auth-key HEX   for encrypted telegrams
  --strict            exit code 65 when nothing was decoded
doctor:
  --json              the findings as a JSON list; what is well goes to standard error
  --load WATTS        a test of the running service: asks for a load of about so many W on one phase after the other
                      and tells where it was seen; --meter SERIAL, default the grid meter
verify:
  --key HEX           public key of the meter, instead of the one in the file
  --explain           names each field that is not as OCMF asks for it, with the rule
  --export FILE|-     writes the record as XML for the transparency software; --force replaces a file
history:
  --meter SERIAL      which meter; may be left out when there is only one
  --from TIME         2026-11-30, 2026-11-30T14:05 (local time), -24h (default) or -7d; --to TIME, default now
  --resolution R      minute (default), quarter, hour or day
  --csv, --json       form of the answer, default CSV
  --file FILE         the history itself, instead of the one of the configuration
record (the meters are read as by monitor; not while the service has the port):
  --seconds N         for how long, default 60
  -o, --output FILE   a pcapng file: Wireshark opens it
replay (several files that follow each other, or their folder, are one recording):
  --speed N|max       of the recorded time, default max
  --portal-id ID      first level of the topics, default that of the recording; with --mqtt replay
  --mqtt URL          publishes there instead of printing
  --compare           prints only what differs from what was published, as meter, path, was, is; then exit code 65
incidents (asks the running service; without ID a list):
  --output FILE       the recording of one, a pcapng file packed by zstd
  --json              the list as JSON
bundle (of the running service; without one, of what it has left on the disk):
  --output FILE       a .tar.zst
  --minutes N         recordings of the last N minutes, default 10, and all incidents
simulate:
  --listen URI        rtu:///path (a pty linked there), tcp://host:port, rtutcp://host:port;
                      p1, sml, d0: serial:///path (a pty), tcp://host:port, file:///path
  --image FILE        register image (JSON) instead of the built-in meter
  --telegram FILE     recorded bytes instead of the built-in meter
  --fault SPEC        repeatable: drop=N, crc=N, late=MS, exception=CODE:N, garbage=N,
                        silence=S@START, hangup=S, corrupt=N (records of an em580)
  --unit N            unit id, default 1
  --pace BAUD         answer as slowly as a serial line, --turnaround MS before each answer
  --period S          seconds between telegrams, default 1
  --memory FILE       em580: keeps its key and its transaction over a power failure
  --signature KIND    em580: 384 (default) or 256 bits, or none
  --mode MODE         d0: push (default) or request: mode C, on a pty or TCP
  --addresses LIST    d0 with --mode request: a meter for each address, as in 1,2

  --help, --version; with --verbose also libraries, drivers and commands

{exit codes}
)";

std::string exit_codes() {
    constexpr std::size_t width = 105;
    std::string line = "Exit codes:";
    std::string text;
    for (const ExitCodeRow& row : exit_code_table) {
        const std::string code = std::to_string(row.code) + " " + std::string(row.meaning);
        if (line.size() + code.size() > width) {
            text += line + "\n";
            line.clear();
        }
        line += (line.empty() ? "" : " ") + code + (row.code == exit_code_table.back().code ? "." : ",");
    }
    return text + line;
}

void fill_in(std::string& text, std::string_view mark, const std::string& content) {
    text.replace(text.find(mark), mark.size(), content);
}

std::string help_text(std::span<const Verb> verbs) {
    std::string text = "gridbridge: smart meters to MQTT, as a Victron GX device does it\n\n";
    for (const Verb& verb : verbs) {
        text += "  gridbridge " + std::string(verb.name) + " " + std::string(verb.use) + "\n      " +
                std::string(verb.help) + "\n";
    }
    text += option_help;
    fill_in(text, "{log levels}", choice_of(log_level_names));
    fill_in(text, "{exit codes}", exit_codes());
    return text;
}

Options options_from(const cxxopts::ParseResult& parsed) {
    Options options;
    const auto optional_text = [&](const std::string& name) {
        return parsed.count(name) != 0 ? std::optional(parsed[name].as<std::string>()) : std::nullopt;
    };
    const auto list = [&](const std::string& name) {
        return parsed.count(name) != 0 ? parsed[name].as<std::vector<std::string>>()
                                       : std::vector<std::string>();
    };
    const auto optional_number = [&](const std::string& name) {
        return parsed.count(name) != 0 ? std::optional(parsed[name].as<int>()) : std::nullopt;
    };
    options.verb = parsed["verb"].as<std::string>();
    options.arguments = list("arguments");
    options.config_file = optional_text("config");
    options.meters = list("meter");
    options.mqtt = optional_text("mqtt");
    options.portal_id = optional_text("portal-id");
    options.state_dir = optional_text("state-dir");
    options.timeout = optional_number("timeout");
    options.log_level = parsed["log-level"].as<std::string>();
    options.log_format = parsed["log-format"].as<std::string>();
    options.json = parsed.count("json") != 0;
    options.strict = parsed.count("strict") != 0;
    options.key = parsed["key"].as<std::string>();
    options.auth_key = parsed["auth-key"].as<std::string>();
    options.listen = parsed["listen"].as<std::string>();
    options.image = parsed["image"].as<std::string>();
    options.telegram = parsed["telegram"].as<std::string>();
    options.faults = list("fault");
    options.unit = parsed["unit"].as<int>();
    options.pace = optional_number("pace");
    options.turnaround = parsed["turnaround"].as<int>();
    options.units = optional_text("units");
    options.bauds = optional_text("bauds");
    options.parities = optional_text("parities");
    options.toml = parsed.count("toml") != 0;
    options.output = parsed["output"].as<std::string>();
    options.import_file = parsed["import"].as<std::string>();
    options.force = parsed.count("force") != 0;
    options.from = parsed["from"].as<std::string>();
    options.to = parsed["to"].as<std::string>();
    options.resolution = parsed["resolution"].as<std::string>();
    options.file = parsed["file"].as<std::string>();
    options.csv = parsed.count("csv") != 0;
    options.minutes = parsed["minutes"].as<int>();
    options.seconds = parsed["seconds"].as<int>();
    options.speed = parsed["speed"].as<std::string>();
    options.compare = parsed.count("compare") != 0;
    options.load = optional_number("load");
    options.explain = parsed.count("explain") != 0;
    options.export_file = parsed["export"].as<std::string>();
    options.mode = parsed["mode"].as<std::string>();
    options.addresses = parsed["addresses"].as<std::string>();
    options.memory = parsed["memory"].as<std::string>();
    options.signature = parsed["signature"].as<std::string>();
    options.period = parsed["period"].as<double>();
    return options;
}

std::string problem_with(const Options& options, std::span<const Verb> verbs) {
    std::vector<std::string_view> names(verbs.size());
    std::transform(verbs.begin(), verbs.end(), names.begin(), [](const Verb& verb) { return verb.name; });
    if (std::find(names.begin(), names.end(), options.verb) == names.end()) {
        return "unknown verb " + in_quotes(options.verb) + did_you_mean(options.verb, names);
    }
    LogLevel level = LogLevel::Info;
    if (std::string problem = take_name(log_level_names, options.log_level, level); !problem.empty()) {
        return "--log-level " + problem;
    }
    if (options.log_format != "text" && options.log_format != "json") {
        return "--log-format must be text or json";
    }
    constexpr int least_load = 100;
    constexpr int most_load = 100000;
    if (options.load && (*options.load < least_load || *options.load > most_load)) {
        return "--load must be from 100 to 100000 W";
    }
    if (options.timeout && (*options.timeout < 150 || *options.timeout > 10000)) {
        return "--timeout must be from 150 to 10000 ms";
    }
    return {};
}

} // namespace

std::variant<Options, Answer> parse_options(int argc, const char* const* argv, std::span<const Verb> verbs) {
    cxxopts::Options parser = make_parser();
    try {
        const auto parsed = parser.parse(argc, argv);
        if (parsed.count("help") != 0) {
            return Answer{exit_code::ok, help_text(verbs)};
        }
        if (parsed.count("version") != 0) {
            return Answer{exit_code::ok, version_text(parsed.count("verbose") != 0, verbs)};
        }
        Options options = options_from(parsed);
        const std::string problem = problem_with(options, verbs);
        if (!problem.empty()) {
            return Answer{exit_code::usage, "gridbridge: " + problem + "; see gridbridge --help\n"};
        }
        return options;
    } catch (const cxxopts::exceptions::exception& error) {
        return Answer{exit_code::usage,
                      "gridbridge: " + std::string(error.what()) + "; see gridbridge --help\n"};
    }
}

} // namespace gridbridge
