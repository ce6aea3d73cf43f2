// Lists that must stand in files of other languages: what people read and what their shell offers.
#include "app/verbs/init_config.hpp"
#include "app/verbs/verb_table.hpp"
#include "drivers/meter/driver_table.hpp"
#include "drivers/meter/role_table.hpp"
#include "drivers/text/choice.hpp"
#include "drivers/waist/log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <set>
#include <sstream>

namespace gridbridge {
namespace {

using testing::HasSubstr;

// Of the repository; man pages lose their marks.
std::string file(const std::string& name) {
    std::ifstream in(std::string(GRIDBRIDGE_SOURCE_DIR) + "/" + name);
    std::ostringstream out;
    out << in.rdbuf();
    std::string text = out.str();
    for (std::size_t at = 0; (at = text.find("\\-", at)) != std::string::npos;) {
        text.erase(at, 1);
    }
    return text;
}

// The words of `<name>="..."`, or of the first list behind `name`.
std::set<std::string> words_in(const std::string& text, const std::string& name) {
    const std::size_t begin = text.find('"', text.find(name)) + 1;
    std::istringstream list(text.substr(begin, text.find('"', begin) - begin));
    std::set<std::string> words;
    for (std::string word; list >> word;) {
        words.insert(word);
    }
    return words;
}

std::string help() {
    const std::array command{"gridbridge", "--help"};
    return std::get<Answer>(parse_options(static_cast<int>(command.size()), command.data(), verb_table)).text;
}

TEST(Lists, CompletionHasEveryVerbAndLogLevelAndNoOther) {
    const std::string completion = file("systemd/gridbridge.bash");
    std::set<std::string> verbs;
    for (const Verb& verb : verb_table) {
        verbs.emplace(verb.name);
    }
    EXPECT_EQ(words_in(completion, "local verbs="), verbs);
    std::set<std::string> levels;
    for (const auto& [name, level] : log_level_names) {
        levels.emplace(name);
    }
    EXPECT_EQ(words_in(completion, "--log-level) options="), levels);
}

TEST(Lists, HelpNamesVerbsExitCodesAndLogLevels) {
    const std::string text = help();
    for (const Verb& verb : verb_table) {
        EXPECT_THAT(text, HasSubstr("\n  gridbridge " + std::string(verb.name) + " "));
    }
    EXPECT_THAT(text, HasSubstr("--log-level LEVEL   trace, debug, info, warn or error\n"));
    EXPECT_THAT(text,
                HasSubstr("\nExit codes: 0 ok, 64 usage, 65 bad input data, 69 meter or broker unavailable, "
                          "74 I/O, 77 permission,\n78 configuration.\n"));
}

TEST(Lists, ManualNamesVerbsExitCodesAndLogLevels) {
    const std::string text = file("systemd/man/gridbridge.8");
    for (const Verb& verb : verb_table) {
        EXPECT_THAT(text, HasSubstr("\n.B " + std::string(verb.name) + "\n"));
    }
    for (const ExitCodeRow& row : exit_code_table) {
        EXPECT_THAT(text, HasSubstr("\n.B " + std::to_string(row.code) + "\n"));
    }
    EXPECT_THAT(text, HasSubstr(choice_of(log_level_names)));
}

TEST(Lists, RolesDriversAndModelsAreTold) {
    const std::string readme = file("drivers/README.md");
    const std::string settings = file("systemd/man/gridbridge.toml.5");
    const std::string config = commented_config({});
    for (const RoleRow& row : role_table) {
        for (const std::string& text : {readme, settings, config}) {
            EXPECT_THAT(text, HasSubstr(std::string(row.name)));
        }
    }
    for (const DriverRow& row : driver_table) {
        EXPECT_THAT(readme, HasSubstr(std::string(row.name) + "+"));
        EXPECT_THAT(settings, HasSubstr(std::string(row.name)));
    }
    for (const std::string_view model : model_names) {
        EXPECT_THAT(readme, HasSubstr(std::string(model)));
    }
}

} // namespace
} // namespace gridbridge
