// What clients write about phases, the second service and held counters.
#include "tests/mqtt/bridge/writes_world.hpp"

#include <gmock/gmock.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST_F(WritesTest, SecondServiceOnPhaseTwo) {
    EXPECT_EQ(orders_.phase_mode("cgwacs_BX0120064003P"), std::nullopt) << "nobody chose";
    EXPECT_EQ(write(device + "_S/Enabled", R"({"value":1})"),
              device + "/IsMultiphase {\"value\":0}\n" + device + "_S/Enabled {\"value\":1}\n");
    EXPECT_EQ(orders_.phase_mode("cgwacs_BX0120064003P"), (PhaseMode{false, true}));
    const std::string came = venus(update(second_service, second_info()));
    EXPECT_THAT(came, HasSubstr("pvinverter/30/Serial {\"value\":\"BX0120064003P_S\"}\n"));
    EXPECT_THAT(came, HasSubstr(R"(AllowedRoles {"value":["pvinverter","acload","evcharger","heatpump"]})"));
    EXPECT_THAT(came, HasSubstr("pvinverter/30/CustomName {\"value\":\"\"}\n")) << "not the main one's name";
    EXPECT_EQ(write("pvinverter/30/Role", R"({"value":"grid"})"), "");
    EXPECT_THAT(write("pvinverter/30/CustomName", R"({"value":"PV"})"), HasSubstr(device + "_S/CustomName"));

    settings_ = Settings::from_json(settings_.to_json()).value();
    Orders fresh;
    orders_.set_phase_mode("cgwacs_BX0120064003P", {});
    start();
    bridge_->give_phase_modes();
    EXPECT_EQ(orders_.phase_mode("cgwacs_BX0120064003P"), (PhaseMode{false, true})) << "before drivers start";
    EXPECT_THAT(venus(update(second_service, second_info())),
                HasSubstr("pvinverter/30/CustomName {\"value\":\"PV\"}\n"));

    const std::string left = write(device + "/IsMultiphase", R"({"value":1})");
    EXPECT_THAT(left,
                AllOf(HasSubstr(device + "_S/Enabled {\"value\":0}\n"), HasSubstr("pvinverter/30/Serial \n")))
        << "it leaves at once";
    EXPECT_EQ(orders_.phase_mode("cgwacs_BX0120064003P"), (PhaseMode{true, false}));
    EXPECT_EQ(venus(update(second_service, {})), "") << "a late reading brings nothing back";
}

// One number for one device, also for services that are not switched on.
TEST_F(WritesTest, SecondServicesAreOfferedNumbersThatNobodyElseHas) {
    MeterInfo another = em24_info("A");
    another.supports_multiphase = true;
    another.phases = 3;
    update(other, another);
    const std::string devices = "settings/0/Settings/Devices/cgwacs_";
    const auto number = [&](const std::string& serial) {
        const std::string text = read(devices + serial + "/ClassAndVrmInstance");
        return text.substr(text.find(' ') + 1);
    };
    EXPECT_EQ(number("A_S"), "{\"value\":\"pvinverter:30\"}\n");
    EXPECT_EQ(number("BX0120064003P_S"), "{\"value\":\"pvinverter:31\"}\n");
    const std::string moved = write("grid/31/Role", R"({"value":"pvinverter"})"); // wishes to keep its 31
    EXPECT_THAT(moved,
                AllOf(HasSubstr("cgwacs_A/ClassAndVrmInstance {\"value\":\"pvinverter:31\"}\n"),
                      HasSubstr("BX0120064003P_S/ClassAndVrmInstance {\"value\":\"pvinverter:32\"}\n")));
    EXPECT_THAT(venus(update(second_service, second_info())),
                HasSubstr("pvinverter/32/Serial {\"value\":\"BX0120064003P_S\"}\n"))
        << "what it was offered";
    EXPECT_EQ(number("A_S"), "{\"value\":\"pvinverter:30\"}\n");
}

TEST_F(WritesTest, SwitchingTheSecondServiceOffLeavesASinglePhaseMeter) {
    write(device + "_S/Enabled", R"({"value":1})");
    EXPECT_EQ(write(device + "_S/Enabled", R"({"value":0})"), device + "_S/Enabled {\"value\":0}\n");
    EXPECT_EQ(orders_.phase_mode("cgwacs_BX0120064003P"), (PhaseMode{false, false}));
}

TEST_F(WritesTest, AMeterWithoutAChoiceTakesNone) {
    MeterInfo et112 = em24_info("E");
    et112.phases = 1;
    update(other, et112);
    EXPECT_THAT(read("settings/0/Settings/Devices/cgwacs_E"), HasSubstr("IsMultiphase {\"value\":0}"));
    EXPECT_EQ(write("settings/0/Settings/Devices/cgwacs_E/IsMultiphase", R"({"value":1})"), "");
    EXPECT_EQ(read("settings/0/Settings/Devices/cgwacs_E_S"), "");
}

