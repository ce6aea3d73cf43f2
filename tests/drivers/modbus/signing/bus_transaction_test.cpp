// Charging transactions through the whole driver on real lines.
#include "drivers/modbus/identify/meter_texts.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"
#include "tests/drivers/modbus/signing/ocmf_slave.hpp"

#include <gtest/gtest.h>

#include <semaphore>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr const char* id = "0f2b7a10-52f0-4a08-9a3e-1d9f4c6b7e01";
constexpr SourceId source{0, 0};

StartTransaction start() {
    StartTransaction start;
    start.transaction_id = id;
    start.identification_data = "04A1B2C3";
    start.tariff_text = std::string(180, 't'); // more than one write
    return start;
}

// What the publisher does.
class Publisher {
  public:
    explicit Publisher(TestDriver& driver) : desk_(driver.orders().transactions()) {}

    // Also takes what has come; a record is kept at once.
    std::size_t results() {
        for (auto& [from, event] : desk_.take_events()) {
            if (const auto* record = std::get_if<TransactionRecord>(&event)) {
                records.push_back(*record);
                desk_.kept(source, {record->transaction_id});
            } else if (const auto* result = std::get_if<TransactionResult>(&event)) {
                answers.push_back(*result);
            } else if (const auto* told = std::get_if<TransactionState>(&event)) {
                state = *told;
            }
        }
        return answers.size();
    }

    std::vector<TransactionRecord> records;
    std::vector<TransactionResult> answers;
    std::optional<TransactionState> state;

  private:
    TransactionDesk& desk_;
};

class BusTransaction : public testing::TestWithParam<Line> {};

TEST_P(BusTransaction, RunsWhileLiveValuesGoOn) {
    OcmfSlave slave(GetParam(), {});
    TestDriver driver({slave.config()}, {}, nullptr, [] { return WallTime{1800000000, 120}; });
    Publisher publisher(driver);
    TransactionDesk& desk = driver.orders().transactions();
    ASSERT_TRUE(desk.ask(source, start()));
    ASSERT_TRUE(driver.until([&] { return publisher.results() == 1; }));
    EXPECT_EQ(publisher.answers[0].reason, TransactionReason::None);
    EXPECT_EQ(publisher.state, TransactionState::Running);
    EXPECT_EQ(slave.with_meter([](OcmfMeter& meter) { return meter.text_at(0x6900, 126); }),
              std::string(180, 't') + "<=>" + id);
    EXPECT_EQ(slave.with_meter([](OcmfMeter& meter) { return meter.writes.at(0); }),
              (std::pair<std::uint16_t, OcmfMeter::Words>{0x7032, {0xD200, 0x6B49, 0, 0}}));
    EXPECT_EQ(slave.with_meter([](OcmfMeter& meter) { return meter.writes.at(1).second; }),
              OcmfMeter::Words{120});

    slave.with_meter([](OcmfMeter& meter) { meter.behaviour().busy = 1s; });
    const std::size_t readings = driver.seen().readings;
    ASSERT_TRUE(desk.ask(source, StopTransaction{id}));
    ASSERT_TRUE(driver.until([&] { return publisher.results() == 2; }));
    EXPECT_EQ(publisher.answers[1].reason, TransactionReason::None);
    EXPECT_GT(driver.seen().readings, readings + 5) << "live values while the meter was at its record";
    ASSERT_EQ(publisher.records.size(), 1U);
    EXPECT_EQ(publisher.records[0].ocmf, slave.with_meter([](OcmfMeter& meter) { return meter.record; }));
    EXPECT_EQ(publisher.records[0].serial, driver.seen().info->serial);
    EXPECT_EQ(slave.with_meter([](OcmfMeter& meter) { return meter.state(); }), 0);
    EXPECT_TRUE(driver.seen().losses.empty());
}

TEST_P(BusTransaction, AStopWaitsForASilentMeter) {
    OcmfSlave slave(GetParam(), {});
    TestDriver driver({slave.config()});
    Publisher publisher(driver);
    TransactionDesk& desk = driver.orders().transactions();
    ASSERT_TRUE(desk.ask(source, start()));
    ASSERT_TRUE(driver.until([&] { return publisher.results() == 1; }));
    slave.is_silent = true;
    ASSERT_TRUE(driver.until([&] { return !driver.seen().losses.empty(); }));
    ASSERT_TRUE(desk.ask(source, StopTransaction{id}));
    publisher.results();
    EXPECT_EQ(publisher.state, TransactionState::Error);
    slave.is_silent = false;
    ASSERT_TRUE(driver.until([&] { return publisher.results() == 2; }));
    EXPECT_EQ(publisher.answers[1].reason, TransactionReason::None);
    EXPECT_EQ(publisher.records.size(), 1U);
}

