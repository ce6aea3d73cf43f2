// `read --json` against `simulate --image` with register images of real meters.
#include "tests/integration/corpus.hpp"
#include "tests/integration/support.hpp"

#include <gtest/gtest.h>

#include <tuple>

namespace gridbridge::testing_support {
namespace {

using Param = std::tuple<const char*, const char*>; // model, transport

class CorpusModbus : public testing::TestWithParam<Param> {};

TEST_P(CorpusModbus, GivesTheExpectedValues) {
    const auto [model, transport] = GetParam();
    const auto file = corpus() / "modbus" / (std::string(model) + ".json");
    if (!std::filesystem::exists(file)) {
        GTEST_SKIP() << "SKIPPED: no corpus at " << corpus() << ": set GRIDBRIDGE_CORPUS";
    }
    const auto image = json_file(file);
    const Folder folder;
    const std::string where = std::string(transport) == "rtu" ? folder.path("port") : "127.0.0.1:0";
    const SimulatedMeter meter("modbus", transport + ("://" + where), {"--image", file.string()});
    const Result result =
        gridbridge({"read", "--json", "--meter", "cg+" + meter.uri, "--state-dir", folder.path("state")});
    ASSERT_EQ(result.exit_code, 0) << result.errors;
    const auto venus = nlohmann::json::parse(result.output)["venus"];
    const auto hires = image.value("expected_hires", nlohmann::json::object());
    for (const char* section : {"expected", "expected_first_estimate"}) {
        const auto values = image.value(section, nlohmann::json::object());
        for (const auto& [path, value] : values.items()) {
            ASSERT_TRUE(venus.contains(path)) << path;
            const double tolerance = tolerance_of(path);
            const bool right = same(venus[path], value, tolerance) ||
                               (hires.contains(path) && same(venus[path], hires[path], tolerance));
            EXPECT_TRUE(right) << path << " is " << venus[path] << ", expected " << value;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Integration, CorpusModbus,
                         testing::Combine(testing::Values("em24", "em24_eth", "em540"),
                                          testing::Values("rtu", "tcp", "rtutcp")),
                         [](const auto& param) {
                             return std::string(std::get<0>(param.param)) + "_" + std::get<1>(param.param);
                         });

} // namespace
} // namespace gridbridge::testing_support
