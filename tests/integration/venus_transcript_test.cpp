// Recorded talks with a GX device, played against the publisher through a real mosquitto.
#include "mqtt/paho_client.hpp"
#include "mqtt/publisher.hpp"
#include "tests/integration/process.hpp"
#include "tests/mqtt/transcript.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <thread>

namespace gridbridge::testing_support {
namespace {

const std::string portal = "b827eb0a1b2c";
const std::string above = "N/" + portal + "/";

class TranscriptTalk : public testing::Test {
  protected:
    void SetUp() override {
        if (transcripts().empty()) {
            std::cerr << "SKIPPED: no venus-mqtt transcripts; set GRIDBRIDGE_CORPUS\n";
            GTEST_SKIP();
        }
        model_ = std::make_unique<TranscriptPlayer>();
        broker_ = std::make_unique<Broker>();
        subscriber_ = std::make_unique<Subscriber>(*broker_, "N/#");
    }
    void TearDown() override { thread_ = {}; }

    // The meter of the transcripts, and another one whose name marks the end of each answer.
    void start(const nlohmann::json& values) {
        VenusOptions venus;
        venus.portal_id = portal;
        venus.always = false;
        venus.unix_time = [] { return 1795169045LL; };
        BridgeOptions options;
        options.meters.resize(2);
        options.meters[0].instance = 40;
        options.meters[1].instance = 99;
        options.meters[1].role = "genset";
        options.meters[0].stale_after = options.meters[1].stale_after = std::chrono::hours(1);
        std::vector<std::unique_ptr<Outlet>> outlets;
        outlets.push_back(std::make_unique<Venus>(venus));
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
        BrokerOptions server;
        server.servers = {broker_->url()};
        server.client_id = "transcript";
        client_ = make_paho_client(server, inbox_);
        publisher_ =
            std::make_unique<Publisher>(Publisher::Parts{handoff_,
                                                         inbox_,
                                                         *client_,
                                                         *bridge_,
                                                         link_,
                                                         settings_,
                                                         no_file_,
                                                         [](LogLevel, std::string_view, std::string_view) {},
                                                         "transcript",
                                                         {broker_->url()}});
        thread_ = std::jthread([this](const std::stop_token& stop) { publisher_->run(stop); });
        MeterInfo marker = model_->info();
        marker.serial = "marker";
        handoff_.announce({0, 0}, model_->info());
        handoff_.announce({1, 0}, marker);
        set(values);
        ASSERT_TRUE(subscriber_->wait_for(above + "system/0/Serial", "{\"value\":\"" + portal + "\"}"));
        const auto meter_is_there = [&] { return settle().count("grid/40/Serial") > 0; };
        for (int attempt = 0; attempt < 100 && !meter_is_there(); ++attempt) {
            publish("R/" + portal + "/grid/40/Serial", "");
        }
    }
    void set(const nlohmann::json& values) {
        model_->set(values);
        Reading reading = model_->reading();
        reading.received = Clock::now();
        handoff_.put({0, 0}, reading, {});
        handoff_.put({1, 0}, reading, {});
    }
    // Delivered to the broker when this returns: what comes later is later.
    void publish(const std::string& topic, const std::string& payload) {
        const Result result = run({"mosquitto_pub", "-q", "1", "-h", "127.0.0.1", "-p",
                                   std::to_string(broker_->port()), "-t", topic, "-m", payload});
        EXPECT_EQ(result.exit_code, 0) << result.errors;
    }
    // What was said since the last call; nothing more comes of what was published before.
    Said settle() {
        const std::string mark = "\"mark " + std::to_string(++marks_) + "\"";
        const std::string name = "/" + portal + "/genset/99/CustomName";
        const bool arrived = [&] {
            for (int attempt = 0; attempt < 100; ++attempt) { // until the meter is there
                publish("W" + name, "{\"value\":" + mark + "}");
                publish("R" + name, "");
                if (heard(name, mark)) {
                    return true;
                }
            }
            return false;
        }();
        EXPECT_TRUE(arrived);
        Said said;
        for (const Arrived& message : subscriber_->all()) {
            const bool ours = message.topic.starts_with(above) && !message.retained;
            if (ours && !message.topic.starts_with(above + "settings/") &&
                !message.topic.ends_with("/RefreshTime")) {
                said.emplace(message.topic.substr(above.size()), message.payload);
            }
        }
        subscriber_->forget();
        return said;
    }
    bool heard(const std::string& name, const std::string& mark) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(2);
        while (std::chrono::steady_clock::now() < limit) {
            for (const Arrived& message : subscriber_->all()) {
                if (message.topic == "N" + name && message.payload.find(mark) != std::string::npos) {
                    return true;
                }
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return false;
    }
    using Filter = std::function<bool(const std::string& topic)>;
    // At the pace of the recording, or as fast as the answers come.
    void replay(
        const std::string& number, bool paced, const std::function<bool(const TranscriptStep&)>& skip,
        const Filter& listens = [](const std::string&) { return true; }) {
        settle();
        const auto begin = std::chrono::steady_clock::now();
        int compared = 0;
        for (const TranscriptStep& step : read_transcript(number)) {
            if (paced) {
                std::this_thread::sleep_until(begin +
                                              std::chrono::milliseconds(static_cast<int>(step.at * 1000)));
            }
            if (step.action.empty() || skip(step)) {
                continue;
            }
            if (step.action == "sets") {
                set(step.values);
            } else {
                publish(step.topic, step.payload);
            }
            Said said = comparable(settle());
            std::erase_if(said, [&](const auto& entry) { return !listens(entry.first); });
            Said recorded = comparable(step.expected);
            std::erase_if(recorded, [](const auto& entry) {
                return entry.first.starts_with("settings/") || entry.first.ends_with("/RefreshTime");
            });
            EXPECT_EQ(difference(recorded, said), "")
                << step.at << " s: " << step.topic << " " << step.payload;
            ++compared;
        }
        EXPECT_GT(compared, 3);
    }
    void wake() {
        publish("R/" + portal + "/keepalive", R"({"keepalive-options":["suppress-republish"]})");
        settle();
    }
    static bool nothing(const TranscriptStep& /*step*/) { return false; }

    std::unique_ptr<TranscriptPlayer> model_;
    std::unique_ptr<Broker> broker_;
    std::unique_ptr<Subscriber> subscriber_;
    int marks_ = 0;
    Handoff handoff_;
    ClientInbox inbox_{[this] { handoff_.wake(); }};
    Link link_{1, [] { return 0.5; }};
    Settings settings_;
    const StateFile no_file_{""};
    std::unique_ptr<MqttClient> client_;
    std::unique_ptr<Bridge> bridge_;
    std::unique_ptr<Publisher> publisher_;
    std::jthread thread_;
};

TEST_F(TranscriptTalk, T01NothingButTheSerialUntilAsked) {
    start({{"/Ac/Power", -1001.5}});
    Subscriber newcomer(*broker_, "N/#");
    set({{"/Ac/Power", -999.0}});
    settle();
    for (const Arrived& message : newcomer.all()) {
        const bool known = message.topic == above + "system/0/Serial" || message.topic == "test/ready" ||
                           message.topic.starts_with(above + "genset/99/CustomName"); // asked for
        EXPECT_TRUE(known) << message.topic;
        EXPECT_EQ(message.retained, message.topic.ends_with("/Serial")) << message.topic;
    }
}

TEST_F(TranscriptTalk, T05KeepaliveOptions) {
    start({{"/Ac/Power", -1001.5}});
    replay("05", true, nothing, [](const std::string& topic) {
        return topic == "grid/40/Ac/Power" || !topic.starts_with("grid/");
    });
}

TEST_F(TranscriptTalk, T08Reads) {
    start({{"/Ac/Power", -1001.5}, {"/Ac/L1/Power", -411.0}});
    wake();
    replay("08", false, nothing);
}

// Left out as where the outlet alone is tested: writes of another type into CustomName, and Role.
TEST_F(TranscriptTalk, T09WritesToTheService) {
    start({{"/Ac/Power", -1001.5}});
    wake();
    replay("09", false, [](const TranscriptStep& step) {
        constexpr std::array open{R"({"value": 5})",         R"({"value": 5.0})",       R"({"value": true})",
                                  R"({"value": null})",      R"({"value": []})",        R"({"value": [1,2]})",
                                  R"({"value": ["a","b"]})", R"({"value": 5000000000})"};
        return step.topic.ends_with("/Role") ||
               std::any_of(open.begin(), open.end(), [&](const char* p) { return step.payload == p; });
    });
}

} // namespace
} // namespace gridbridge::testing_support
