// The command line as a plain struct.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gridbridge {

// sysexits(3): others build on these numbers.
namespace exit_code {
inline constexpr int ok = 0;
inline constexpr int usage = 64;
inline constexpr int bad_data = 65;
inline constexpr int unavailable = 69;
inline constexpr int io = 74;
inline constexpr int permission = 77;
inline constexpr int configuration = 78;
} // namespace exit_code

struct ExitCodeRow {
    int code;
    std::string_view meaning;
};
inline constexpr std::array<ExitCodeRow, 7> exit_code_table{
    {{exit_code::ok, "ok"},
     {exit_code::usage, "usage"},
     {exit_code::bad_data, "bad input data"},
     {exit_code::unavailable, "meter or broker unavailable"},
     {exit_code::io, "I/O"},
     {exit_code::permission, "permission"},
     {exit_code::configuration, "configuration"}}};

struct Options {
    std::string verb = "run";
    std::vector<std::string> arguments; // behind the verb
    std::optional<std::string> config_file;
    std::vector<std::string> meters; // URIs
    std::optional<std::string> mqtt;
    std::optional<std::string> portal_id;
    std::optional<std::string> state_dir;
    std::optional<int> timeout; // ms
    std::string log_level = "info";
    std::string log_format = "text";
    bool json = false;
    bool strict = false;       // check-config: warnings are errors; decode: so is nothing decoded
    std::string key, auth_key; // hex, decode
    // simulate
    std::string listen;
    std::string image;
    std::string telegram;
    std::vector<std::string> faults;
    int unit = 1;
    std::optional<int> pace;   // bit/s
    int turnaround = 0;        // ms
    double period = 1.0;       // s between telegrams
    std::string mode = "push"; // d0: push or request
    std::string addresses;     // d0, as written
    std::string memory;        // em580: file
    std::string signature = "384";
    // scan, as written
    std::optional<std::string> units;
    std::optional<std::string> bauds;
    std::optional<std::string> parities;
    bool toml = false;
    // init
    std::string output; // empty: standard output
    std::string import_file;
    bool force = false; // verify: of the export too
    // history; `meters` has a serial number
    std::string from, to; // as written; empty: not given
    std::string resolution = "minute";
    std::string file;
    bool csv = false;
    int minutes = 10;
    int seconds = 60;          // record
    std::string speed = "max"; // replay, as written
    bool compare = false;      // replay
    std::optional<int> load;   // doctor: W; `meters` has a serial number then
    // verify
    bool explain = false;
    std::string export_file; // empty: none; "-": standard output
};

// A finished answer instead of options: --help, --version, or a usage error.
struct Answer {
    int exit_code = 0;
    std::string text;
};

struct Verb {
    std::string_view name;
    std::string_view use;               // its arguments, for --help
    std::string_view help;              // one line
    int (*run)(const Options& options); // returns an exit code
};

// The verb of the options is one of `verbs`.
std::variant<Options, Answer> parse_options(int argc, const char* const* argv, std::span<const Verb> verbs);

} // namespace gridbridge
