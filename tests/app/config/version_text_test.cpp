#include "app/config/version_text.hpp"

#include "drivers/meter/driver_table.hpp"

#include <gmock/gmock.h>

#include <array>
#include <initializer_list>
#include <sstream>
#include <string>
#include <variant>

namespace gridbridge {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr std::array<Verb, 2> verbs{{{"run", "", "", nullptr}, {"check-config", "", "", nullptr}}};

std::string answer_to(std::initializer_list<const char*> arguments) {
    const auto parsed = parse_options(static_cast<int>(arguments.size()), arguments.begin(), verbs);
    const auto* const answer = std::get_if<Answer>(&parsed);
    return answer == nullptr ? "" : answer->text;
}

TEST(VersionText, IsOneLine) {
    const std::string text = answer_to({"gridbridge", "--version"});
    EXPECT_THAT(text, ContainsRegex("^gridbridge [0-9]+[.][0-9]+[.][0-9]+ commit [0-9a-z]+ [A-Za-z]+\n$"));
    EXPECT_EQ(text, version_text(false, verbs));
}

TEST(VersionText, VerboseNamesEachLibraryWithItsVersion) {
    std::istringstream text(answer_to({"gridbridge", "--version", "--verbose"}));
    std::string line;
    while (std::getline(text, line) && !line.starts_with("libraries: ")) {
    }
    for (const char* library :
         {"Paho MQTT C", "Paho MQTT C\\+\\+", "openssl", "libmodbus", "sqlite3", "libzstd", "zlib", "pugixml",
          "tomlplusplus", "nlohmann_json", "spdlog", "cxxopts", "http-parser", "asio"}) {
        EXPECT_THAT(line + ",",
                    ContainsRegex("[:,] " + std::string(library) + " [0-9]+[.][0-9.]+[a-z0-9.]*,"));
    }
}

TEST(VersionText, VerboseNamesDriversAndCommands) {
    const std::string text = version_text(true, verbs);
    for (const DriverRow& row : driver_table) {
        EXPECT_THAT(text, ContainsRegex("drivers: .*" + std::string(row.name)));
    }
    for (const Verb& verb : verbs) {
        EXPECT_THAT(text, ContainsRegex("commands: .*" + std::string(verb.name)));
    }
    EXPECT_THAT(version_text(false, verbs), Not(HasSubstr("libraries")));
}

} // namespace
} // namespace gridbridge
