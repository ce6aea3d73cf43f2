#include "mqtt/bridge/bridge.hpp"
#include "mqtt/status/own_topics.hpp"
#include "mqtt/status/query.hpp"
#include "mqtt/status/snapshot_board.hpp"
#include "mqtt/status/statistics.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/outlet_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

SharedTelegram telegram_of(std::string_view raw, std::vector<ObisValue> values = {}) {
    auto copy = std::make_shared<TelegramCopy>();
    copy->raw.assign(raw.begin(), raw.end());
    copy->size = raw.size();
    copy->values = std::move(values);
    return copy;
}

MeterInfo p1_info() {
    MeterInfo info;
    info.kind = "p1";
    info.serial = "E0044000000000001";
    info.product_name = "P1 meter";
    info.connection = "/dev/ttyUSB1";
    return info;
}

// A PV meter on Modbus, then a grid meter on P1, seen through the real bridge.
class QueryTest : public testing::Test {
  protected:
    QueryTest() {
        BridgeOptions options;
        options.meters.resize(2);
        options.meters[0].uri = "cg+rtu:///dev/ttyUSB0";
        options.meters[0].role = "pvinverter";
        options.meters[0].name = "Roof top";
        options.meters[1].uri = "p1+serial:///dev/ttyUSB1";
        options.meters[1].driver = DriverKind::P1;
        std::vector<OutletRow> outlets;
        outlets.push_back(outlet_row<SnapshotOutlet>(std::ref(board_), SnapshotOptions{"1.2.3", "", {}, {}}));
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
        tick();
    }

    void tick() { bridge_->tick(now_, out_); }
    void live() {
        bridge_->update(update_of({0, 0}, em24_info(), grid_reading(now_, 1, 2, 3)), now_, out_);
        MeterUpdate update = update_of({1, 0}, p1_info(), grid_reading(now_, 100, 0, -420.5));
        update.telegram = telegram_of("/ABC5\r\n1-0:1.7.0(00.320*kW)\r\n!1234",
                                      {{"1-0:1.7.0", "0.32", "kW"}, {"0-0:96.1.1", "4B3\n4", ""}});
        update.counters.emplace();
        update.counters->good = 7;
        update.counters->rejected = 3;
        update.counters->rejected_by[0] = {"bad checksum", 2};
        update.counters->rejected_by[1] = {"cut off", 1};
        update.counters->rejected_by[2] = {"too long", 0};
        bridge_->update(update, now_, out_);
        tick();
    }
    Snapshot view() {
        board_.outdate(); // the clock of the test is not the board's
        EXPECT_FALSE(board_.ask(0ms));
        tick();
        const auto made = board_.ask(0ms);
        EXPECT_TRUE(made);
        return made ? *made : Snapshot();
    }
    std::string ask(std::string_view command) { return answer(command, view(), now_); }

    Clock::time_point now_ = Clock::time_point{} + 1h;
    Settings settings_;
    SnapshotBoard board_{[] {}};
    std::unique_ptr<Bridge> bridge_;
    Messages out_;
};

TEST_F(QueryTest, HelpNamesEveryCommand) {
    for (const char* name : {"help", "list", "status", "telegram", "values", "get", "power", "energy",
                             "statistics", "version"}) {
        EXPECT_THAT(ask("help"), HasSubstr(std::string(name) + " "));
        EXPECT_THAT(ask(name), Not(HasSubstr("unknown command")));
    }
    EXPECT_EQ(ask("version"), "gridbridge 1.2.3\n");
}

TEST_F(QueryTest, BeforeTheFirstReadingAllIsNull) {
    EXPECT_EQ(ask("list"), "1 \"Roof top\" - - awaited\n2 \"p1+serial:///dev/ttyUSB1\" - - awaited\n");
    EXPECT_EQ(ask("get Ac/Power"), "null\n");
    EXPECT_EQ(ask("telegram 2"), "null\n");
    EXPECT_EQ(ask("get 1-0:1.7.0"), "null\n");
    EXPECT_EQ(ask("energy"), "Ac/Energy/Forward=null\nAc/Energy/Reverse=null\n");
    EXPECT_THAT(ask("status"), HasSubstr("no reading yet"));
}

