// The meter of the recorded talks with a GX device behind a publisher on a real mosquitto.
#pragma once

#include "mqtt/bridge/publisher.hpp"
#include "mqtt/broker/paho_client.hpp"
#include "tests/fakes/outlet_rows.hpp"
#include "tests/integration/process.hpp"
#include "tests/mqtt/venus/transcript.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <iostream>
#include <thread>

namespace gridbridge::testing_support {

inline const std::string portal = "b827eb0a1b2c";
inline const std::string above = "N/" + portal + "/";

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

    // The meter of the transcripts, another one whose name marks the end of each answer, and two that come
    // when announced.
    void start(const nlohmann::json& values) {
        VenusOptions venus;
        venus.portal_id = portal;
        venus.always = false;
        venus.unix_time = [] { return 1795169045LL; };
        BridgeOptions options;
        options.vanish_after = vanish_after_;
        options.meters.resize(4);
        options.meters[0].instance = options.meters[2].instance = options.meters[3].instance = 40;
        options.meters[3].role = "pvinverter";
        options.meters[1].instance = 99;
        options.meters[1].role = "genset";
        for (MeterConfig& meter : options.meters) {
            meter.stale_after = std::chrono::hours(1);
        }
        std::vector<OutletRow> outlets;
        outlets.push_back(outlet_row<Venus>(venus));
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
        BrokerOptions server;
        server.servers = {broker_->url()};
        server.client_id = "transcript";
        client_ = make_paho_client(server, inbox_);
        publisher_ = std::make_unique<Publisher>(
            Publisher::Parts{handoff_,
                             inbox_,
                             *client_,
                             *bridge_,
                             link_,
                             settings_,
                             no_file_,
                             files_,
                             [](LogLevel, std::string_view source, std::string_view text) {
                                 std::cerr << source << ": " << text << '\n';
                             },
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
            heartbeats_ += ours && message.topic == above + "heartbeat" ? 1 : 0;
            if (ours && message.topic.find("/cgwacs_marker/") == std::string::npos &&
                !message.topic.ends_with("/RefreshTime")) {
                said.emplace(message.topic.substr(above.size()), message.payload);
            }
        }
        subscriber_->forget();
        return said;
    }
    // A full publish is completed behind everything else that waits, and answers may come before that: a
    // broker under load takes its time.
    void await_completed() {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (std::chrono::steady_clock::now() < limit) {
            for (const Arrived& message : subscriber_->all()) {
                if (message.topic.ends_with("/full_publish_completed")) {
                    return;
                }
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
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
    void carry_out(const TranscriptStep& step) {
        if (step.action == "sets") {
            set(step.values);
        } else if (step.action == "exits") {
            handoff_.lose({0, 0}, "exits", {});
        } else if (step.action == "starts") {
            handoff_.announce({0, 0}, model_->info());
            set({});
        } else if (step.action == "PUBLISH") {
            publish(step.topic, step.payload);
        }
    }
    // Without settings, and without RefreshTime, which is measured here.
    static Said of_service(Said said) {
        std::erase_if(said, [](const auto& entry) {
            return entry.first.starts_with("settings/") || entry.first.ends_with("/RefreshTime");
        });
        return said;
    }
    // What is said when a meter is lost and its service leaves at once; a driver on a GX leaves out the
    // nulls.
    static Said farewell(Said said) {
        std::erase_if(said, [](const auto& entry) {
            const bool null = entry.second == R"({"value":null})";
            const bool off = entry.first.ends_with("/Connected") && entry.second == R"({"value":0})";
            EXPECT_TRUE(entry.second.empty() || null || off) << entry.first << " " << entry.second;
            return !entry.second.empty();
        });
        return said;
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
            carry_out(step);
            Said expected = of_service(comparable(step.expected));
            if (expected.contains("full_publish_completed")) {
                await_completed();
            }
            Said said = of_service(comparable(settle()));
            std::erase_if(said, [&](const auto& entry) { return !listens(entry.first); });
            EXPECT_EQ(difference(expected, said), "")
                << step.at << " s: " << step.action << " " << step.topic << " " << step.payload;
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
    int heartbeats_ = 0; // heard by settle()
    std::chrono::seconds vanish_after_{60};
    Handoff handoff_;
    ClientInbox inbox_{[this] { handoff_.wake(); }};
    Link link_{1, [] { return 0.5; }};
    Settings settings_;
    const StateFile no_file_{""};
    ThreadedFileWriter files_{[this] { handoff_.wake(); }};
    std::unique_ptr<MqttClient> client_;
    std::unique_ptr<Bridge> bridge_;
    std::unique_ptr<Publisher> publisher_;
    std::jthread thread_;
};

} // namespace gridbridge::testing_support
