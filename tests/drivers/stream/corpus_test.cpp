// Captures of real meters with expected values. The data is not part of the project.
#include "drivers/stream/cipher/cipher_frame.hpp"
#include "drivers/stream/obis/obis_map.hpp"
#include "tests/drivers/stream/capture.hpp"
#include "tests/drivers/stream/support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace gridbridge::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

fs::path corpus_folder() {
    const char* const place = std::getenv("GRIDBRIDGE_CORPUS"); // NOLINT(concurrency-mt-unsafe)
    return place != nullptr ? fs::path(place) : fs::path(GRIDBRIDGE_DEFAULT_CORPUS);
}

// Decoders of a file: of an encrypted one with its authentication key and without it.
std::vector<MakeDecoder> makers_of(const std::string& dialect, const json& expected) {
    if (!expected.contains("decrypt")) {
        return {dialect == "p1" ? make_p1 : dialect == "sml" ? make_sml : make_d0};
    }
    const CipherKey key = parse_cipher_key(expected["decrypt"]["key"].get<std::string>()).value();
    const auto with = [key](std::optional<CipherKey> authentication) {
        return [key, authentication](TelegramSink sink) {
            return std::make_unique<CipherDecoder>(std::move(sink), CipherKeys{key, authentication});
        };
    };
    return {with(parse_cipher_key(expected["decrypt"]["auth_key"].get<std::string>()).value()),
            with(std::nullopt)};
}

struct VenusPath {
    std::string_view path;
    Quantity quantity;
    double tolerance; // of the rounding in the outlet
};
constexpr VenusPath venus_paths[] = {
    {"Ac/Power", Quantity::Power, 0.006},
    {"Ac/L1/Power", Quantity::PowerL1, 0.006},
    {"Ac/L2/Power", Quantity::PowerL2, 0.006},
    {"Ac/L3/Power", Quantity::PowerL3, 0.006},
    {"Ac/L1/Voltage", Quantity::VoltageL1, 0.006},
    {"Ac/L2/Voltage", Quantity::VoltageL2, 0.006},
    {"Ac/L3/Voltage", Quantity::VoltageL3, 0.006},
    {"Ac/L1/Current", Quantity::CurrentL1, 0.0006},
    {"Ac/L2/Current", Quantity::CurrentL2, 0.0006},
    {"Ac/L3/Current", Quantity::CurrentL3, 0.0006},
    {"Ac/Energy/Forward", Quantity::EnergyForward, 0.0006},
    {"Ac/Energy/Reverse", Quantity::EnergyReverse, 0.0006},
    {"Ac/Frequency", Quantity::Frequency, 0.0006},
};

void check_venus(const json& expected, const Telegram& telegram) {
    const Reading reading = to_reading(telegram);
    for (const auto& [path, value] : expected.items()) {
        const auto* const row =
            std::find_if(std::begin(venus_paths), std::end(venus_paths),
                         [&, p = &path](const VenusPath& known) { return known.path == *p; });
        ASSERT_NE(row, std::end(venus_paths)) << "no quantity for " << path;
        const auto actual = reading.get(row->quantity);
        if (value.is_null()) {
            EXPECT_FALSE(actual) << path;
            continue;
        }
        ASSERT_TRUE(actual) << path << " is missing";
        EXPECT_NEAR(*actual, value.get<double>(), row->tolerance) << path;
    }
}

void check_object(const std::string& code, const json& expected, const Telegram& telegram) {
    const ObisObject* const object = find(telegram, code);
    if (object == nullptr) {
        EXPECT_TRUE(expected.value("optional", false)) << code << " is missing";
        return;
    }
    EXPECT_EQ(object->time, expected.value("time", "")) << code;
    EXPECT_EQ(object->unit, expected.value("unit", "")) << code;
    if (expected.contains("groups")) {
        EXPECT_EQ(object->groups, expected["groups"].get<std::vector<std::string>>()) << code;
    } else if (expected["value"].is_string()) {
        EXPECT_FALSE(object->number) << code;
        EXPECT_EQ(object->text, expected["value"].get<std::string>()) << code;
    } else {
        ASSERT_TRUE(object->number) << code << " is no number";
        EXPECT_DOUBLE_EQ(*object->number, expected["value"].get<double>()) << code;
    }
}

