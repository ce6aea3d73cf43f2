// What access rules of a real broker deny, and what the service says of it.
#include "app/servers/status_server.hpp"
#include "drivers/text/endpoint.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace gridbridge::testing_support {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// A service on a broker whose access rules are for everybody.
class AccessRules : public testing::Test {
  protected:
    void start(const std::string& acl) {
        folder_.write("acl", acl);
        for (const auto& command : {std::vector<std::string>{"chmod", "a+rx", folder_.path()},
                                    {"chmod", "0644", folder_.path("acl")}}) {
            ASSERT_EQ(run(command).exit_code, 0);
        }
        const std::string port = std::to_string(free_port());
        broker_.emplace(true, "listener " + port + " 127.0.0.1\nallow_anonymous true\nacl_file " +
                                  folder_.path("acl") + "\n");
        folder_.write("service.toml", "portal_id = \"p\"\nstate_dir = \"" + folder_.path("state") +
                                          "\"\n[mqtt]\nservers = [\"mqtt://127.0.0.1:" + port +
                                          "\"]\n[status]\nlisten = \"127.0.0.1:" + std::to_string(status_) +
                                          "\"\n[[meter]]\nuri = \"cg+" + meter_.uri + "\"\n");
        service_.emplace(
            std::vector<std::string>{GRIDBRIDGE_PROGRAM, "run", "--config", folder_.path("service.toml")});
    }
    json health() const {
        const Endpoint at{"127.0.0.1", static_cast<std::uint16_t>(status_)};
        return json::parse(fetch_status_page(at, "/health").body, nullptr, false);
    }
    static std::vector<std::string> texts(const json& health, const std::string& key) {
        return health.value(key, std::vector<std::string>());
    }

    Folder folder_;
    const int status_ = free_port();
    const SimulatedMeter meter_{"em540", "tcp://127.0.0.1:0"};
    std::optional<Broker> broker_;
    std::optional<Process> service_;
};

TEST_F(AccessRules, WhatTheyDenyIsNamedAndDegradesHealth) {
    start("topic read N/#\ntopic write W/#\ntopic readwrite R/#\ntopic readwrite gridbridge/#\n");
    ASSERT_TRUE(service_->wait_for_line("does not pass on what we publish to N/#")) << service_->errors();
    ASSERT_TRUE(service_->wait_for_line("what clients publish to W/#")) << service_->errors();
    ASSERT_TRUE(service_->wait_for_line("does not pass on what we publish to homeassistant/#"));
    const json report = health();
    EXPECT_EQ(report.value("status", ""), "degraded") << report.dump();
    EXPECT_THAT(texts(report, "problems"),
                UnorderedElementsAre(HasSubstr("N/#: allow our user to write it in its access rules"),
                                     HasSubstr("W/#: allow our user to read it in its access rules"),
                                     HasSubstr("homeassistant/#: allow our user to write it")));
}

TEST_F(AccessRules, ThatLetUsWriteOnlyDenyNothingThatWeNeed) {
    start("topic write N/#\ntopic read W/#\ntopic read R/#\ntopic readwrite gridbridge/#\n"
          "topic write homeassistant/#\n");
    ASSERT_TRUE(service_->wait_for_line("it cannot be verified that what we publish to N/#"))
        << service_->errors();
    ASSERT_TRUE(service_->wait_for_line("it cannot be verified that what clients publish to W/#"));
    const json report = health();
    EXPECT_EQ(report.value("status", ""), "ok") << report.dump();
    EXPECT_THAT(texts(report, "problems"), IsEmpty());
    EXPECT_THAT(texts(report, "remarks"),
                UnorderedElementsAre(HasSubstr("N/#"), HasSubstr("R/#"), HasSubstr("W/#"),
                                     HasSubstr("homeassistant/#")));
}

TEST(AccessRulesOpen, NothingIsSaidAndNoProbeStays) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    Subscriber subscriber(broker);
    const RunningService service(broker, {"cg+" + meter.uri}, folder.path("state"));
    ASSERT_TRUE(subscriber.wait_for("W/p/gridbridge/0/Access", "")) << service.process->errors();
    ASSERT_TRUE(subscriber.newest("N/p/heartbeat"));
    ASSERT_TRUE(subscriber.newest("N/p/grid/30/Ac/Power"));
    for (int beats = 0; beats < 5; ++beats) { // longer than a branch is awaited
        subscriber.forget();
        ASSERT_TRUE(subscriber.newest("N/p/heartbeat"));
    }
    EXPECT_EQ(service.process->errors().find("pass on"), std::string::npos) << service.process->errors();
    EXPECT_EQ(service.process->errors().find("verified"), std::string::npos);
    Subscriber later(broker);
    ASSERT_TRUE(later.newest("gridbridge/p/status"));
    for (const Arrived& message : later.all()) {
        EXPECT_EQ(message.topic.find("ccess"), std::string::npos) << message.topic;
    }
}

} // namespace
} // namespace gridbridge::testing_support
