// `gridbridge read` beside a service: it reads as the service reads and changes nothing.
#include "mqtt/settings/settings.hpp"
#include "tests/integration/modbus_client.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

namespace gridbridge::testing_support {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::uint16_t em24_measuring_system = 0x1102; // 0 = 3P.n, 3 = 1P

// Contents by path of everything below a folder.
std::map<std::string, std::string> contents_of(const std::string& folder) {
    std::map<std::string, std::string> contents;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) {
            std::ifstream file(entry.path());
            contents[entry.path()] = {std::istreambuf_iterator<char>(file), {}};
        }
    }
    return contents;
}

// A state directory in which a client has chosen the use for one phase.
std::string single_phase_state(const Folder& folder, const std::string& device_id) {
    Settings settings;
    settings.device(device_id).supports_multiphase = true;
    settings.set_class(device_id, "grid", false);
    settings.write(device_id, "IsMultiphase", 0);
    std::filesystem::create_directory(folder.path("state"));
    folder.write("state/settings.json", settings.to_json());
    return folder.path("state");
}

void expect_single_phase(const Result& read) {
    ASSERT_EQ(read.exit_code, 0) << read.errors;
    const auto venus = nlohmann::json::parse(read.output)["venus"];
    EXPECT_EQ(venus["NrOfPhases"], 1);
    EXPECT_TRUE(venus["Ac/Power"].is_number());
    EXPECT_EQ(venus["Ac/Power"], venus["Ac/L1/Power"]);
    EXPECT_TRUE(venus["Ac/L2/Power"].is_null());
    EXPECT_TRUE(venus["Ac/L3/Power"].is_null());
}

TEST(Read, AStoredUseForOnePhaseIsReadAndNothingIsWritten) {
    const Folder folder;
    const std::string state = single_phase_state(folder, "cgwacs_BX1230010001S");
    const auto before = contents_of(state);
    const SimulatedMeter meter("em24", "tcp://127.0.0.1:0");
    ModbusClient master(std::stoi(meter.uri.substr(meter.uri.rfind(':') + 1)));
    ASSERT_TRUE(master.write(em24_measuring_system, 3)) << "as the service has set it up";
    const Result read = gridbridge({"read", "--json", "--meter", "cg+" + meter.uri, "--state-dir", state});
    expect_single_phase(read);
    EXPECT_EQ(master.read(em24_measuring_system, 1), (ModbusClient::Words{3})) << read.errors;
    EXPECT_THAT(read.errors, Not(HasSubstr("measuring system")));
    EXPECT_EQ(contents_of(state), before);
}

TEST(Read, AStoredUseForOnePhaseOfAnEm540) {
    const Folder folder;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const std::vector<std::string> read{"read", "--json", "--meter", "cg+" + meter.uri};
    const Result plain = gridbridge(read);
    ASSERT_EQ(plain.exit_code, 0) << plain.errors;
    const auto json = nlohmann::json::parse(plain.output);
    EXPECT_EQ(json["venus"]["NrOfPhases"], 3);
    const std::string state =
        single_phase_state(folder, "cgwacs_" + json["meter"]["serial"].get<std::string>());
    const auto before = contents_of(state);
    std::vector<std::string> with_state = read;
    with_state.insert(with_state.end(), {"--state-dir", state});
    expect_single_phase(gridbridge(with_state));
    EXPECT_EQ(contents_of(state), before);
}

TEST(Read, AMeterThatSaysNothingIsAnErrorBesideOneThatDoes) {
    const Folder folder;
    const SimulatedMeter meter("em24", "tcp://127.0.0.1:0");
    const Result read = gridbridge({"read", "--json", "--meter", "cg+" + meter.uri, "--meter",
                                    "cg+tcp://127.0.0.1:1", "--state-dir", folder.path("state")});
    EXPECT_NE(read.exit_code, 0);
    EXPECT_THAT(read.output, HasSubstr("BX1230010001S"));
    EXPECT_THAT(read.errors, HasSubstr("error: cg+tcp://127.0.0.1:1: no complete reading within 30 s: "));
    EXPECT_FALSE(std::filesystem::exists(folder.path("state"))) << "nothing is made";
}

} // namespace
} // namespace gridbridge::testing_support
