// What the page asks for, as a file of a meter: the same keys and checks as the configuration, and no others.
#include "app/page/added_meter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>

namespace gridbridge {
namespace {

using nlohmann::json;
using testing::HasSubstr;

AddedMeter made(const json& body) {
    auto result = added_meter(body.dump());
    const auto* const reason = std::get_if<std::string>(&result);
    EXPECT_EQ(reason, nullptr) << (reason == nullptr ? "" : *reason);
    return reason == nullptr ? std::get<AddedMeter>(result) : AddedMeter{};
}

std::string refused(const std::string& body) {
    const auto result = added_meter(body);
    const auto* const reason = std::get_if<std::string>(&result);
    EXPECT_NE(reason, nullptr) << body;
    return reason == nullptr ? std::string() : *reason;
}

TEST(AddedMeter, IsOneTableWithWhatIsSet) {
    const AddedMeter meter = made({{"uri", "cg+tcp://192.168.1.7?unit=3"},
                                   {"name", "Roof"},
                                   {"invert", {"L1", "L2"}},
                                   {"enabled", false},
                                   {"role", nullptr},
                                   {"fuse", 35},
                                   {"ct_ratio", "200/5"},
                                   {"phases", ""}});
    EXPECT_EQ(
        meter.toml,
        "# Written by the page of gridbridge: Set up.\n[[meter]]\nuri = \"cg+tcp://192.168.1.7\"\n"
        "ct_ratio = \"200/5\"\nenabled = false\nfuse = 35\ninvert = \"L1,L2\"\nname = \"Roof\"\nunit = 3\n");
    EXPECT_FALSE(meter.meter.enabled);
    EXPECT_EQ(meter.meter.ct_ratio, 40);
}

TEST(AddedMeter, TheFileIsOfThePlaceAndOfNothingElse) {
    const std::string file = made({{"uri", "cg+tcp://h"}}).file;
    EXPECT_TRUE(is_added_file(file)) << file;
    EXPECT_EQ(made({{"uri", "cg+tcp://H.:502"}, {"unit", 1}, {"name", "x"}, {"enabled", false}}).file, file);
    EXPECT_NE(made({{"uri", "cg+tcp://h"}, {"unit", 2}}).file, file);
    EXPECT_NE(made({{"uri", "cg+tcp://h:503"}}).file, file);
    EXPECT_NE(made({{"uri", "sunspec+tcp://h"}}).file,
              made({{"uri", "sunspec+tcp://h"}, {"role", "grid"}}).file);
}

TEST(AddedMeter, NoKeyOutsideTheListIsTaken) {
    for (const MeterKey& key : meter_keys()) {
        const bool is_listed = std::find(added_keys.begin(), added_keys.end(), key.name) != added_keys.end();
        if (!is_listed) {
            const std::string name(key.name);
            EXPECT_THAT(refused(json{{"uri", "p1+tcp://h:1"}, {name, "1"}}.dump()),
                        HasSubstr("cannot be set here"));
            EXPECT_THAT(refused(json{{"uri", "p1+tcp://h:1?" + name + "=1"}}.dump()),
                        HasSubstr("cannot be set here"));
        }
    }
    for (const char* const key :
         {"key", "key_file", "auth_key", "auth_key_file", "share", "on_lost", "raw"}) {
        EXPECT_EQ(std::find(added_keys.begin(), added_keys.end(), key), added_keys.end()) << key;
    }
    EXPECT_THAT(refused(R"({"uri":"cg+tcp://h","mqtt":{"servers":"x"}})"),
                HasSubstr("\"mqtt\" cannot be set here"));
    EXPECT_THAT(refused(R"({"uri":"p1+tcp://h:1?key%5Ffile=/etc/shadow"})"),
                HasSubstr("\"key_file\" cannot be set"));
}

TEST(AddedMeter, EveryKeyOfTheListIsOneOfTheCatalogue) {
    for (const std::string_view key : added_keys) {
        EXPECT_NE(find_meter_key(key), nullptr) << key;
    }
}

struct Refusal {
    std::string body, part;
};
class AddedRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(AddedRefusal, SaysWhy) {
    EXPECT_THAT(refused(GetParam().body), HasSubstr(GetParam().part));
}

INSTANTIATE_TEST_SUITE_P(
    Every, AddedRefusal,
    testing::Values(Refusal{"", "the body must be"}, Refusal{"[]", "the body must be"},
                    Refusal{"{}", "the body must be"}, Refusal{R"({"uri":5})", "the body must be"},
                    Refusal{R"({"uri":"x"})", "must be <driver>"},
                    Refusal{R"({"uri":"cg+tcp://h","unit":0})", "1 to 247"},
                    Refusal{R"({"uri":"cg+tcp://h","unit":1.5})", "1 to 247"},
                    Refusal{R"({"uri":"cg+tcp://h","unit":{"a":1}})", "single value"},
                    Refusal{R"({"uri":"cg+tcp://h","invert":[1]})", "single value"},
                    Refusal{R"({"uri":"cg+tcp://h","role":"king"})", "must be one of grid"},
                    Refusal{R"({"uri":"cg+tcp://h","direction":"signed"})", "does not use \"direction\""},
                    Refusal{R"({"uri":"cg+tcp://h\n[mqtt]"})", "control character"},
                    Refusal{R"({"uri":"cg+tcp://h","name":"a\n[mqtt]\nservers=1"})", "without line ends"},
                    Refusal{R"({"uri":"cg+tcp://h","name":"\u007f"})", "without line ends"},
                    Refusal{R"({"uri":"cg+tcp://h?name=%FF"})", "no UTF-8"},
                    Refusal{R"({"uri":"cg+rtu:///etc/passwd"})", "below /dev/"},
                    Refusal{R"({"uri":"cg+rtu:///dev/../etc/passwd"})", "below /dev/"},
                    Refusal{R"({"uri":"cg+rtu:///dev/%2e%2e/etc/passwd"})", "below /dev/"},
                    Refusal{R"({"uri":"p1+file:///etc/passwd"})", "a file is read"}));

TEST(AddedMeter, ALongNameIsRefused) {
    EXPECT_THAT(refused(json{{"uri", "cg+tcp://h"}, {"name", std::string(201, 'x')}}.dump()),
                HasSubstr("at most 200"));
}

TEST(AddedFile, NamesHaveNoPath) {
    for (const char* const good : {"a.toml", "cg-0123456789abcdef.toml", "0-.toml"}) {
        EXPECT_TRUE(is_added_file(good)) << good;
    }
    for (const char* const bad : {"", ".toml", "a", "../a.toml", "/a.toml", "a/b.toml", "a.b.toml", "A.toml",
                                  "a.toml/", "a.toml\n", "a\0.toml", "a%2f.toml", "a.tom", "..toml"}) {
        EXPECT_FALSE(is_added_file(bad)) << bad;
    }
    EXPECT_FALSE(is_added_file(std::string(200, 'a') + ".toml"));
}

// Whatever texts come in: what is written has this meter and nothing else.
TEST(AddedMeter, WhateverComesInOneTableComesOut) {
    const std::vector<std::string> pieces{
        "\"",      "'",    "\\",    "]]",  "[[meter]]", "#", "=",
        "\"\"\"",  "'''",  "\n",    "\r",  "\t",        "ü", "\xF0\x9F\x98\x80",
        "\\u0000", "true", "1",     "0x1", " ",         "{", "}",
        "%41",     "&",    "\u2028"};
    std::minstd_rand random(7); // NOLINT: the same texts each time
    int taken = 0;
    for (int i = 0; i < 3000; ++i) {
        std::string name;
        for (auto left = random() % 6; left > 0; --left) {
            name += pieces[random() % pieces.size()];
        }
        std::string host = i % 3 == 0 ? pieces[random() % pieces.size()] : "h";
        const json body{{"uri", "cg+tcp://" + host}, {"name", name}, {"unit", random() % 300}};
        const auto result = added_meter(body.dump());
        const auto* const added = std::get_if<AddedMeter>(&result);
        if (added == nullptr) {
            continue;
        }
        ++taken;
        Config config;
        Findings findings;
        apply_file(config, added->toml, "f", findings);
        ASSERT_TRUE(findings.errors.empty()) << added->toml << findings.errors.front().text;
        ASSERT_EQ(config.meters.size(), 1U) << added->toml;
        EXPECT_EQ(config.meters[0].name, name);
        config.meters[0].where.clear();
        EXPECT_EQ(config.meters[0], added->meter) << added->toml;
        const Config untouched;
        config.meters.clear();
        EXPECT_EQ(show_config(config), show_config(untouched));
        EXPECT_TRUE(is_of_page(read_meter_tables(added->toml, "f")));
    }
    EXPECT_GT(taken, 500);
}

} // namespace
} // namespace gridbridge