void check_telegram(const json& expected, const Telegram& telegram) {
    for (const auto& [code, object] : expected["obis"].items()) {
        check_object(code, object, telegram);
    }
    check_venus(expected["venus"], telegram);
    for (const auto& [key, actual] :
         {std::pair("ident", &Telegram::ident), std::pair("serial", &Telegram::serial),
          std::pair("server_id", &Telegram::server_id)}) {
        if (expected.contains(key)) {
            EXPECT_EQ(telegram.*actual, expected[key].get<std::string>()) << key;
        }
    }
}

void check_counts(const json& expected, const Decoded& decoded) {
    const auto least = expected["valid_telegrams"].get<std::size_t>();
    const auto most = expected.value("max_valid_telegrams", least);
    EXPECT_GE(decoded.telegrams.size(), least);
    EXPECT_LE(decoded.telegrams.size(), most);
    EXPECT_EQ(decoded.counters.telegrams, decoded.telegrams.size());
    for (const Telegram& telegram : decoded.telegrams) {
        for (const ObisObject& object : telegram.objects) {
            EXPECT_TRUE(!object.number || std::isfinite(*object.number));
        }
    }
}

std::string describe(const StreamCounters& counters) {
    std::string text = "skipped " + std::to_string(counters.skipped_bytes) + ", rejected";
    for (const std::uint64_t count : counters.rejected) {
        text += ' ' + std::to_string(count);
    }
    return text;
}

void expect_same(const Decoded& first, const Decoded& second) {
    EXPECT_EQ(first.raw, second.raw);
    EXPECT_EQ(describe(first.counters), describe(second.counters));
}

class Corpus : public testing::TestWithParam<std::string> {};

TEST_P(Corpus, DecodesAsExpected) {
    const fs::path folder = corpus_folder() / GetParam();
    if (!fs::is_directory(folder)) {
        GTEST_SKIP() << "NO CORPUS at " << folder << ": set GRIDBRIDGE_CORPUS";
    }
    std::size_t files = 0;
    std::mt19937 random(1);
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() == ".json") {
            continue;
        }
        const std::string name = capture_name(entry.path());
        SCOPED_TRACE(name);
        std::ifstream file(folder / (name + ".expected.json"));
        const json expected = json::parse(file);
        const Bytes bytes = captured_bytes(entry.path(), GetParam().substr(0, GetParam().find('-')));
        for (const MakeDecoder& make : makers_of(GetParam(), expected)) {
            const auto started = std::chrono::steady_clock::now();
            const Decoded decoded = decode_whole(make, bytes);
            const auto taken = std::chrono::steady_clock::now() - started;
            EXPECT_LT(taken, std::chrono::seconds(2)) << "slow build included";
            check_counts(expected, decoded);
            const json telegrams = expected.value("telegrams", json::array());
            for (std::size_t i = 0; i < std::min(telegrams.size(), decoded.telegrams.size()); ++i) {
                SCOPED_TRACE("telegram " + std::to_string(i));
                check_telegram(telegrams[i], decoded.telegrams[i]);
            }
            expect_same(decoded, decode(make, bytes, [] { return std::size_t{1}; }));
            expect_same(decoded, decode(make, bytes, [&] { return std::size_t{random() % 700}; }));
        }
        ++files;
    }
    GTEST_LOG_(INFO) << files << " files of " << GetParam() << " checked";
    EXPECT_GT(files, 0U);
}

INSTANTIATE_TEST_SUITE_P(Stream, Corpus, testing::Values("p1", "sml", "d0-ascii"),
                         [](const auto& param) { return param.param.substr(0, param.param.find('-')); });

} // namespace
} // namespace gridbridge::test
