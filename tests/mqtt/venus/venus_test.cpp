// The Venus outlet behind the bridge: meter news in, ordered messages out.
#include "mqtt/bridge/bridge.hpp"
#include "mqtt/outlet/roles.hpp"
#include "mqtt/status/own_topics.hpp"
#include "mqtt/venus/venus.hpp"
#include "tests/fakes/golden.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/outlet_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr SourceId first{0, 0};

class VenusTest : public testing::Test {
  protected:
    void start(bool always = true) {
        VenusOptions options;
        options.portal_id = "c0619ab40123";
        options.version = "1.2.3";
        options.always = always;
        options.unix_time = [] { return 1795169056LL; };
        BridgeOptions bridge_options;
        MeterConfig config;
        config.uri = "cg+rtu:///dev/ttyUSB0";
        config.name = "Grid";
        bridge_options.meters = {config};
        std::vector<OutletRow> outlets;
        outlets.push_back(outlet_row<Venus>(options));
        bridge_ = std::make_unique<Bridge>(std::move(bridge_options), settings_, std::move(outlets));
    }

    Messages run(const std::function<void(Messages&)>& step) {
        Messages out;
        step(out);
        return out;
    }
    Messages update(std::optional<MeterInfo> info, std::optional<Reading> reading,
                    std::optional<std::string> lost = {}) {
        return run([&](Messages& out) {
            bridge_->update(update_of(first, std::move(info), std::move(reading), std::move(lost)), now_,
                            out);
        });
    }
    Messages tick() {
        return run([&](Messages& out) { bridge_->tick(now_, out); });
    }
    Messages request(const std::string& topic, const std::string& payload = {}) {
        return run([&](Messages& out) { bridge_->request({topic, payload, false}, now_, out); });
    }
    static std::vector<std::string> topics(const Messages& messages) {
        std::vector<std::string> topics;
        std::transform(messages.begin(), messages.end(), std::back_inserter(topics),
                       [](const Message& m) { return m.topic; });
        return topics;
    }
    static std::size_t count(const Messages& messages, const std::string& topic) {
        const auto all = topics(messages);
        return static_cast<std::size_t>(std::count(all.begin(), all.end(), topic));
    }

    Settings settings_;
    std::unique_ptr<Bridge> bridge_;
    Clock::time_point now_ = Clock::time_point{} + 1h;
};

TEST_F(VenusTest, FirstReadingAnnouncesTheWholeService) {
    start();
    std::string text = as_text(run([&](Messages& out) { bridge_->connected(now_, out); }));
    text +=
        "-- identified: no service before the first complete reading\n" + as_text(update(em24_info(), {}));
    text += "-- first reading\n" + as_text(update({}, grid_reading(now_)));
    now_ += 1s;
    text += "-- power changes\n" + as_text(update({}, grid_reading(now_, 940.0)));
    now_ += 1s;
    text += "-- the same again\n" + as_text(update({}, grid_reading(now_, 940.0)));
    now_ += 1s;
    text += "-- lost\n" + as_text(update({}, {}, "unplugged"));
    now_ += 61s;
    text += "-- away for vanish_after\n" + as_text(tick());
    expect_golden("em24-life.txt", text);
}

TEST_F(VenusTest, TheManufacturerIsThereWhereItIsKnown) {
    start();
    const std::string topic = "N/c0619ab40123/grid/30/Manufacturer";
    EXPECT_THAT(as_text(update(em24_info(), grid_reading(now_))),
                HasSubstr(topic + " {\"value\":\"Carlo Gavazzi\"}\n"));
    start();
    MeterInfo unknown = em24_info();
    unknown.manufacturer.clear();
    EXPECT_EQ(count(update(unknown, grid_reading(now_)), topic), 0U);
}

TEST_F(VenusTest, StaleReadingIsNullAtOnceAndNeverTheLastValue) {
    start();
    update(em24_info(), grid_reading(now_));
    now_ += 5s;
    tick();
    EXPECT_EQ(bridge_->next_tick(now_), now_ + 1ms);
    now_ += 2ms;
    const Messages messages = tick();
    EXPECT_THAT(messages, testing::Contains(Message{"N/c0619ab40123/grid/30/Ac/Power", R"({"value":null})"}));
    EXPECT_THAT(messages, testing::Contains(Message{"N/c0619ab40123/grid/30/Connected", R"({"value":0})"}));
    for (const Message& message : messages) {
        EXPECT_EQ(message.payload.find("-629"), std::string::npos) << message.topic;
    }
    now_ += 1s;
    const Messages back = update({}, grid_reading(now_));
    EXPECT_THAT(back, testing::Contains(Message{"N/c0619ab40123/grid/30/Connected", R"({"value":1})"}));
    EXPECT_THAT(back, testing::Contains(Message{"N/c0619ab40123/grid/30/Ac/Power", R"({"value":-629.0})"}));
}

