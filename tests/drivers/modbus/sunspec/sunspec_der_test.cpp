// Model 701, batteries and slow devices behind a real line.
#include "drivers/modbus/line/line_transport.hpp"
#include "tests/drivers/modbus/sunspec/sunspec_line.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using enum Quantity;
using namespace std::chrono_literals;

class SunSpecWiring : public testing::TestWithParam<std::pair<int, int>> {};

TEST_P(SunSpecWiring, OfModel701IsItsNumberOfPhases) {
    SunSpecDevice device;
    device.common("SMA", "STP X", "3014").model(701, 153, 0).words(2, {GetParam().first, 1, 3});
    device.word(10, 900).word(47, 230).end();
    TestSlave slave(slave_options(Line::Tcp, {device.image()}));
    TestDriver driver({sunspec_on(slave, Line::Tcp)});
    ASSERT_TRUE(driver.until_readings(1));
    EXPECT_EQ(driver.seen().info->phases, GetParam().second);
    EXPECT_EQ(driver.seen().reading->get(Power), 900.0);
    EXPECT_EQ(driver.seen().reading->has(VoltageL3), GetParam().second == 3);
}

INSTANTIATE_TEST_SUITE_P(Words, SunSpecWiring,
                         testing::Values(std::pair{0, 1}, std::pair{1, 2}, std::pair{2, 3},
                                         std::pair{0xFFFF, 3}));

struct Storage {
    const char* name;
    void (*add)(SunSpecDevice& device);
    bool has_battery;
};

class SunSpecStorage : public testing::TestWithParam<Storage> {};

TEST_P(SunSpecStorage, IsSaidToTheOwner) {
    SunSpecDevice device;
    device.common("Fronius", "GEN24", "3401");
    add_inverter(device);
    GetParam().add(device);
    device.common("Fronius", "Smart Meter", "3402");
    add_meter(device);
    device.end();
    TestSlave slave(slave_options(Line::Tcp, {device.image()}));
    TestDriver driver({sunspec_on(slave, Line::Tcp), sunspec_on(slave, Line::Tcp, "grid")});
    ASSERT_TRUE(driver.until_readings(1, 0));
    ASSERT_TRUE(driver.until_readings(1, 1));
    EXPECT_EQ(driver.seen(0).info->advice.find("it has a battery") == 0, GetParam().has_battery);
    EXPECT_EQ(driver.log().find("it has a battery") != std::string::npos, GetParam().has_battery);
    EXPECT_EQ(driver.seen(1).info->advice, "");
}

void name_string(SunSpecDevice& device, unsigned string, std::string_view name) {
    for (std::size_t i = 0; i < name.size(); i += 2) {
        const int low = i + 1 < name.size() ? name[i + 1] : 0;
        device.word(static_cast<unsigned>(11 + 20 * string + i / 2), name[i] << 8 | low);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Models, SunSpecStorage,
    testing::Values(
        Storage{"None", [](SunSpecDevice& device) { device.model(120, 26, 0).model(160, 48, 0); }, false},
        Storage{"NotConnected", [](SunSpecDevice& device) { device.model(124, 24); }, false},
        Storage{"Charge", [](SunSpecDevice& device) { device.model(124, 24).word(2, 5000); }, true},
        Storage{"Nameplate", [](SunSpecDevice& device) { device.model(120, 26).word(21, 1000); }, true},
        Storage{"Battery", [](SunSpecDevice& device) { device.model(802, 62); }, true},
        Storage{"Capacity", [](SunSpecDevice& device) { device.model(713, 7).word(2, 10240); }, true},
        Storage{"Strings",
                [](SunSpecDevice& device) {
                    device.model(160, 88, 0);
                    name_string(device, 0, "MPPT 1");
                    name_string(device, 2, "StCha 3");
                },
                true}),
    [](const auto& tested) { return std::string(tested.param.name); });

TEST(SunSpecDriver, WaitsLongerOverTcp) {
    MeterConfig meter;
    meter.driver = DriverKind::SunSpec;
    meter.transport = Transport::Tcp;
    EXPECT_EQ(response_timeout(meter), 5s);
    meter.transport = Transport::RtuOverTcp;
    EXPECT_EQ(response_timeout(meter), 1s);
    meter.transport = Transport::Rtu;
    EXPECT_EQ(response_timeout(meter), 1s);
    meter.driver = DriverKind::CarloGavazzi;
    meter.transport = Transport::Tcp;
    EXPECT_EQ(response_timeout(meter), 1s);
    meter.timeout = 2s;
    EXPECT_EQ(response_timeout(meter), 2s);
}

} // namespace
} // namespace gridbridge
