// Register images with expected values, through the whole driver on each kind of line.
#include "tests/drivers/modbus/test_bus.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <tuple>

#include <nlohmann/json.hpp>

namespace gridbridge {
namespace {

using Json = nlohmann::json;

std::string corpus_file(const std::string& name) {
    const char* folder = std::getenv("GRIDBRIDGE_CORPUS"); // NOLINT(concurrency-mt-unsafe): before any thread
    return std::string(folder != nullptr ? folder : GRIDBRIDGE_CORPUS_DEFAULT) + "/modbus/" + name + ".json";
}

std::optional<std::string> file_text(const std::string& path) {
    std::ifstream file(path);
    if (!file) {
        return std::nullopt;
    }
    return std::string(std::istreambuf_iterator<char>(file), {});
}

const std::map<std::string, Quantity> quantity_paths{{"Power", Quantity::Power},
                                                     {"Current", Quantity::Current},
                                                     {"Voltage", Quantity::Voltage},
                                                     {"PowerFactor", Quantity::PowerFactor},
                                                     {"Energy/Forward", Quantity::EnergyForward},
                                                     {"Energy/Reverse", Quantity::EnergyReverse}};

std::optional<Quantity> quantity_of(std::string path) {
    if (path == "PhaseSequence") {
        return Quantity::PhaseSequence;
    }
    if (path == "Temperature") {
        return Quantity::Temperature;
    }
    if (path == "Ac/Frequency") {
        return Quantity::Frequency;
    }
    if (!path.starts_with("Ac/")) {
        return std::nullopt;
    }
    path.erase(0, 3);
    int phase = 0;
    if (path.size() > 2 && path[0] == 'L' && path[2] == '/') {
        phase = path[1] - '0';
        path.erase(0, 3);
    }
    const auto found = quantity_paths.find(path);
    return found == quantity_paths.end() ? std::nullopt : std::optional(of_phase(found->second, phase));
}

Json identity_value(const MeterInfo& info, const std::string& path) {
    const Json known{{"Serial", info.serial},
                     {"FirmwareVersion", info.firmware},
                     {"HardwareVersion", info.hardware},
                     {"DeviceType", info.device_type},
                     {"DeviceState", info.error_code},
                     {"ProductId", info.product_id},
                     {"RefreshTime", info.refresh_time->count()},
                     {"PhaseConfig", info.phase_config.value_or(-1)},
                     {"SwitchPos", info.switch_position.value_or(-1)},
                     {"NrOfPhases", info.phases.value_or(-1)}};
    return known.contains(path) ? known[path] : Json();
}

void expect_values(const Json& expected, const Reading& reading, const MeterInfo& info) {
    for (const auto& [path, value] : expected.items()) {
        const auto quantity = quantity_of(path);
        if (!quantity) {
            EXPECT_EQ(identity_value(info, path), value) << path;
        } else if (value.is_null()) {
            EXPECT_FALSE(reading.has(*quantity)) << path;
        } else {
            ASSERT_TRUE(reading.has(*quantity)) << path;
            EXPECT_NEAR(*reading.get(*quantity), value.get<double>(), 1e-6) << path;
        }
    }
}

Writes expected_writes(const Json& json) {
    Writes writes;
    for (const Json& write : json["expected_writes"]) {
        writes.emplace_back(std::stoi(write.at(0).get<std::string>(), nullptr, 16), write.at(1).get<int>());
    }
    return writes;
}

using CorpusCase = std::tuple<const char*, Line>;
class Corpus : public testing::TestWithParam<CorpusCase> {};

TEST_P(Corpus, GivesExactlyTheExpectedValuesAndWrites) {
    const auto [name, line] = GetParam();
    const auto text = file_text(corpus_file(name));
    if (!text) {
        GTEST_SKIP() << "NO CORPUS at " << corpus_file(name) << "; set GRIDBRIDGE_CORPUS";
    }
    const Json json = Json::parse(*text);
    const ModbusImage image = parse_modbus_image(*text);
    TestSlave slave(slave_options(line, {image}));
    MeterConfig meter = meter_on(slave, line);
    if (json.value("select_by_configuration", false)) {
        meter.model = name;
    }
    TestDriver driver({meter});
    ASSERT_TRUE(driver.until_readings(10)); // all slow blocks twice at least
    ASSERT_TRUE(driver.seen().info.has_value());
    expect_values(json["expected"], *driver.seen().reading, *driver.seen().info);
    expect_values(json["expected"], driver.seen().all.front(), *driver.seen().info);
    if (json.contains("expected_hires")) {
        expect_values(json["expected_hires"], *driver.seen().reading, *driver.seen().info);
    }
    EXPECT_EQ(slave.writes(), expected_writes(json));
    EXPECT_LE(slave.longest_read(), image.max_words);
    EXPECT_EQ(driver.seen().counters.exceptions, 0U) << driver.log();
    EXPECT_EQ(driver.seen().counters.timeouts, 0U);
    EXPECT_TRUE(driver.seen().info->serial_is_stable);
    EXPECT_EQ(driver.seen().info->estimate_reverse_per_phase, json.contains("expected_first_estimate"));
    EXPECT_EQ(driver.seen().info->kind, "cgwacs");
}

INSTANTIATE_TEST_SUITE_P(Images, Corpus,
                         testing::Combine(testing::Values("em24", "em24_eth", "em111", "et112", "et340",
                                                          "em340_s27", "em530", "em540", "em580"),
                                          testing::Values(Line::Pty, Line::SerialOverTcp, Line::Tcp)),
                         [](const auto& tested) {
                             return std::string(std::get<0>(tested.param)) + "_" +
                                    name_of_line(std::get<1>(tested.param));
                         });

} // namespace
} // namespace gridbridge