TEST_F(VenusTest, AReadingThatIsAlreadyOldIsNotPublished) {
    start();
    update(em24_info(), {});
    EXPECT_THAT(update({}, grid_reading(now_ - 6s)), IsEmpty());
}

TEST_F(VenusTest, KeepaliveAnswersWithEverythingAndTheEchoLast) {
    start();
    update(em24_info(), grid_reading(now_));
    tick();
    const Messages all = request("R/c0619ab40123/keepalive",
                                 R"({"keepalive-options":[{"full-publish-completed-echo":"tok"}]})");
    EXPECT_EQ(all.back().topic, "N/c0619ab40123/full_publish_completed");
    EXPECT_EQ(all.back().payload, R"({"full-publish-completed-echo":"tok","value":1795169056})");
    EXPECT_EQ(count(all, "N/c0619ab40123/grid/30/Ac/Power"), 1U);
    EXPECT_EQ(count(all, "N/c0619ab40123/system/0/Serial"), 1U);
    EXPECT_THAT(request("R/c0619ab40123/keepalive", R"({"keepalive-options":["suppress-republish"]})"),
                IsEmpty());
    EXPECT_THAT(request("R/000000000000/keepalive"), IsEmpty());
    EXPECT_THAT(request("R/c0619ab40123/keepalive/"), IsEmpty());
}

TEST_F(VenusTest, AtMostThreeFullPublishesPerSecond) {
    start();
    tick();
    std::size_t completed = 0;
    for (int i = 0; i < 10; ++i) {
        completed += count(request("R/c0619ab40123/keepalive"), "N/c0619ab40123/full_publish_completed");
    }
    EXPECT_EQ(completed, 3U);
    now_ += 1s;
    EXPECT_EQ(count(request("R/c0619ab40123/keepalive"), "N/c0619ab40123/full_publish_completed"), 1U);
}

TEST_F(VenusTest, AtMostThreeAnswersPerSecondForEachBranch) {
    start();
    update(em24_info(), grid_reading(now_));
    std::size_t answers = 0;
    for (int i = 0; i < 5000; ++i) {
        answers += request("R/c0619ab40123/grid/30/Ac/L1").size();
    }
    EXPECT_EQ(answers, 3U * 5U);
    EXPECT_THAT(request("R/c0619ab40123/grid/30/Ac/L2"), testing::SizeIs(5)) << "another branch";
    EXPECT_THAT(request("R/c0619ab40123/grid/30/Ac/L1/Power"), testing::SizeIs(1)) << "a single value";
    now_ += 1s;
    EXPECT_THAT(request("R/c0619ab40123/grid/30/Ac/L1"), testing::SizeIs(5));
}

