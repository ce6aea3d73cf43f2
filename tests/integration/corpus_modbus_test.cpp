// `read --json` against `simulate --image` with register images of real meters, and recordings of them.
#include "tests/integration/corpus.hpp"
#include "tests/integration/recorded_case.hpp"
#include "tests/integration/support.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <tuple>

namespace gridbridge::testing_support {
namespace {

using Param = std::tuple<const char*, const char*>; // model, transport

// Register addresses come as text ("0x1103"), values as numbers.
using Settings = std::map<int, int>;

int address_of(const std::string& text) {
    return std::stoi(text, nullptr, 0);
}

// The value of every writable register of a simulated meter, as another master (mbpoll) reads it.
std::optional<int> setting_at(const std::string& port, int address) {
    const Result result = run({"mbpoll", "-m", "tcp", "-p", port, "-a", "1", "-0", "-r",
                               std::to_string(address), "-c", "1", "-t", "4", "-1", "127.0.0.1"});
    const auto at = result.output.find("]:");
    return at == std::string::npos ? std::nullopt : std::optional(std::stoi(result.output.substr(at + 2)));
}

Settings expected_settings(const nlohmann::json& image) {
    Settings settings;
    const auto writable = image.value("writable", nlohmann::json::object());
    for (const auto& [address, range] : writable.items()) {
        settings[address_of(address)] = image["registers"][address].get<int>();
    }
    for (const auto& write : image["expected_writes"]) {
        settings[address_of(write[0])] = write[1];
    }
    return settings;
}

class CorpusModbus : public testing::TestWithParam<Param> {};

TEST_P(CorpusModbus, GivesTheExpectedValuesAndSetsTheMeterUp) {
    const auto [model, transport] = GetParam();
    const auto file = corpus() / "modbus" / (std::string(model) + ".json");
    if (!std::filesystem::exists(file)) {
        GTEST_SKIP() << "SKIPPED: no corpus at " << corpus() << ": set GRIDBRIDGE_CORPUS";
    }
    const auto image = json_file(file);
    const Folder folder;
    const bool by_configuration = image.value("select_by_configuration", false);
    const std::string where = std::string(transport) == "rtu" ? folder.path("port") : "127.0.0.1:0";
    const SimulatedMeter meter("modbus", transport + ("://" + where), {"--image", file.string()});
    const Result result =
        gridbridge({"read", "--json", "--meter", (by_configuration ? "em580+" : "cg+") + meter.uri,
                    "--state-dir", folder.path("state")});
    ASSERT_EQ(result.exit_code, 0) << result.errors;
    const auto venus = nlohmann::json::parse(result.output)["venus"];
    const auto hires = image.value("expected_hires", nlohmann::json::object());
    for (const char* section : {"expected", "expected_first_estimate"}) {
        const auto values = image.value(section, nlohmann::json::object());
        for (const auto& [path, value] : values.items()) {
            if (path == "DeviceState") {
                EXPECT_EQ(venus["ErrorCode"], value);
                continue;
            }
            if (!venus.contains(path)) {
                EXPECT_TRUE(value.is_null()) << path << " is missing";
                continue;
            }
            const double tolerance = tolerance_of(path);
            const bool right = same(venus[path], value, tolerance) ||
                               (hires.contains(path) && same(venus[path], hires[path], tolerance));
            EXPECT_TRUE(right) << path << " is " << venus[path] << ", expected " << value;
        }
    }
    // One line of the log per setting that was changed, and no other register has changed.
    const auto& writes = image["expected_writes"];
    std::size_t written = 0;
    for (std::size_t at = result.errors.find("; written"); at != std::string::npos;
         at = result.errors.find("; written", at + 1)) {
        ++written;
    }
    EXPECT_EQ(written, writes.size()) << result.errors;
    for (const auto& write : writes) {
        EXPECT_NE(result.errors.find(write[0].get<std::string>()), std::string::npos) << result.errors;
    }
    if (std::string(transport) == "tcp") {
        ASSERT_TRUE(std::filesystem::exists("/usr/bin/mbpoll")) << "install mbpoll";
        const std::string port = meter.uri.substr(meter.uri.rfind(':') + 1);
        for (const auto& [address, value] : expected_settings(image)) {
            EXPECT_EQ(setting_at(port, address), value) << address;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Integration, CorpusModbus,
                         testing::Combine(testing::Values("em111", "em24", "em24_eth", "em340_s27", "em530",
                                                          "em540", "em580", "et112", "et340"),
                                          testing::Values("rtu", "tcp", "rtutcp")),
                         [](const auto& param) {
                             return std::string(std::get<0>(param.param)) + "_" + std::get<1>(param.param);
                         });

TEST(CorpusModbusRecordings, GiveTheExpectedValues) {
    const auto folder = corpus() / "field-modbus";
    if (!std::filesystem::exists(folder)) {
        GTEST_SKIP() << "SKIPPED: no corpus at " << corpus() << ": set GRIDBRIDGE_CORPUS";
    }
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".json") {
            continue;
        }
        const RecordedCases cases = check_recorded_cases(entry.path());
        count += cases.count;
        for (const std::string& problem : cases.problems) {
            ADD_FAILURE() << entry.path().filename() << ": " << problem;
        }
    }
    if (count == 0) {
        GTEST_SKIP() << "SKIPPED: no recording among the cases in " << folder;
    }
}

} // namespace
} // namespace gridbridge::testing_support