TEST_F(WritesTest, PhaseConfigIsAnOrderToTheMeter) {
    MeterInfo info = em24_info();
    info.phase_config = 0;
    update(first, info);
    for (const char* refused : {"5", "-1", "0", "\"x\"", "null"}) {
        write("grid/30/PhaseConfig", "{\"value\":" + std::string(refused) + "}");
    }
    EXPECT_EQ(orders_.take(first), std::nullopt);
    EXPECT_EQ(write("grid/30/PhaseConfig", R"({"value":3})"), "") << "announced when the meter has it";
    EXPECT_EQ(orders_.take(first), Order(SetPhaseConfig{3}));
    info.phase_config = 3;
    EXPECT_THAT(venus(update(first, info)), HasSubstr("grid/30/PhaseConfig {\"value\":3}\n"));
}

class CountersTest : public WritesTest {
  protected:
    std::string take(double kwh) {
        now_ += 1s;
        Reading reading = grid_reading(now_);
        reading.set(Quantity::EnergyForward, kwh);
        Messages out;
        bridge_->update(update_of(first, {}, reading), now_, out);
        return venus(out);
    }
};

TEST_F(CountersTest, AFallIsNullUntilConfirmedByAWrite) {
    EXPECT_THAT(take(0), AllOf(HasSubstr("grid/30/Ac/Energy/Forward {\"value\":null}\n"),
                               HasSubstr("grid/30/ConfirmCounters {\"value\":1}\n")));
    EXPECT_THAT(log_, HasSubstr("energy_forward fell from 5276.4 to 0.0 kWh: null until it is back"));
    EXPECT_EQ(write("grid/30/ConfirmCounters", R"({"value":0})"), "");
    EXPECT_EQ(write("grid/30/ConfirmCounters", R"({"value":1})"), "grid/30/ConfirmCounters {\"value\":0}\n");
    EXPECT_THAT(log_, HasSubstr("meter exchange: energy_forward continues at 0.0 kWh instead of 5276.4"));
    EXPECT_THAT(take(0), HasSubstr("grid/30/Ac/Energy/Forward {\"value\":0.0}\n"));
}

TEST_F(CountersTest, ADamagedDigitIsNullAndTheRightOneIsThereAtOnce) {
    EXPECT_THAT(take(305276.4), HasSubstr("grid/30/Ac/Energy/Forward {\"value\":null}\n"));
    EXPECT_THAT(log_,
                HasSubstr("energy_forward rose from 5276.4 to 305276.4 kWh, more than 69.0 kW would bring"));
    EXPECT_THAT(take(5276.4), AllOf(HasSubstr("grid/30/Ac/Energy/Forward {\"value\":5276.4}\n"),
                                    HasSubstr("grid/30/ConfirmCounters {\"value\":0}\n")));
}

TEST_F(CountersTest, TheMarkSurvivesARestartAndBelongsToTheSerialNumber) {
    take(5276.5);
    restart();
    EXPECT_THAT(read("grid/30/Ac/Energy/Forward"), HasSubstr("null")) << "5276.4 after 5276.5";
    EXPECT_THAT(take(5276.6), HasSubstr("Forward {\"value\":5276.6}"));
    EXPECT_THAT(venus(update(first, em24_info("new"))), HasSubstr("Energy/Forward {\"value\":5276.4}"))
        << "another meter has its own";
    EXPECT_THAT(venus(update(first, em24_info())), HasSubstr("Energy/Forward {\"value\":null}"))
        << "and the first one its old mark";
}

TEST_F(CountersTest, AnotherUseOfThePhasesIsNoFall) {
    take(5276.5);
    MeterInfo single = em24_info();
    single.supports_multiphase = true;
    single.multiphase = false;
    single.phases = 1;
    Messages out;
    bridge_->update(update_of(first, single, Reading{}), now_, out);
    EXPECT_THAT(take(2000), HasSubstr("grid/30/Ac/Energy/Forward {\"value\":2000.0}\n"));
    EXPECT_THAT(log_, Not(HasSubstr("energy_forward fell")));
    EXPECT_THAT(take(0), HasSubstr("grid/30/Ac/Energy/Forward {\"value\":null}\n")) << "this one is";
}

TEST_F(CountersTest, HeldCountersAndPhaseSumsAreInTheHealth) {
    take(0);
    for (int i = 0; i < 5; ++i) {
        now_ += 1s;
        Reading reading = grid_reading(now_);
        reading.set(Quantity::Power, 9000);
        Messages out;
        bridge_->update(update_of(first, {}, reading), now_, out);
    }
    Messages out;
    bridge_->connected(now_, out);
    const std::string text = as_text(out);
    EXPECT_THAT(text,
                AllOf(HasSubstr("\"phase_sum_differences\":5"), HasSubstr("\"phase_sum_differs_w\":9629"),
                      HasSubstr("\"phase_sum_differs_s\":4"), HasSubstr("\"counters_held_back\":1")));
}

} // namespace
} // namespace gridbridge
