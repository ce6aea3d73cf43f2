// Recorded talks with a GX device in which services come, go and change, and what is the broker's part.
#include "tests/integration/venus/transcript_talk.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace gridbridge::testing_support {
namespace {

constexpr auto at_once = std::chrono::seconds(0);

Said only(Said said, const std::function<bool(const std::string&)>& listens) {
    std::erase_if(said, [&](const auto& entry) { return !listens(entry.first); });
    return said;
}

bool is_compared(const std::string& topic) {
    return !topic.ends_with("VoltageLineToLine");
}

// Left out: the voltage between phases, of which the recording has one of three.
TEST_F(TranscriptTalk, T12ServiceLeavesAndReturns) {
    vanish_after_ = at_once;
    start({{"/Ac/L1/VoltageLineToLine", 400.1}});
    wake();
    std::size_t compared = 0;
    for (const TranscriptStep& step : read_transcript("12")) {
        carry_out(step);
        Said said = of_service(comparable(settle()));
        said = step.action == "exits" ? farewell(said) : said;
        Said recorded = of_service(comparable(step.expected));
        said = only(said, is_compared);
        recorded = only(recorded, is_compared);
        EXPECT_EQ(difference(recorded, said), "") << step.at << " " << step.action;
        compared += recorded.size();
    }
    EXPECT_EQ(compared, 80U);
}

// The recorded meters are told apart by a name of their own and share a serial number; ours are told apart by
// it. The list of serial numbers, which the recorded drivers leave alone, grows here, and
// IsGenericEnergyMeter, which the stand-in lacks, is told of every meter that is not a grid meter.
TEST_F(TranscriptTalk, T13TheSecondMeterGetsTheNextNumber) {
    vanish_after_ = at_once;
    start({});
    wake();
    const auto listens = [](const std::string& topic) {
        const bool grid = topic.ends_with("/DeviceInstance") || topic.ends_with("/Ac/Power");
        const bool counted = topic.starts_with("pvinverter/") || topic.starts_with("settings/");
        return (counted || (grid && topic.starts_with("grid/"))) && is_compared(topic) &&
               !topic.ends_with("/RefreshTime") && !topic.ends_with("/DeviceIds") &&
               !topic.ends_with("/IsGenericEnergyMeter");
    };
    const auto expect_alike = [&](const TranscriptStep& step, const Said& said) {
        Said recorded = only(comparable(step.expected), listens);
        std::erase_if(recorded, [](const auto& entry) { return entry.first.ends_with("/Serial"); });
        Said ours = only(said, listens);
        std::erase_if(ours, [](const auto& entry) { return entry.first.ends_with("/Serial"); });
        EXPECT_GT(recorded.size(), 4U);
        EXPECT_EQ(difference(recorded, ours), "") << step.at;
    };
    const auto steps = read_transcript("13");
    ASSERT_GE(steps.size(), 4U);
    const auto arrive = [&](std::uint16_t number, const std::string& serial) {
        MeterInfo info = model_->info();
        info.serial = serial;
        handoff_.announce({number, 0}, info);
        Reading reading = model_->reading();
        reading.received = Clock::now();
        handoff_.put({number, 0}, reading, {});
        return comparable(settle());
    };
    const Said second = arrive(2, "9999999");
    expect_alike(steps[1], second);
    EXPECT_EQ(second.count("grid/41/Serial"), 1U);
    expect_alike(steps[2], arrive(3, "5555555"));
    handoff_.lose({2, 0}, "exits", {});
    handoff_.lose({3, 0}, "exits", {});
    expect_alike(steps[3], farewell(comparable(settle())));
}

// Whether a client may publish N topics is the broker's to say: FlashMQ stops those of its own portal id,
// mosquitto without an access list relays all. Neither changes what is said here.
TEST_F(TranscriptTalk, T14NobodyElsesWordIsTaken) {
    start({{"/Ac/Power", -1001.5}});
    wake();
    const std::string own = R"({"value":-1001.5})";
    int foreign = 0;
    std::string other;
    for (const TranscriptStep& step : read_transcript("14")) {
        if (step.action.empty()) {
            continue;
        }
        publish(step.topic, step.payload);
        ++foreign;
        other = step.topic;
        Said relayed;
        if (step.topic.starts_with(above)) {
            relayed.emplace(step.topic.substr(above.size()), step.payload);
        }
        EXPECT_EQ(difference(relayed, comparable(settle())), "") << step.topic;
        publish("R/" + portal + "/grid/77/Ac/Power", "");
        publish("R/" + portal + "/grid/40/Ac/Power", "");
        EXPECT_EQ(difference({{"grid/40/Ac/Power", own}}, comparable(settle())), "") << step.topic;
    }
    EXPECT_EQ(foreign, 4);
    EXPECT_FALSE(other.starts_with(above));
    set({{"/Ac/Power", 1}}); // the foreign value, but news of ours
    EXPECT_EQ(difference({{"grid/40/Ac/Power", R"({"value":1})"}}, comparable(settle())), "");
}

// Line by line with QoS and retain flag; order within a publish is open, values are compared elsewhere.
TEST_F(TranscriptTalk, T15QosOfASubscriberThatWantsTwo) {
    start({});
    const std::string control = "control/qos";
    Process subscriber({"mosquitto_sub", "-q", "2", "-h", "127.0.0.1", "-p", std::to_string(broker_->port()),
                        "-t", above + "grid/40/Ac/Power", "-t", above + "system/0/Serial", "-t",
                        above + "full_publish_completed", "-t", control, "-F", "%t %q %r"});
    ASSERT_TRUE(subscriber.wait_for_line(above + "system/0/Serial 0 1"));
    publish("R/" + portal + "/keepalive", "");
    ASSERT_TRUE(subscriber.wait_for_line(above + "full_publish_completed"));
    run({"mosquitto_pub", "-q", "2", "-h", "127.0.0.1", "-p", std::to_string(broker_->port()), "-t", control,
         "-m", "2"});
    ASSERT_TRUE(subscriber.wait_for_line(control + " 2 0")) << "it does get QoS 2 when there is";
    std::vector<std::string> recorded{control + " 2 0"};
    std::ifstream file(transcripts() / "15-qos.txt");
    for (std::string line; std::getline(file, line);) {
        if (!line.starts_with("#")) {
            recorded.push_back(line.substr(0, line.find(" {")));
        }
    }
    std::vector<std::string> ours;
    std::istringstream output(subscriber.output());
    for (std::string line; std::getline(output, line);) {
        ours.push_back(line);
    }
    std::sort(recorded.begin(), recorded.end());
    std::sort(ours.begin(), ours.end());
    EXPECT_EQ(recorded.size(), 5U);
    EXPECT_EQ(recorded, ours);
}

// Once the 60 s of a keepalive are over. GRIDBRIDGE_LONG_TESTS also waits for that; without it nobody has
// asked at all yet.
class TranscriptTalkAsleep : public TranscriptTalk {
  protected:
    static Said listened(const Said& said) { return only(of_service(comparable(said)), is_compared); }
    static Said listened(const std::vector<Message>& recorded) {
        return only(of_service(comparable(recorded)), is_compared);
    }
    // A service that starts again has its first values.
    void expect_alike(const TranscriptStep& step) {
        carry_out(step);
        if (step.action == "starts") {
            set({{"/Ac/Power", -1234.5}});
        }
        Said said = listened(settle());
        said = step.action == "exits" ? farewell(said) : said;
        EXPECT_EQ(difference(listened(step.expected), said), "")
            << step.at << " " << step.action << " " << step.topic << " " << step.payload;
    }
    static bool is_after_expiry(const TranscriptStep& step) { return step.at > 75; }
};

TEST_F(TranscriptTalkAsleep, T16LeavingWritingAndWaking) {
    vanish_after_ = at_once;
    start({{"/Ac/Power", -2014.0}});
    settle();
    std::size_t compared = 0;
    for (const TranscriptStep& step : read_transcript("16")) {
        if (is_after_expiry(step)) {
            expect_alike(step);
            compared += listened(step.expected).size();
        }
    }
    EXPECT_GT(compared, 80U);
    EXPECT_GE(heartbeats_, 1);
}

TEST_F(TranscriptTalkAsleep, T16ExpiryIsSilent) {
    if (std::getenv("GRIDBRIDGE_LONG_TESTS") == nullptr) {
        std::cerr << "SKIPPED: takes 80 s; set GRIDBRIDGE_LONG_TESTS=1\n";
        GTEST_SKIP();
    }
    start({{"/Ac/Power", -1234.5}});
    const auto begin = std::chrono::steady_clock::now();
    int awake = 0;
    for (const TranscriptStep& step : read_transcript("16")) {
        if (is_after_expiry(step) || step.action.empty()) {
            continue;
        }
        // The recording goes on 10 ms after the expiry: too close here.
        const double later = step.at > 60 ? 4 : 0;
        std::this_thread::sleep_until(begin +
                                      std::chrono::milliseconds(static_cast<int>((step.at + later) * 1000)));
        if (later > 0 && awake == 0) {
            settle();
            awake = heartbeats_;
        }
        expect_alike(step);
    }
    EXPECT_GT(awake, 15);
    EXPECT_EQ(heartbeats_, awake) << "asleep";
}

// Differs on purpose: a service of ours follows its ClassAndVrmInstance at once. What the recording says of
// the old number is said of the new one.
TEST_F(TranscriptTalk, T17TheTopicFollowsTheInstance) {
    start({{"/Ac/Power", -1234.5}});
    wake();
    const std::string identity =
        "W/" + portal + "/settings/0/Settings/Devices/cgwacs_0172690/ClassAndVrmInstance";
    const auto listens = [](const std::string& topic) {
        return topic.ends_with("/DeviceInstance") || topic.ends_with("/Ac/Power");
    };
    const auto exchanged = [](std::string topic) {
        if (const auto at = topic.find("grid/4"); at != std::string::npos) {
            const bool old = topic.substr(at, 7) == "grid/40";
            topic.replace(at, 7, old ? "grid/43" : "grid/40");
        }
        return topic;
    };
    int moves = 0;
    int compared = 0;
    for (TranscriptStep step : read_transcript("17")) {
        if (step.action.empty()) {
            continue;
        }
        if (step.action == "sets" && step.values.contains("/DeviceInstance")) {
            const int number = step.values["/DeviceInstance"];
            const std::string from = number == 43 ? "grid/40" : "grid/43";
            const std::string to = "grid/" + std::to_string(number);
            publish(identity, "{\"value\":\"grid:" + std::to_string(number) + "\"}");
            const std::string power = number == 43 ? R"({"value":-1234.5})" : R"({"value":-1.5})";
            EXPECT_EQ(difference({{from + "/DeviceInstance", ""},
                                  {from + "/Ac/Power", ""},
                                  {to + "/DeviceInstance", "{\"value\":" + std::to_string(number) + "}"},
                                  {to + "/Ac/Power", power}},
                                 only(of_service(comparable(settle())), listens)),
                      "");
            ++moves;
            continue;
        }
        step.topic = exchanged(step.topic);
        Said recorded;
        for (const auto& [topic, payload] : comparable(step.expected)) {
            recorded.emplace(exchanged(topic), payload);
        }
        carry_out(step);
        EXPECT_EQ(difference(recorded, only(of_service(comparable(settle())), listens)), "")
            << step.at << " " << step.topic;
        ++compared;
    }
    EXPECT_EQ(moves, 2);
    EXPECT_EQ(compared, 3);
}

} // namespace
} // namespace gridbridge::testing_support
