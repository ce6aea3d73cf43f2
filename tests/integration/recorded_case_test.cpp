// A recording of a meter with expected values, as the corpus may have it.
#include "tests/integration/recorded_case.hpp"

#include "app/recording/zstd_stream.hpp"
#include "app/simulate/modbus_image.hpp"
#include "app/simulate/simulated_values.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>

namespace gridbridge::testing_support {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A meter whose values stand still, recorded as a user does it.
class RecordedCase : public testing::Test {
  protected:
    RecordedCase() {
        write_image();
        const SimulatedMeter meter("modbus", "tcp://127.0.0.1:0", {"--image", folder_.path("image.json")});
        const Result recorded =
            gridbridge({"record", "--meter", "cg+" + meter.uri + "?interval=250", "--seconds", "3", "-o",
                        folder_.path("meter.pcapng"), "--state-dir", folder_.path("state")});
        EXPECT_EQ(recorded.exit_code, 0) << recorded.errors;
    }

    void write_image() const {
        ModbusImage image = *built_in_image("em24");
        image.move(image, at_);
        Json json{{"unit_id", image.unit}, {"max_words", image.max_words}};
        for (const auto& [address, word] : image.registers) {
            json["registers"][std::to_string(address)] = word;
        }
        for (const auto& [address, word] : image.single) {
            json["single_register_overrides"][std::to_string(address)] = word;
        }
        folder_.write("image.json", json.dump());
    }

    void pack() const {
        std::ifstream in(folder_.path("meter.pcapng"), std::ios::binary);
        const Bytes bytes{std::istreambuf_iterator<char>(in), {}};
        const Bytes small = packed(bytes, Packed::Small);
        folder_.write("meter.pcapng.zst", std::string(small.begin(), small.end()));
    }

    RecordedCases check(const Json& cases) const {
        folder_.write("cases.json", cases.dump());
        return check_recorded_cases(folder_.path("cases.json"));
    }
    static double power() { return std::round(simulate_values(at_).power() * 10) / 10; }

    static constexpr double at_ = 100; // s, of the simulation
    Folder folder_;
};

TEST_F(RecordedCase, IsReadAsItsMeterIs) {
    pack();
    const SimulatedValues values = simulate_values(at_);
    const Json expect{{"values",
                       {{"Ac/Power", power()},
                        {"Ac/L1/Voltage", values.phases[0].voltage},
                        {"Ac/Energy/Forward", Json::array({-1, values.energy_in})},
                        {"Ac/NoSuchPath", nullptr},
                        {"Serial", "BX1230010001S"}}},
                      {"only", {{"Ac/Power", Json::array({power()})}}},
                      {"nonull", Json::array({"Ac/Power"})},
                      {"reach", {{"Ac/Power", Json::array({power(), 3})}}}};
    const RecordedCases cases =
        check(Json::array({{{"name", "plain"}, {"recording", "meter.pcapng"}, {"expect", expect}},
                           {{"name", "small"},
                            {"recording", "meter.pcapng.zst"},
                            {"serial", "BX1230010001S"},
                            {"expect", expect}},
                           {{"name", "of a simulation"}, {"image", "image.json"}}}));
    EXPECT_EQ(cases.count, 2U);
    EXPECT_THAT(cases.problems, IsEmpty());
}

TEST_F(RecordedCase, OfNobodyOrNowhereIsNamed) {
    const Json expect{{"values", {{"Ac/Power", power()}}}};
    const RecordedCases cases = check(
        Json::array({{{"name", "a"}, {"recording", "meter.pcapng"}, {"serial", "OTHER"}, {"expect", expect}},
                     {{"name", "b"}, {"recording", "none.pcapng"}, {"expect", expect}}}));
    EXPECT_THAT(cases.problems,
                ElementsAre(HasSubstr("a: 0 meters are \"OTHER\""), HasSubstr("none.pcapng")));
}

constexpr const char* two_meters = R"(0.100000 N/case/system/0/Serial {"value":"case"}
0.200000 N/case/grid/30/Serial {"value":"A"}
0.200000 N/case/grid/30/Ac/Power {"value":100}
4.000000 N/case/grid/30/Ac/Power {"value":null}
5.000000 N/case/grid/30/Ac/Power {"value":101}
0.300000 N/case/pvinverter/31/Serial {"value":"B"}
0.300000 N/case/pvinverter/31/Ac/Power {"value":7}
9.000000 N/case/pvinverter/31/Ac/Power 
)";

std::vector<std::string> problems(const Json& serial, const Json& expect) {
    return problems_of_case({{"serial", serial}, {"expect", expect}}, two_meters);
}

TEST(RecordedCaseCheck, WhatIsAsExpectedIsNotNamed) {
    EXPECT_THAT(problems("A", {{"values", {{"Ac/Power", 101.05}, {"Serial", "A"}, {"No", nullptr}}},
                               {"only", {{"Ac/Power", {100, 101}}}},
                               {"nonull", Json::array({"Serial"})},
                               {"reach", {{"Ac/Power", {101, 5}}}}}),
                IsEmpty());
    EXPECT_THAT(problems("B", {{"values", {{"Ac/Power", nullptr}}}}), IsEmpty()) << "it was withdrawn";
}

TEST(RecordedCaseCheck, WhatIsNotAsExpectedIsNamed) {
    EXPECT_THAT(
        problems("A", {{"values", {{"Ac/Power", 101.1}, {"No", 1}, {"Serial", {"B", nullptr}}}}}),
        ElementsAre("Ac/Power is 101, not 101.1", "No is null, not 1", "Serial is \"A\", not [\"B\",null]"));
    EXPECT_THAT(problems("A", {{"only", {{"Ac/Power", Json::array({101})}, {"No", Json::array({1})}}}}),
                ElementsAre(HasSubstr("Ac/Power is 100 at 0.2"), "No never has a value"));
    EXPECT_THAT(problems("A", {{"nonull", {"Ac/Power", "No"}}}),
                ElementsAre(HasSubstr("Ac/Power is null at 4.0"), "No never has a value"));
    EXPECT_THAT(problems("A", {{"reach", {{"Ac/Power", {101, 4.9}}}}}),
                ElementsAre("Ac/Power does not reach 101 within 4.9 s"));
    EXPECT_THAT(problems("A", {{"maxlines", 3}}), ElementsAre("`maxlines` cannot be asked of a recording"));
    EXPECT_THAT(problems("A", Json::object()), ElementsAre("nothing is expected"));
}

TEST(RecordedCaseCheck, OfSeveralMetersOneIsMeant) {
    const Json expect{{"values", {{"Ac/Power", 101}}}};
    EXPECT_THAT(problems(nullptr, expect), ElementsAre("2 meters: `serial` tells which is meant"));
    EXPECT_THAT(problems("C", expect), ElementsAre("0 meters are \"C\""));
}

} // namespace
} // namespace gridbridge::testing_support