TEST_F(VenusTest, ReadsAnswerLeavesSubTreesAndNothingElse) {
    start();
    update(em24_info(), grid_reading(now_));
    EXPECT_THAT(request("R/c0619ab40123/grid/30/Ac/L1/Power", "ignored"),
                ElementsAre(Message{"N/c0619ab40123/grid/30/Ac/L1/Power", R"({"value":938.6})"}));
    EXPECT_THAT(request("R/c0619ab40123/grid/30/Ac/L3/Voltage"),
                ElementsAre(Message{"N/c0619ab40123/grid/30/Ac/L3/Voltage", R"({"value":null})"}));
    EXPECT_THAT(topics(request("R/c0619ab40123/grid/30/Ac/L1")),
                testing::UnorderedElementsAre(
                    "N/c0619ab40123/grid/30/Ac/L1/Power", "N/c0619ab40123/grid/30/Ac/L1/Current",
                    "N/c0619ab40123/grid/30/Ac/L1/Voltage", "N/c0619ab40123/grid/30/Ac/L1/Energy/Forward",
                    "N/c0619ab40123/grid/30/Ac/L1/Energy/Reverse"));
    EXPECT_GT(request("R/c0619ab40123/grid/30/").size(), 30U);
    for (const char* topic :
         {"grid/30", "grid/30/Ac/L1/", "grid/31/Ac/Power", "genset/30/Ac/Power", "grid/30/Ac/L",
          "grid/30/Nothing", "heartbeat", "grid/030/Ac/Power", "grid//Ac/Power", "grid/-30/Ac/Power",
          "grid/30//Ac/Power", "system/0", "system/1/", "settings/0", "settings/0/Settings/",
          "settings/0/Settings/Devices/", "settings/1/Settings"}) {
        EXPECT_THAT(request("R/c0619ab40123/" + std::string(topic)), IsEmpty()) << topic;
    }
    const auto settings = topics(request("R/c0619ab40123/settings/0/"));
    EXPECT_THAT(settings, testing::Contains("N/c0619ab40123/settings/0/Settings/CGwacs/DeviceIds"));
    EXPECT_EQ(topics(request("R/c0619ab40123/settings/0/Settings")), settings);
    EXPECT_EQ(topics(request("R/c0619ab40123/settings/0/Settings/Devices")).size(), settings.size() - 1);
    EXPECT_EQ(
        topics(request("R/c0619ab40123/settings/0/Settings/Devices/cgwacs_BX0120064003P/Position")).size(),
        1U);
    EXPECT_THAT(topics(request("R/c0619ab40123/system/0/")), Contains("N/c0619ab40123/system/0/Serial"));
}

TEST_F(VenusTest, SerialIsRetainedAtEveryConnectAndNothingElse) {
    start();
    update(em24_info(), grid_reading(now_));
    for (int i = 0; i < 2; ++i) {
        const Messages messages = run([&](Messages& out) { bridge_->connected(now_, out); });
        for (const Message& message : messages) {
            EXPECT_EQ(message.retain, message.topic == "N/c0619ab40123/system/0/Serial") << message.topic;
        }
        EXPECT_EQ(messages.front().payload, R"({"value":"c0619ab40123"})");
        EXPECT_GT(messages.size(), 30U) << "complete state";
    }
}

TEST_F(VenusTest, HeartbeatEveryThreeSecondsAndUnchangedValuesRepeated) {
    start();
    run([&](Messages& out) { bridge_->connected(now_, out); });
    EXPECT_THAT(topics(tick()), ElementsAre("N/c0619ab40123/heartbeat"));
    update(em24_info(), grid_reading(now_));
    now_ += 2s;
    EXPECT_THAT(tick(), IsEmpty());
    std::size_t repeats = 0;
    std::size_t heartbeats = 0;
    for (int second = 0; second < 63; ++second) {
        now_ += 1s;
        update({}, grid_reading(now_));
        const Messages messages = tick();
        repeats += count(messages, "N/c0619ab40123/grid/30/Ac/Power");
        heartbeats += count(messages, "N/c0619ab40123/heartbeat");
    }
    EXPECT_EQ(heartbeats, 21U);
    EXPECT_EQ(repeats, 1U);
}

// Many meters that came at once do not repeat everything at once; none waits longer than a minute.
TEST_F(VenusTest, RepetitionsOfManyMetersAreSpread) {
    constexpr std::uint16_t meters = 40;
    VenusOptions options;
    options.portal_id = "p";
    options.unix_time = [] { return 1LL; };
    BridgeOptions bridge_options;
    bridge_options.meters.resize(meters);
    Bridge bridge(std::move(bridge_options), settings_, {outlet_row<Venus>(options)});
    std::map<std::string, Clock::time_point> said; // of the serial numbers, which do not change
    std::size_t most = 0;
    for (int second = 0; second < 125; ++second) {
        Messages out;
        for (std::uint16_t i = 0; i < meters; ++i) {
            bridge.update(
                update_of({i, 0},
                          second == 0 ? std::optional(em24_info("S" + std::to_string(i))) : std::nullopt,
                          grid_reading(now_)),
                now_, out);
        }
        out.clear(); // only what is repeated
        bridge.tick(now_, out);
        std::size_t repeated = 0;
        for (const Message& message : out) {
            if (message.topic.ends_with("/Serial") && message.topic.starts_with("N/p/grid/")) {
                const auto known = said.find(message.topic);
                EXPECT_TRUE(known == said.end() || now_ - known->second <= 60s);
                said[message.topic] = now_;
                ++repeated;
            }
        }
        most = std::max(most, repeated);
        now_ += 1s;
    }
    EXPECT_EQ(said.size(), meters);
    EXPECT_LE(most, 16U);
}