TEST_F(QueryTest, ValuesOfALiveMeter) {
    live();
    EXPECT_EQ(ask("list"), "1 \"Roof top\" BX0120064003P pvinverter/30 live\n"
                           "2 \"P1 meter\" E0044000000000001 grid/30 live\n");
    EXPECT_EQ(ask("power"), "Ac/Power=-320.5\nAc/L1/Power=100.0\nAc/L2/Power=0.0\nAc/L3/Power=-420.5\n")
        << "of the grid meter";
    EXPECT_EQ(ask("power 1"), ask("power Roof top"));
    EXPECT_EQ(ask("power 1"), ask("power BX0120064003P"));
    EXPECT_THAT(ask("power 1"), StartsWith("Ac/Power=6.0\n"));
    EXPECT_EQ(ask("get Ac/Power"), "-320.5\n");
    EXPECT_EQ(ask("get power"), "-320.5\n");
    EXPECT_EQ(ask("get power_l1  Roof top"), "1.0\n");
    EXPECT_EQ(ask("get frequency"), "null\n") << "not measured";
    EXPECT_EQ(ask("get 1-0:1.7.0"), "0.32 kW\n");
    EXPECT_EQ(ask("get 1.7.0"), "0.32 kW\n");
    EXPECT_EQ(ask("get 9.9.9"), "null\n");
    EXPECT_EQ(ask("get 0-0:96.1.1"), "4B3?4\n");
    EXPECT_EQ(ask("get 1-0:1.7.0 1"), "null\n") << "a Modbus meter sends no codes";
    EXPECT_THAT(ask("values"), AllOf(HasSubstr("Ac/L1/Voltage=229.9\n"), HasSubstr("Ac/L2/Voltage=null\n"),
                                     Not(HasSubstr("PowerFactor"))));
    EXPECT_EQ(ask("telegram"), "/ABC5\r\n1-0:1.7.0(00.320*kW)\r\n!1234\n");
    EXPECT_EQ(ask("telegram 1"), "null\n");
    EXPECT_THAT(
        ask("status 2"),
        AllOf(StartsWith("2 \"P1 meter\" live, last reading 0.0 s ago; 7 good, 3 rejected (2 bad checksum, 1 "
                         "cut off), 0 timeouts"),
              EndsWith("\n")));
    EXPECT_EQ(ask(" power\r\n"), ask("power"));
    EXPECT_EQ(ask(std::string_view("power\0", 6)), ask("power"));
}

TEST_F(QueryTest, ALostMeterAnswersNull) {
    live();
    bridge_->update(update_of({1, 0}, {}, {}, "unplugged"), now_, out_);
    tick();
    EXPECT_EQ(ask("power"), "Ac/Power=null\nAc/L1/Power=null\nAc/L2/Power=null\nAc/L3/Power=null\n");
    EXPECT_EQ(ask("telegram"), "null\n");
    EXPECT_EQ(ask("get 1-0:1.7.0"), "null\n");
    EXPECT_THAT(ask("status 2"), HasSubstr("lost, lost: unplugged; last reading"));
    EXPECT_THAT(ask("values"), Not(HasSubstr(".")));
    EXPECT_THAT(ask("power 1"), StartsWith("Ac/Power=6.0\n"));
}

TEST_F(QueryTest, AnOldViewAnswersNullEvenIfNobodySaidSo) {
    live();
    const Snapshot old = view();
    now_ += 36s; // the publisher stands still
    EXPECT_EQ(answer("get power", old, now_), "null\n");
    EXPECT_EQ(answer("telegram", old, now_), "null\n");
    EXPECT_EQ(answer("get 1.7.0", old, now_), "null\n");
    EXPECT_THAT(answer("list", old, now_), HasSubstr("grid/30 lost\n"));
}

TEST_F(QueryTest, ErrorsAreOneLine) {
    EXPECT_EQ(ask("reboot now"), "error: unknown command \"reboot\": try help\n");
    EXPECT_EQ(ask(""), "error: unknown command \"\": try help\n");
    EXPECT_EQ(ask("power 3"), "error: no meter \"3\": see list\n");
    EXPECT_EQ(ask("get"),
              "error: get needs a path, an OBIS code or the name of a quantity, as in get Ac/Power\n");
    EXPECT_EQ(ask("get Ac/Pwoer"), "error: unknown value \"Ac/Pwoer\": see values\n");
    EXPECT_EQ(ask("a\nb\x1b[2J"), "error: unknown command \"a?b?[2J\": try help\n");
    EXPECT_EQ(ask(std::string(300, 'x')), "error: a command has at most 256 bytes\n");
    EXPECT_LT(ask(std::string(250, 'x')).size(), 100U);
    EXPECT_EQ(answer("power", {}, now_), "error: no meter yet\n");
}

TEST_F(QueryTest, TwoMetersOfOneNameMustBeTold) {
    live();
    Snapshot view = this->view();
    view.meters[1].config.name = "Roof top";
    EXPECT_THAT(answer("power Roof top", view, now_), StartsWith("error: several meters are called"));
}

TEST_F(QueryTest, AnswersFitADatagramAndSayWhatIsMissing) {
    live();
    Snapshot view = this->view();
    std::string lines;
    while (lines.size() < 5000) {
        lines += "1-0:1.8.0(123)\r\n";
    }
    view.meters[1].telegram = telegram_of(lines);
    const std::string cut = answer("telegram", view, now_);
    EXPECT_LE(cut.size(), max_answer);
    EXPECT_GT(cut.size(), max_answer - 100);
    EXPECT_THAT(cut, testing::ContainsRegex("\r\n\\.\\.\\. [0-9]+ bytes more\n$"));
    view.meters[1].telegram = telegram_of(std::string(3000, '\x1b'));
    EXPECT_LE(answer("telegram", view, now_).size(), max_answer);
    EXPECT_THAT(answer("telegram", view, now_), StartsWith("1b1b1b"));
    view.meters.resize(200, view.meters[0]);
    EXPECT_LE(answer("status", view, now_).size(), max_answer);
}