TEST_P(BusTransaction, TextsAlarmsAndTemperatureAreAnnounced) {
    OcmfSlave slave(GetParam(), {.signature_type = 1});
    TestDriver driver({slave.config()});
    ASSERT_TRUE(driver.until_readings(1));
    const MeterInfo& info = *driver.seen().info;
    EXPECT_EQ(info.texts, (std::vector<std::pair<std::string, std::string>>{
                              {"CommunicationFirmwareVersion", "2.1.7"},
                              {"ProductionYear", "2025"},
                              {"SignatureType", "ECDSA-brainpoolP384r1-SHA256"},
                              {"Alarms", "V1N above range, measure module fault"}}));
    EXPECT_EQ(info.error_code, 0x2001);
    EXPECT_EQ(driver.seen().reading->get(Quantity::Temperature), 31.5);
}

TEST(BusAlarms, AreAnnouncedAgainWhenTheyChange) {
    OcmfSlave slave(Line::Tcp, {});
    TestDriver driver({slave.config()});
    ASSERT_TRUE(driver.until_readings(1));
    slave.set_register(0x5012, 0x0200);
    ASSERT_TRUE(driver.until([&] { return driver.seen().info->error_code != 0x2001; })); // read every 10 s
    EXPECT_EQ(driver.seen().info->error_code, 0x0200);
    EXPECT_EQ(driver.seen().info->texts.back().second, "frequency out of range");
    EXPECT_TRUE(driver.seen().losses.empty());
}

TEST(BusAlarms, OnlyReportedBitsCount) {
    EXPECT_EQ(alarms_of(*em580.alarms, 0xFFFF).code, 0x33FF);
    EXPECT_EQ(alarms_of(*em580.alarms, 0xCC00), Alarms());
    EXPECT_EQ(alarms_of(*em580.alarms, 0x1004), (Alarms{0x1004, "V3N above range, EVCS module fault"}));
}

TEST(BusTransactionWithoutALine, IsAnsweredInTime) {
    MeterConfig meter;
    meter.driver = DriverKind::Em580;
    meter.model = "em580";
    meter.path = "/nonexistent/port";
    meter.transaction_timeout = 5s;
    TestDriver driver({meter});
    Publisher publisher(driver);
    std::binary_semaphore told{0};
    TransactionDesk& desk = driver.orders().transactions();
    desk.attach([&] { told.release(); }, {});
    ASSERT_TRUE(desk.ask(source, start()));
    ASSERT_TRUE(told.try_acquire_for(20s));
    ASSERT_EQ(publisher.results(), 1U);
    EXPECT_EQ(publisher.answers[0].reason, TransactionReason::Timeout);
    driver.stop();
}

TEST_P(BusTransaction, TheDriverForLiveValuesDoesNotSign) {
    OcmfSlave slave(GetParam(), {});
    MeterConfig meter = slave.config();
    meter.driver = DriverKind::CarloGavazzi;
    TestDriver driver({meter});
    Publisher publisher(driver);
    ASSERT_TRUE(driver.orders().transactions().ask(source, start()));
    ASSERT_TRUE(driver.until([&] { return publisher.results() == 1; }));
    EXPECT_EQ(publisher.answers[0].reason, TransactionReason::NotSupported);
    EXPECT_TRUE(slave.with_meter([](OcmfMeter& fake) { return fake.writes.empty(); }));
}

TEST_P(BusTransaction, AMeterWithoutSigningHardwareServesLiveValues) {
    OcmfSlave slave(GetParam(), {.signature_type = 2});
    TestDriver driver({slave.config()});
    Publisher publisher(driver);
    ASSERT_TRUE(driver.orders().transactions().ask(source, StopTransaction{id}));
    ASSERT_TRUE(driver.until([&] { return publisher.results() == 1; }));
    EXPECT_EQ(publisher.answers[0].reason, TransactionReason::NotSupported);
    ASSERT_TRUE(driver.until_readings(driver.seen().readings + 3));
}

INSTANTIATE_TEST_SUITE_P(Lines, BusTransaction, testing::Values(Line::Pty, Line::Tcp),
                         [](const auto& tested) { return name_of_line(tested.param); });

} // namespace
} // namespace gridbridge