TEST_F(VenusTest, KeepaliveModeIsSilentUntilAskedAndAfterSixtySeconds) {
    start(false);
    EXPECT_THAT(topics(run([&](Messages& out) { bridge_->connected(now_, out); })),
                ElementsAre("N/c0619ab40123/system/0/Serial"));
    EXPECT_THAT(update(em24_info(), grid_reading(now_)), IsEmpty());
    EXPECT_THAT(request("W/c0619ab40123/grid/30/CustomName", R"({"value":"asleep"})"), IsEmpty());
    EXPECT_THAT(request("R/c0619ab40123/grid/30/CustomName"),
                ElementsAre(Message{"N/c0619ab40123/grid/30/CustomName", R"({"value":"asleep"})"}))
        << "executed, not announced";
    EXPECT_THAT(tick(), IsEmpty());
    EXPECT_THAT(topics(request("R/c0619ab40123/grid/30/Ac/Power")),
                ElementsAre("N/c0619ab40123/grid/30/Ac/Power"));
    EXPECT_THAT(topics(request("R/c0619ab40123/keepalive", "suppress-republish")),
                ElementsAre("N/c0619ab40123/heartbeat"));
    now_ += 1s;
    EXPECT_THAT(topics(update({}, grid_reading(now_, 1.0))),
                ElementsAre("N/c0619ab40123/grid/30/Ac/L1/Power", "N/c0619ab40123/grid/30/Ac/Power",
                            "N/c0619ab40123/grid/30/UpdateIndex",
                            "N/c0619ab40123/system/0/Ac/Grid/L1/Power"));
    now_ += 60s;
    EXPECT_THAT(update({}, grid_reading(now_, 2.0)), IsEmpty());
    EXPECT_THAT(tick(), IsEmpty());
    const Messages left = run([&](Messages& out) { bridge_->leave(out); });
    EXPECT_GT(left.size(), 30U) << "a service that leaves is told also to sleepers";
    for (const Message& message : left) {
        EXPECT_EQ(message.payload, "") << message.topic;
    }
}

TEST_F(VenusTest, ASleeperIsToldOnlyThatAServiceLeaves) {
    start(false);
    update(em24_info(), grid_reading(now_));
    now_ += 6s;
    EXPECT_THAT(tick(), IsEmpty()) << "lost";
    EXPECT_THAT(request("R/c0619ab40123/grid/30/Ac/Power"),
                ElementsAre(Message{"N/c0619ab40123/grid/30/Ac/Power", R"({"value":null})"}));
    now_ += 60s;
    const Messages gone = tick();
    EXPECT_GT(gone.size(), 30U);
    for (const Message& message : gone) {
        EXPECT_EQ(message.payload, "") << message.topic;
    }
    EXPECT_THAT(request("R/c0619ab40123/grid/30/"), IsEmpty());
    EXPECT_THAT(update({}, grid_reading(now_)), IsEmpty()) << "its return";
}

TEST_F(VenusTest, SixtySecondsCountFromTheLastKeepaliveOfAnyKind) {
    start(false);
    update(em24_info(), grid_reading(now_));
    const auto is_awake = [&](double l1) { return !update({}, grid_reading(now_, l1)).empty(); };
    request("R/c0619ab40123/keepalive");
    now_ += 59s;
    EXPECT_TRUE(is_awake(1.0));
    request("R/c0619ab40123/keepalive", R"({"keepalive-options":["suppress-republish"]})");
    now_ += 59s;
    EXPECT_TRUE(is_awake(2.0));
    request("R/c0619ab40123/system/0/Serial");
    now_ += 59s;
    EXPECT_TRUE(is_awake(3.0));
    EXPECT_THAT(request("R/c0619ab40123/grid/30/Serial"), testing::SizeIs(1)) << "no keepalive";
    now_ += 1s;
    EXPECT_FALSE(is_awake(4.0));
    EXPECT_THAT(tick(), IsEmpty()) << "no heartbeat, no null, no zero bytes";
    const Messages woken = request("R/c0619ab40123/keepalive", "suppress-republish");
    EXPECT_THAT(topics(woken), ElementsAre("N/c0619ab40123/heartbeat")) << "what was missed is not said";
}