TEST_F(QueryTest, TheBoardIsEmptyAfterTheEnd) {
    live();
    bridge_->leave(out_);
    EXPECT_FALSE(board_.ask(0ms)) << "nobody answers any more";
    EXPECT_THAT(out_, IsEmpty()) << "nothing goes to the broker";
}

TEST(Handoff, ALossTakesTheTelegramBack) {
    Handoff handoff;
    handoff.keep({0, 0}, telegram_of("x"));
    handoff.lose({0, 0}, "gone", {});
    const auto updates = handoff.take(Clock::now(), {});
    ASSERT_EQ(updates.size(), 1U);
    EXPECT_EQ(updates[0].telegram, nullptr);
}

TEST(StatisticsLine, SaysTheIntervalAndTheWhole) {
    Settings settings;
    std::vector<std::string> said;
    BridgeOptions options;
    options.meters.resize(1);
    options.meters[0].uri = "p1+tcp://b:1";
    std::vector<OutletRow> outlets;
    outlets.push_back(
        outlet_row<Statistics>(StatisticsOptions{15min, [&](const Meter& meter, const std::string& text) {
                                                     said.push_back(meter.config.uri + ": " + text);
                                                 }}));
    Bridge bridge(std::move(options), settings, std::move(outlets));
    Messages out;
    Clock::time_point now = Clock::time_point{} + 1h;
    bridge.tick(now, out);
    EXPECT_EQ(bridge.next_tick(now), now + 60s);
    MeterUpdate update = update_of({0, 0}, p1_info(), grid_reading(now));
    update.counters.emplace();
    update.counters->good = 10;
    update.counters->rejected = 1;
    update.counters->rejected_by[0] = {"bad checksum", 1};
    update.counters->skipped_bytes = 5;
    bridge.update(update, now, out);
    now += 15min - 1ms;
    bridge.tick(now, out);
    EXPECT_THAT(said, IsEmpty());
    now += 1ms;
    EXPECT_EQ(bridge.next_tick(now), now);
    bridge.update(update_of({0, 0}, {}, grid_reading(now - 400ms)), now, out);
    bridge.tick(now, out);
    EXPECT_THAT(
        said,
        ElementsAre("p1+tcp://b:1: last 15 min: 10 good, 1 rejected (1 bad checksum), 0 timeouts, 0 "
                    "exceptions, 5 bytes skipped, 0 reconnects; since start: 10 good, 1 rejected (1 bad "
                    "checksum), 0 timeouts, 0 exceptions, 5 bytes skipped, 0 reconnects; last reading "
                    "0.4 s ago"));
    now += 15min;
    update.reading.reset();
    update.counters->good = 12;
    update.counters->reconnects = 1;
    bridge.update(update, now, out);
    bridge.tick(now, out);
    ASSERT_EQ(said.size(), 2U);
    EXPECT_THAT(said[1], AllOf(HasSubstr("last 15 min: 2 good, 0 rejected, 0 timeouts"),
                               HasSubstr("1 reconnects; since"), HasSubstr("since start: 12 good"),
                               HasSubstr("lost: no good reading for")));
    EXPECT_THAT(out, IsEmpty());
}

TEST(StatisticsLine, ZeroIsOff) {
    Statistics statistics({0s, [](const Meter&, const std::string&) { FAIL(); }});
    Messages out;
    const Clock::time_point now = Clock::time_point{} + 1h;
    statistics.tick(now, out);
    statistics.tick(now + 1000h, out);
    EXPECT_GT(statistics.next_tick(now), now);
}

TEST(StatisticsLine, NamesWhatASharedStreamLost) {
    MeterCounters counters;
    counters.share_missed = 40;
    counters.share_disconnected = 1;
    EXPECT_THAT(counters_text(counters),
                EndsWith("40 telegrams missed by slow clients, 1 slow clients disconnected"));
}

TEST(Health, GivesRejectionsByReason) {
    Settings settings;
    BridgeOptions options;
    options.meters.resize(1);
    options.meters[0].share = "127.0.0.1:3240";
    OwnTopicsOptions own;
    own.portal_id = "p";
    std::vector<OutletRow> outlets;
    outlets.push_back(outlet_row<OwnTopics>(std::move(own)));
    Bridge bridge(std::move(options), settings, std::move(outlets));
    Messages out;
    MeterUpdate update = update_of({0, 0}, {}, {});
    update.counters.emplace();
    update.counters->rejected_by[0] = {"bad checksum", 4};
    update.counters->share_clients = 2;
    bridge.update(update, Clock::now(), out);
    bridge.connected(Clock::now(), out);
    const auto meter = nlohmann::json::parse(out.back().payload)["meters"][0];
    EXPECT_EQ(meter["rejected_by"].dump(), R"({"bad checksum":4})");
    EXPECT_EQ(meter["share"]["clients"], 2);
}

} // namespace
} // namespace gridbridge
