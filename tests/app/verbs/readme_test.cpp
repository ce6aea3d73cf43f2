// The documents say what the code does: meters, keys, commands, exit codes, queries and topics are compared
// with their tables.
#include "app/config/config.hpp"
#include "app/config/options.hpp"
#include "app/verbs/verb_table.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"
#include "mqtt/outlet/finding.hpp"
#include "mqtt/outlet/setting_catalogue.hpp"
#include "mqtt/status/metrics.hpp"
#include "mqtt/status/query.hpp"
#include "tests/app/verbs/documents.hpp"
#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <regex>
#include <set>

namespace gridbridge {
namespace {

using testing::HasSubstr;
using Names = std::set<std::string>;

const std::string drivers_document = "drivers/README.md";
const std::string mqtt_document = "mqtt/README.md";
const std::string app_document = "app/README.md";

std::vector<std::string> all_matches(const std::string& text, const std::string& pattern) {
    const std::regex expression(pattern);
    std::vector<std::string> matches;
    for (std::sregex_iterator found(text.begin(), text.end(), expression), end; found != end; ++found) {
        matches.push_back((*found)[1]);
    }
    return matches;
}

// Names in the first column, each once.
Names first_names(const std::vector<TableRow>& rows, const std::string& pattern) {
    Names names;
    for (const TableRow& row : rows) {
        for (const std::string& name : all_matches(row.at(0), pattern)) {
            EXPECT_TRUE(names.insert(name).second) << name << " twice";
        }
    }
    return names;
}

std::set<int> numbers_in(const std::string& cell) {
    std::set<int> numbers;
    for (const std::string_view part : split(cell, ',')) {
        const auto ends = split(trim(part), '-');
        const auto first = parse_integer(ends.front());
        const auto last = parse_integer(ends.back());
        for (long long code = first.value_or(1); first && last && code <= *last; ++code) {
            numbers.insert(static_cast<int>(code));
        }
    }
    return numbers;
}

std::string help() {
    const std::array command{"gridbridge", "--help"};
    const auto parsed = parse_options(static_cast<int>(command.size()), command.data(), verb_table);
    return std::get<Answer>(parsed).text;
}

// The code block of the document that begins with the line, without its indentation.
std::string code_block(const std::string& name, const std::string& first_line) {
    const std::string text = document(name);
    std::string block;
    for (const std::string_view line : split(text, '\n')) {
        if (block.empty() ? line.starts_with("    " + first_line)
                          : line.starts_with("    ") || line.empty()) {
            block.append(line.substr(std::min<std::size_t>(4, line.size()))).append("\n");
        } else if (!block.empty()) {
            break;
        }
    }
    return block;
}

bool names_key(const std::string& text, const std::string& key) {
    return std::regex_search(text, std::regex("(^|[^a-z_])" + key + "([^a-z_]|$)",
                                              std::regex::ECMAScript | std::regex::multiline));
}

// Of the example; the lines before the first section for an empty name.
std::string section_of(const std::string& example, std::string_view name) {
    std::string text;
    std::string section;
    for (const std::string_view line : split(example, '\n')) {
        if (line.starts_with('[')) {
            section = line.substr(1, line.find(']') - 1);
        } else if (section == name) {
            text.append(line).append("\n");
        }
    }
    return text;
}

Config config_of(const std::string& example, const std::string& name) {
    Config config;
    Findings findings;
    apply_file(config, example, name, findings);
    for (const Problem& problem : findings.errors) {
        ADD_FAILURE() << problem.where << ": " << problem.text << "\n" << example;
    }
    return config;
}

TEST(Readme, NamesEveryIdentificationCodeThatIsServed) {
    std::set<int> told;
    for (const TableRow& row : table(drivers_document, "| Meter | Identification codes | Meter URI |")) {
        for (const int code : numbers_in(row.at(1))) {
            EXPECT_TRUE(told.insert(code).second) << code << " twice";
        }
    }
    std::set<int> served;
    for (const IdentificationRow& row : carlo_gavazzi_codes()) {
        for (int code = row.first; row.model != nullptr && code <= row.last; ++code) {
            served.insert(code);
        }
    }
    EXPECT_EQ(told, served);
}

TEST(Readme, NamesEveryKeyOfAMeterAndNoOther) {
    Names known;
    for (const MeterKey& key : meter_keys()) {
        known.emplace(key.name);
    }
    EXPECT_EQ(first_names(table(drivers_document, "| Key | Default | Meaning |"), "`([a-z_]+)`"), known);
}

TEST(Readme, NamesEveryKeyOfASinkAndNoOther) {
    Names known;
    for (const SinkKey& key : sink_keys()) {
        known.emplace(key.name);
    }
    EXPECT_EQ(first_names(table(app_document, "| Key of a sink | Default | Meaning |"), "`([a-z_]+)`"),
              known);
}

TEST(Readme, ItsSinksAreTaken) {
    const Config config = config_of(code_block(app_document, "[[sink]]"), app_document);
    EXPECT_EQ(config.sinks.size(), 2U);
    for (const TableRow& row : table(app_document, "| Store | `url` |")) {
        const std::string url = row.at(1).substr(1, row.at(1).find('`', 1) - 1);
        SinkConfig sink;
        const auto key = std::find_if(sink_keys().begin(), sink_keys().end(),
                                      [](const SinkKey& known) { return known.name == "url"; });
        EXPECT_EQ(key->apply(sink, url), "") << url;
    }
}

// Both examples together: every section and key is known and told, and every default is the real one.
TEST(Readme, ItsConfigurationIsTakenAndHasTheDefaults) {
    const std::string example = code_block(app_document, "portal_id = ");
    const std::string gx_example = code_block(mqtt_document, "[gx]");
    const Config config = config_of(example, app_document);
    const Config gx_config = config_of(gx_example, mqtt_document);
    const Config defaults;
    for (const ConfigKey& key : config_keys()) {
        const std::string name(key.name);
        const bool is_of_gx = key.section == "gx";
        EXPECT_TRUE(names_key(section_of(is_of_gx ? gx_example : example, key.section), name))
            << "[" << key.section << "] " << name << " is in no document";
        const bool has_example_value =
            name == "portal_id" || name == "servers" || name == "server" || name == "mode";
        if (!has_example_value) {
            EXPECT_EQ(key.show(is_of_gx ? gx_config : config), key.show(defaults))
                << "[" << key.section << "] " << name;
        }
    }
}

TEST(Readme, ItsFirstConfigurationIsTaken) {
    std::string example;
    const std::string text = document("README.md");
    const std::size_t begin = text.find("       [mqtt]");
    ASSERT_NE(begin, std::string::npos);
    for (const std::string_view line : split(std::string_view(text).substr(begin), '\n')) {
        if (!line.empty() && !line.starts_with("       ")) {
            break;
        }
        example.append(trim(line)).append("\n");
    }
    EXPECT_EQ(config_of(example, "README.md").meters.size(), 1U);
}

TEST(Readme, NamesEveryCommandAndNoOther) {
    const auto verbs = all_matches(help(), "\n  gridbridge ([a-z-]+)");
    Names told;
    for (const TableRow& row : table(app_document, "| Command | What it does |")) {
        for (const std::string& name : all_matches(row.at(0), "`gridbridge ([a-z-]+)")) {
            told.insert(name); // init has two lines
        }
    }
    EXPECT_EQ(told, Names(verbs.begin(), verbs.end()));
    EXPECT_GE(told.size(), 7U);
}

TEST(Readme, NamesEverySimulatedMeter) {
    const auto list = all_matches(help(), "a meter to play with: ([a-z0-9_, ]+)");
    ASSERT_EQ(list.size(), 1U);
    const std::string text = document(app_document);
    for (const std::string_view meter : split(list.front(), ',')) {
        EXPECT_TRUE(std::regex_search(text, std::regex("\\b" + std::string(trim(meter)) + "\\b"))) << meter;
    }
}

// Options behind `gridbridge` in any document.
TEST(Readme, NamesOnlyOptionsThatExist) {
    const std::string known = help();
    int options = 0;
    for (const std::string& name : document_names()) {
        for (const std::string& use : all_matches(document(name), "gridbridge ([a-z][a-z-]* [^`\n]*)")) {
            for (const std::string& option : all_matches(use, " \\[?(--[a-z-]+)")) {
                ++options;
                EXPECT_TRUE(std::regex_search(known, std::regex(option + "([^a-z-]|$)")))
                    << name << " names " << option << ", which --help does not";
            }
        }
    }
    EXPECT_GE(options, 15);
}

TEST(Readme, ListsTheFindingsAsTheCodeHasThem) {
    std::vector<TableRow> known;
    for (const FindingRow& row : finding_table) {
        known.push_back({"`" + std::string(row.name) + "`", std::string(severity_name(row.severity)),
                         std::string(row.title), std::string(row.action), ""});
    }
    EXPECT_EQ(table(app_document, "| Code | Severity | Meaning | What to do |"), known);
}

TEST(Readme, NamesEveryExitCodeAndNoOther) {
    const std::string text = help();
    const auto listed = all_matches(text.substr(text.find("Exit codes:")), "([0-9]+) [a-zA-Z]");
    EXPECT_EQ(first_names(table(app_document, "| Code | Meaning |"), "^([0-9]+)$"),
              Names(listed.begin(), listed.end()));
    for (const int code : {exit_code::ok, exit_code::usage, exit_code::bad_data, exit_code::unavailable,
                           exit_code::io, exit_code::permission, exit_code::configuration}) {
        EXPECT_THAT(listed, testing::Contains(std::to_string(code)));
    }
}

TEST(Readme, NamesEveryQueryAndNoOther) {
    Names known;
    const std::string list = answer("help", {}, {});
    for (const std::string_view line : split(list, '\n')) {
        const std::string_view name = line.substr(0, line.find(' '));
        if (!name.empty() && !name.starts_with('[')) { // the last line explains [meter]
            known.emplace(name);
        }
    }
    EXPECT_EQ(first_names(table(app_document, "| Query | Answer |"), "`([a-z]+)"), known);
}

TEST(Readme, NamesEverySettingAndNoOther) {
    Names known;
    for (const DeviceSetting& setting : device_settings) {
        known.emplace(setting.name);
    }
    EXPECT_EQ(first_names(table(mqtt_document, "| Setting | Value |"), "`([A-Za-z0-9]+)`"), known);
}

TEST(Readme, NamesOnlyMetricsThatExist) {
    const Clock::time_point now{std::chrono::hours(1)};
    Meter meter = live_grid_meter(now);
    meter.publish_latencies.add(std::chrono::milliseconds(1));
    meter.counters.round_trips.add(std::chrono::milliseconds(1));
    Snapshot view{"1", "c", now, {}, {meter}};
    view.sinks = {{"influx", "influx"}};
    view.findings = {make_finding(FindingCode::MeterLost, "A", "No answer", "")};
    const std::string metrics = metrics_text(&view, now);
    const auto told = all_matches(document(app_document), "`(gridbridge_[a-z_]+)`");
    EXPECT_GE(told.size(), 3U);
    for (const std::string& name : told) {
        EXPECT_THAT(metrics, HasSubstr(name));
    }
}

// All literals of the program, one behind the other; those that the compiler joins are one.
std::string literals_of_the_program() {
    namespace fs = std::filesystem;
    std::string text;
    for (const char* const folder : {"app", "drivers", "mqtt"}) {
        for (const auto& entry : fs::recursive_directory_iterator(fs::path(GRIDBRIDGE_SOURCE_DIR) / folder)) {
            if (entry.path().extension() == ".cpp" || entry.path().extension() == ".hpp") {
                text += document(entry.path().lexically_relative(GRIDBRIDGE_SOURCE_DIR).string());
            }
        }
    }
    return std::regex_replace(text, std::regex("\"\\s+\""), "");
}

// A message up to its first number or address is a literal of the program.
TEST(Readme, ExplainsMessagesThatThereAre) {
    const std::string literals = literals_of_the_program();
    int messages = 0;
    for (const TableRow& row : table(app_document, "| Message | What to do |")) {
        for (const std::string& message : all_matches(row.at(0), "`([^`]+)`")) {
            ++messages;
            EXPECT_THAT(literals,
                        HasSubstr(std::regex_replace(message, std::regex("(mqtt://|[0-9]).*$"), "")));
        }
    }
    EXPECT_GE(messages, 9);
}

} // namespace
} // namespace gridbridge