TEST_F(VenusTest, TypesAreThoseOfAGx) {
    start();
    MeterInfo info = em24_info();
    info.phases = 3;
    info.phase_config = 0;
    info.switch_position = 3;
    Reading reading = grid_reading(now_, 100.0, 0.0, -100.0);
    reading.set(Quantity::Frequency, 50.0);
    reading.set(Quantity::PhaseSequence, 0);
    reading.set(Quantity::PowerFactorL1, 1.0);
    update(info, reading);
    const std::string prefix = "N/c0619ab40123/grid/30/";
    std::map<std::string, std::string> values;
    for (const Message& message : request("R/c0619ab40123/grid/30/")) {
        values[message.topic.substr(prefix.size())] = message.payload;
        EXPECT_TRUE(message.payload.starts_with(R"({"value":)")) << message.payload;
    }
    const std::map<std::string, std::string> whole{
        {"Connected", "1"},     {"DeviceInstance", "30"}, {"DeviceType", "71"},   {"ErrorCode", "0"},
        {"NrOfPhases", "3"},    {"PhaseConfig", "0"},     {"PhaseSequence", "0"}, {"ProductId", "45058"},
        {"RefreshTime", "600"}, {"SwitchPos", "3"},       {"UpdateIndex", "0"}};
    for (const auto& [path, value] : whole) {
        EXPECT_EQ(values[path], "{\"value\":" + value + "}") << path;
    }
    for (const char* path : {"Ac/Power", "Ac/L2/Power"}) {
        EXPECT_EQ(values[path], R"({"value":0.0})") << path;
    }
    EXPECT_EQ(values["Ac/Frequency"], R"({"value":50.0})");
    EXPECT_EQ(values["Ac/L1/PowerFactor"], R"({"value":1.0})");
    EXPECT_EQ(values["AllowedRoles"],
              R"({"value":["grid","pvinverter","genset","acload","evcharger","heatpump"]})");
    EXPECT_EQ(values["HardwareVersion"], R"({"value":null})");
    EXPECT_EQ(values["FirmwareVersion"], R"({"value":"4"})");
    EXPECT_EQ(values.count("Position"), 0U);
    EXPECT_EQ(values.count("IsGenericEnergyMeter"), 0U);
    for (const Message& message : request("R/c0619ab40123/settings/0/")) {
        const bool limited = message.topic.ends_with("/Position");
        EXPECT_EQ(message.payload.starts_with(R"({"max":)"), limited) << message.topic;
    }
}

// As dbus-cgwacs names them; the model stays where it was.
TEST_F(VenusTest, TheProductIsNamedByTheRole) {
    start();
    update(em24_info(), grid_reading(now_));
    const std::map<std::string, std::string> products{
        {"genset", "Generator"},   {"acload", "AC load"},  {"evcharger", "EVSE"},
        {"heatpump", "Heat pump"}, {"grid", "Grid meter"}, {"pvinverter", "PV inverter on input 1"}};
    std::string now_is = "grid";
    const auto named = [&](const std::string& product) {
        const std::string service = "/c0619ab40123/" + now_is + "/30/";
        EXPECT_EQ(as_text(request("R" + service + "ProductName")),
                  "N" + service + "ProductName {\"value\":\"" + product + "\"}\n");
        EXPECT_EQ(as_text(request("R" + service + "Model")),
                  "N" + service + "Model {\"value\":\"EM24-DIN AV9\"}\n");
    };
    named("Grid meter");
    for (const std::string role : {"genset", "acload", "evcharger", "heatpump", "grid", "pvinverter"}) {
        request("W/c0619ab40123/" + now_is + "/30/Role", R"({"value":")" + role + R"("})");
        now_is = role;
        update({}, grid_reading(now_));
        named(products.at(role));
    }
    request("W/c0619ab40123/pvinverter/30/Position", R"({"value":1})");
    named("PV inverter on output");
    request("W/c0619ab40123/settings/0/Settings/Devices/cgwacs_BX0120064003P/Position", R"({"value":2})");
    named("PV inverter on input 2");
}

