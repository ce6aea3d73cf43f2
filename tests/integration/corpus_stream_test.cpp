// `decode` over every captured and crafted telegram file.
#include "tests/integration/corpus.hpp"
#include "tests/integration/support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

namespace gridbridge::testing_support {
namespace {

using Json = nlohmann::json;

std::vector<Json> decoded(const std::string& dialect, const std::filesystem::path& file,
                          const Json& expected) {
    std::vector<std::string> arguments{"decode", dialect.substr(0, dialect.find('-')), file.string()};
    if (expected.contains("decrypt")) {
        const Json& keys = expected["decrypt"];
        arguments.insert(arguments.end(), {"--key", keys["key"], "--auth-key", keys["auth_key"]});
    }
    const Result result = gridbridge(arguments);
    EXPECT_EQ(result.exit_code, 0) << file << ": " << result.errors;
    std::vector<Json> telegrams;
    std::istringstream lines(result.output);
    std::string line;
    while (std::getline(lines, line)) {
        telegrams.push_back(Json::parse(line, nullptr, false));
        EXPECT_TRUE(telegrams.back().is_object()) << line;
    }
    return telegrams;
}

void expect_object(const Json& got, const Json& expected, const std::string& where) {
    for (const char* key : {"value", "unit", "time"}) {
        if (expected.contains(key)) {
            const auto& value = expected[key];
            const double tolerance = value.is_number() ? std::abs(value.get<double>()) * 1e-9 + 1e-9 : 0.0;
            EXPECT_TRUE(got.contains(key) && same(got[key], value, tolerance))
                << where << " " << got << " " << expected;
        }
    }
}

void expect_telegram(const Json& got, const Json& expected, const std::string& where) {
    const Json objects = expected.value("obis", Json::object());
    for (const auto& [code, object] : objects.items()) {
        const bool optional = object.value("optional", false);
        if (!got["obis"].contains(code)) {
            EXPECT_TRUE(optional) << where << " lacks " << code;
        } else if (!optional) {
            expect_object(got["obis"][code], object, where + " " + code);
        }
    }
    if (!expected.contains("venus")) {
        return;
    }
    for (const auto& [path, value] : expected["venus"].items()) {
        ASSERT_TRUE(got["venus"].contains(path)) << where << " lacks " << path;
        EXPECT_TRUE(same(got["venus"][path], value, tolerance_of(path)))
            << where << " " << path << " is " << got["venus"][path] << ", expected " << value;
    }
}

void check_file(const std::string& dialect, const std::filesystem::path& data) {
    auto expectation = data;
    const Json expected = json_file(expectation.replace_extension(".expected.json"));
    ASSERT_TRUE(expected.is_object()) << expectation;
    const auto telegrams = decoded(dialect, data, expected);
    const std::size_t least = expected["valid_telegrams"].get<std::size_t>();
    const std::size_t most = expected.value("max_valid_telegrams", least);
    EXPECT_GE(telegrams.size(), least) << data;
    EXPECT_LE(telegrams.size(), most) << data;
    const Json list = expected.value("telegrams", Json::array());
    for (std::size_t i = 0; i < list.size() && i < telegrams.size(); ++i) {
        expect_telegram(telegrams[i], list[i], data.filename().string() + " telegram " + std::to_string(i));
    }
}

class CorpusStream : public testing::TestWithParam<const char*> {};

TEST_P(CorpusStream, EveryFileDecodesToItsExpectedValues) {
    const std::string dialect = GetParam();
    const auto folder = corpus() / dialect;
    if (!std::filesystem::exists(folder)) {
        GTEST_SKIP() << "SKIPPED: no corpus at " << corpus() << ": set GRIDBRIDGE_CORPUS";
    }
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const auto& path = entry.path();
        if (path.extension() != ".txt" && path.extension() != ".bin") {
            continue;
        }
        check_file(dialect, path);
        ++files;
    }
    std::printf("%zu files\n", files);
    EXPECT_GT(files, 20U);
}

INSTANTIATE_TEST_SUITE_P(Integration, CorpusStream, testing::Values("p1", "sml", "d0-ascii"),
                         [](const auto& param) {
                             const std::string name = param.param;
                             return name.substr(0, name.find('-'));
                         });

} // namespace
} // namespace gridbridge::testing_support
