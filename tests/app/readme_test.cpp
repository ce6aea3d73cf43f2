// README.md says what the code does: meters, keys, verbs and exit codes are compared with their tables.
#include "app/config.hpp"
#include "app/options.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"
#include "drivers/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

namespace gridbridge {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

std::string readme() {
    std::ifstream file(GRIDBRIDGE_README);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// Cells of the rows of the table below a header line.
std::vector<std::vector<std::string>> table(const std::string& header) {
    std::istringstream text(readme());
    std::string line;
    while (std::getline(text, line) && line != header) {
    }
    std::getline(text, line); // |---|
    std::vector<std::vector<std::string>> rows;
    while (std::getline(text, line) && line.starts_with('|')) {
        std::vector<std::string> cells;
        for (const std::string_view cell : split(std::string_view(line).substr(1), '|')) {
            cells.emplace_back(trim(cell));
        }
        rows.push_back(std::move(cells));
    }
    return rows;
}

std::vector<std::string> quoted_names(const std::string& cell) {
    static const std::regex name("`([a-z_]+)`");
    std::vector<std::string> names;
    for (std::sregex_iterator found(cell.begin(), cell.end(), name), end; found != end; ++found) {
        names.push_back((*found)[1]);
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

TEST(Readme, NamesEveryIdentificationCodeThatIsServed) {
    std::set<int> told;
    for (const auto& row : table("| Meter | Identification codes | Meter URI |")) {
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
    std::set<std::string> told;
    for (const auto& row : table("| Key | Default | Meaning |")) {
        for (const std::string& name : quoted_names(row.at(0))) {
            EXPECT_TRUE(told.insert(name).second) << name << " twice";
        }
    }
    std::set<std::string> known;
    for (const MeterKey& key : meter_keys()) {
        known.emplace(key.name);
    }
    EXPECT_EQ(told, known);
}

// The example below "Configuration file": every section and key is known, and every default is the real one.
TEST(Readme, ItsConfigurationIsTakenAndHasTheDefaults) {
    const std::string text = readme();
    const std::size_t begin = text.find("    portal_id = ");
    const std::size_t end = text.find("\n\n", text.find("[[meter]]", begin));
    ASSERT_NE(begin, std::string::npos);
    std::string example;
    for (const std::string_view line : split(std::string_view(text).substr(begin, end - begin), '\n')) {
        example += std::string(line.substr(std::min<std::size_t>(4, line.size()))) + "\n";
    }
    Config config;
    Findings findings;
    apply_file(config, example, "README.md", findings);
    for (const Problem& problem : findings.errors) {
        ADD_FAILURE() << problem.where << ": " << problem.text << "\n" << example;
    }
    const Config defaults;
    for (const ConfigKey& key : config_keys()) {
        const std::string name(key.name);
        const bool is_told =
            std::regex_search(text, std::regex("(^|[^a-z_])" + name + "([^a-z_]|$)",
                                               std::regex::ECMAScript | std::regex::multiline));
        EXPECT_TRUE(is_told) << "[" << key.section << "] " << name << " is not in README.md";
        const bool has_example_value = name == "portal_id" || name == "servers";
        if (!has_example_value && key.section != "gx") {
            EXPECT_EQ(key.show(config), key.show(defaults)) << "[" << key.section << "] " << name;
        }
    }
}

TEST(Readme, NamesEveryVerbAndExitCode) {
    const std::array command{"gridbridge", "--help"};
    const auto parsed = parse_options(static_cast<int>(command.size()), command.data());
    const std::string help = std::get<Answer>(parsed).text;
    const std::string text = readme();
    static const std::regex verb("\n  gridbridge ([a-z-]+)");
    int verbs = 0;
    for (std::sregex_iterator found(help.begin(), help.end(), verb), end; found != end; ++found, ++verbs) {
        EXPECT_THAT(text, HasSubstr("gridbridge " + (*found)[1].str())) << "verb";
    }
    EXPECT_GE(verbs, 7);
}

// Paths of the repository that README.md names exist.
TEST(Readme, NamesOnlyFilesThatExist) {
    const std::string text = readme();
    static const std::regex path(
        "`((?:docker|systemd|app|tests)/[A-Za-z0-9_./-]+)`|\\]\\(([A-Za-z0-9_./-]+)\\)");
    int paths = 0;
    for (std::sregex_iterator found(text.begin(), text.end(), path), end; found != end; ++found, ++paths) {
        const std::string name = (*found)[1].matched ? (*found)[1].str() : (*found)[2].str();
        EXPECT_TRUE(std::ifstream(std::string(GRIDBRIDGE_SOURCE_DIR) + "/" + name).good()) << name;
    }
    EXPECT_GE(paths, 3);
}

} // namespace
} // namespace gridbridge