TEST_F(VenusTest, OtherProductsKeepTheirName) {
    Meter meter = live_grid_meter(now_);
    meter.device_id = "cgwacs_BX0120064003P";
    EXPECT_EQ(venus_product_name(meter), "Grid meter");
    meter.role = "pulsemeter";
    EXPECT_EQ(venus_product_name(meter), "AC sensor");
    meter.info.product_id = 0xB017;
    EXPECT_EQ(venus_product_name(meter), "Carlo Gavazzi EM24");
    meter.info.product_id = 0xB002;
    meter.device_id = "sunspec_1";
    EXPECT_EQ(venus_product_name(meter), "Carlo Gavazzi EM24");
}

TEST_F(VenusTest, AnotherSerialNumberIsAnotherMeter) {
    start();
    update(em24_info(), grid_reading(now_));
    const Messages swapped = update(em24_info("BX999"), grid_reading(now_));
    EXPECT_THAT(swapped, testing::Contains(Message{"N/c0619ab40123/grid/30/Ac/Power", ""}));
    EXPECT_THAT(swapped, testing::Contains(Message{"N/c0619ab40123/grid/31/Serial", R"({"value":"BX999"})"}));
}

TEST_F(VenusTest, WritesAreSilent) {
    start();
    update(em24_info(), grid_reading(now_));
    EXPECT_THAT(request("W/c0619ab40123/grid/30/Ac/Power", R"({"value":1})"), IsEmpty());
}

MeterInfo gas_info() {
    MeterInfo info;
    info.kind = "p1";
    info.serial = "G0039";
    info.product_name = "Gas meter";
    info.connection = "/dev/ttyUSB0 M-Bus channel 1";
    info.default_role = "pulsemeter";
    info.role_is_fixed = true;
    info.texts = {{"Time", "2015-01-17T18:00:00"}};
    return info;
}

TEST_F(VenusTest, DeviceBehindAMeterIsAPulsemeterOfItsOwn) {
    start();
    update(em24_info(), grid_reading(now_));
    Reading gas;
    gas.received = now_;
    gas.set(Quantity::Volume, 473.789);
    MeterInfo info = gas_info();
    const auto tell = [&](std::optional<MeterInfo> news, std::optional<Reading> reading,
                          std::optional<std::string> lost) {
        return run([&](Messages& out) {
            bridge_->update(update_of({0, 1}, std::move(news), std::move(reading), std::move(lost)), now_,
                            out);
        });
    };
    const std::string prefix = "N/c0619ab40123/pulsemeter/30/";
    const std::string settings = "N/c0619ab40123/settings/0/Settings/Devices/p1_G0039/";
    const std::string expected =
        settings + "ClassAndVrmInstance {\"value\":\"pulsemeter:30\"}\n" + settings +
        "CustomName {\"value\":\"\"}\n" + prefix + "Aggregate {\"value\":473.789}\n" + //
        prefix + "Mgmt/ProcessName {\"value\":\"gridbridge\"}\n" + prefix +
        "Mgmt/ProcessVersion {\"value\":\"1.2.3\"}\n" + prefix +
        "Mgmt/Connection {\"value\":\"/dev/ttyUSB0 M-Bus channel 1\"}\n" + prefix +
        "DeviceInstance {\"value\":30}\n" + prefix + "ProductId {\"value\":65535}\n" + prefix +
        "ProductName {\"value\":\"Gas meter\"}\n" + prefix + "Model {\"value\":null}\n" + prefix +
        "Serial {\"value\":\"G0039\"}\n" + prefix + "FirmwareVersion {\"value\":null}\n" + prefix +
        "HardwareVersion {\"value\":null}\n" + prefix + "CustomName {\"value\":\"\"}\n" + prefix +
        "ErrorCode {\"value\":0}\n" + prefix + "Time {\"value\":\"2015-01-17T18:00:00\"}\n" + prefix +
        "RefreshTime {\"value\":1000}\n" + prefix + "ConfirmCounters {\"value\":0}\n" + prefix +
        "Connected {\"value\":1}\n";
    EXPECT_EQ(as_text(tell(info, gas, {})), expected);
    EXPECT_THAT(tell({}, gas, {}), IsEmpty());
    info.texts = {{"Time", "2015-01-17T19:00:00"}};
    EXPECT_EQ(as_text(tell(info, gas, {})), prefix + "Time {\"value\":\"2015-01-17T19:00:00\"}\n");
    EXPECT_EQ(as_text(tell({}, {}, "gone")),
              prefix + "Aggregate {\"value\":null}\n" + prefix + "Connected {\"value\":0}\n");
}

} // namespace
} // namespace gridbridge
