// Register images with expected values, through the whole driver on each kind of line.
#include "tests/drivers/modbus/test_bus.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

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

struct CorpusCase {
    const char* image;
    Line line;
};

class Corpus : public testing::TestWithParam<CorpusCase> {};

TEST_P(Corpus, GivesExactlyTheExpectedValuesAndWrites) {
    const auto text = file_text(corpus_file(GetParam().image));
    if (!text) {
        GTEST_SKIP() << "NO CORPUS at " << corpus_file(GetParam().image) << "; set GRIDBRIDGE_CORPUS";
    }
    const Json json = Json::parse(*text);
    const ModbusImage image = parse_modbus_image(*text);
    TestSlave slave(slave_options(GetParam().line, {image}));
    TestDriver driver({meter_on(slave, GetParam().line)});
    ASSERT_TRUE(driver.until_readings(10)); // all slow blocks twice at least
    ASSERT_TRUE(driver.seen().info.has_value());
    expect_values(json["expected"], *driver.seen().reading, *driver.seen().info);
    expect_values(json["expected"], driver.seen().all.front(), *driver.seen().info);
    if (json.contains("expected_hires")) {
        expect_values(json["expected_hires"], *driver.seen().reading, *driver.seen().info);
    }
    EXPECT_EQ(slave.writes(), json["expected_writes"].get<Writes>());
    EXPECT_LE(slave.longest_read(), image.max_words);
    EXPECT_EQ(driver.seen().counters.exceptions, 0U) << driver.log();
    EXPECT_EQ(driver.seen().counters.timeouts, 0U);
    EXPECT_TRUE(driver.seen().info->serial_is_stable);
    EXPECT_TRUE(driver.seen().info->estimate_reverse_per_phase);
    EXPECT_EQ(driver.seen().info->kind, "cgwacs");
}

INSTANTIATE_TEST_SUITE_P(Images, Corpus,
                         testing::Values(CorpusCase{"em24", Line::Pty},
                                         CorpusCase{"em24", Line::SerialOverTcp},
                                         CorpusCase{"em24", Line::Tcp}, CorpusCase{"em540", Line::Pty},
                                         CorpusCase{"em540", Line::SerialOverTcp},
                                         CorpusCase{"em540", Line::Tcp}, CorpusCase{"em24_eth", Line::Tcp}),
                         [](const auto& tested) {
                             return std::string(tested.param.image) + "_" + name_of_line(tested.param.line);
                         });

} // namespace
} // namespace gridbridge
