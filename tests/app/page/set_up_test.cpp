// The set-up API on a directory, without a service.
#include "app/page/set_up.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace gridbridge {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class SetUpTest : public testing::Test {
  protected:
    static Config main_config() {
        std::string name = testing::TempDir() + "setupXXXXXX";
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        Config config;
        Findings findings;
        apply_file(config, "[[meter]]\nuri = \"cg+tcp://main\"\nname = \"Main\"\n", "/etc/main.toml",
                   findings);
        config.state_dir = name;
        return config;
    }
    SetUpTest() = default;
    ~SetUpTest() override { std::filesystem::remove_all(config_.state_dir); }
    SetUpTest(const SetUpTest&) = delete;
    SetUpTest& operator=(const SetUpTest&) = delete;

    StatusPage ask(const std::string& method, const std::string& name, const std::string& body = {}) {
        HttpMessage request;
        request.method = method;
        request.body = body;
        auto page = set_up_.answer(request, name);
        EXPECT_TRUE(page) << method << name;
        return page.value_or(StatusPage{});
    }
    StatusPage add(const json& body) { return ask("POST", "setup/meters", body.dump()); }
    json shown() { return json::parse(ask("GET", "setup").body); }
    std::string path(const std::string& file) const { return config_.state_dir + "/meters.d/" + file; }
    static std::string text_of(const std::string& path) {
        std::ostringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    }

    Config config_ = main_config();
    int reloads_ = 0;
    MeterSetUp set_up_{config_, std::make_shared<ScanJob>(), [this] { ++reloads_; }};
};

TEST_F(SetUpTest, AMeterIsAddedChangedAndRemoved) {
    const StatusPage added = add({{"uri", "cg+tcp://h"}, {"name", "Roof"}});
    ASSERT_EQ(added.code, 200) << added.body;
    EXPECT_EQ(reloads_, 0); // not before the answer is out
    ASSERT_TRUE(added.then);
    added.then();
    EXPECT_EQ(reloads_, 1);
    const std::string file = json::parse(added.body)["file"];
    EXPECT_THAT(text_of(path(file)), HasSubstr("name = \"Roof\""));
    const json list = shown()["added"];
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0]["file"], file);
    EXPECT_EQ(list[0]["uri"], "cg+tcp://h");
    EXPECT_EQ(list[0]["enabled"], true);
    EXPECT_EQ(list[0]["by_hand"], false);

    const StatusPage changed = add({{"uri", "cg+tcp://h"}, {"enabled", false}});
    EXPECT_EQ(json::parse(changed.body)["file"], file);
    EXPECT_EQ(shown()["added"][0]["enabled"], false);
    EXPECT_FALSE(std::filesystem::exists(path(file + ".new")));

    const StatusPage removed = ask("POST", "setup/remove", json{{"file", file}}.dump());
    EXPECT_EQ(removed.code, 200);
    EXPECT_TRUE(removed.then);
    EXPECT_TRUE(shown()["added"].empty());
    EXPECT_EQ(ask("POST", "setup/remove", json{{"file", file}}.dump()).code, 404);
}

TEST_F(SetUpTest, TheMainFileIsListedAndWins) {
    const json list = shown()["configured"];
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0]["where"], "/etc/main.toml:1");
    const StatusPage refused = add({{"uri", "cg+tcp://main"}});
    EXPECT_EQ(refused.code, 409);
    EXPECT_THAT(refused.body, HasSubstr("/etc/main.toml:1"));
    EXPECT_FALSE(refused.then);
    EXPECT_FALSE(std::filesystem::exists(config_.state_dir + "/meters.d"));
}

TEST_F(SetUpTest, WhatIsWrongChangesNothing) {
    EXPECT_EQ(add({{"uri", "nonsense"}}).code, 400);
    for (const char* const body :
         {"", "{}", R"({"file":"../settings.json"})", R"({"file":"../main.toml"})", R"({"file":7})"}) {
        EXPECT_EQ(ask("POST", "setup/remove", body).code, 400) << body;
    }
    EXPECT_FALSE(std::filesystem::exists(config_.state_dir + "/meters.d"));
}

TEST_F(SetUpTest, WhatWasWrittenByHandStaysAsItIs) {
    const std::string file = json::parse(add({{"uri", "p1+tcp://h:1"}}).body)["file"];
    const std::string by_hand =
        "[[meter]]\nuri = \"p1+tcp://h:1\"\nkey = \"00112233445566778899aabbccddeeff\"\n";
    std::ofstream(path(file)) << by_hand;
    const StatusPage refused = add({{"uri", "p1+tcp://h:1"}, {"name", "x"}});
    EXPECT_EQ(refused.code, 409);
    EXPECT_THAT(refused.body, HasSubstr("by hand"));
    EXPECT_EQ(text_of(path(file)), by_hand);
    const std::string shown_body = ask("GET", "setup").body;
    EXPECT_THAT(shown_body, Not(HasSubstr("00112233")));
    EXPECT_EQ(json::parse(shown_body)["added"][0]["by_hand"], true);
}

TEST_F(SetUpTest, AFileThatIsNotUsedIsListedWithItsReason) {
    std::filesystem::create_directories(config_.state_dir + "/meters.d");
    std::ofstream(path("a.toml")) << "[[meter]]\nuri = \"cg+tcp://main\"\n";
    std::ofstream(path("b.toml")) << "[[meter\n";
    const json view = shown();
    EXPECT_THAT(view["added"][0]["problem"].get<std::string>(), HasSubstr("/etc/main.toml:1"));
    EXPECT_EQ(view["problems"][0]["file"], "b.toml");
}

TEST_F(SetUpTest, WithoutADirectoryNothingIsAdded) {
    const Config nowhere = [] {
        Config config;
        config.state_dir.clear();
        return config;
    }();
    MeterSetUp homeless(nowhere, std::make_shared<ScanJob>(), [] {});
    HttpMessage request;
    request.method = "POST";
    request.body = R"({"uri":"cg+tcp://h"})";
    const auto page = homeless.answer(request, "setup/meters");
    ASSERT_TRUE(page);
    EXPECT_EQ(page->code, 409);
    EXPECT_THAT(page->body, HasSubstr("state_dir"));
}

TEST_F(SetUpTest, AScanOfAnotherNetworkIsRefused) {
    EXPECT_EQ(ask("POST", "scan", R"({"hosts":["8.8.8.8"]})").code, 400);
    EXPECT_EQ(json::parse(ask("GET", "scan").body)["running"], false);
    EXPECT_EQ(ask("POST", "scan/stop", "{}").code, 200);
}

TEST_F(SetUpTest, PathsAndMethods) {
    HttpMessage request;
    request.method = "GET";
    for (const char* const name : {"setup/meters", "setup/remove", "scan/stop"}) {
        EXPECT_TRUE(is_set_up_path(name));
        EXPECT_FALSE(set_up_.answer(request, name)) << name;
    }
    EXPECT_FALSE(is_set_up_path("setup/"));
}

} // namespace
} // namespace gridbridge
