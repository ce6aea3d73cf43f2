// Good streams are never named anything: not while a telegram is on its way, not when one was joined inside.
#include "tests/drivers/stream/capture.hpp"
#include "tests/drivers/stream/recognise/fixtures.hpp"
#include "tests/drivers/stream/recognise/watched.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <map>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
namespace fs = std::filesystem;

struct Good {
    std::string name;
    MeterConfig meter;
    std::function<Bytes(std::size_t)> telegram; // the n-th
    double bytes_per_second;
    Clock::duration period;
};

void PrintTo(const Good& row, std::ostream* out) {
    *out << row.name;
}

std::vector<Good> good_streams() {
    using enum DriverKind;
    const auto p1 = [](std::size_t n) {
        return bytes_of(p1_telegram(simulate_values(static_cast<double>(n))));
    };
    const auto dsmr3 = [](std::size_t n) {
        return bytes_of(p1_telegram(simulate_values(static_cast<double>(n)), {.has_crc = false}));
    };
    const auto sml = [](std::size_t n) { return sml_telegram(simulate_values(static_cast<double>(n))); };
    const auto d0 = [](const D0Meter& meter) {
        return [meter](std::size_t n) {
            return bytes_of(d0_telegram(simulate_values(static_cast<double>(n)), meter));
        };
    };
    const auto encrypted = [p1](std::size_t n) {
        return test::encrypted(p1(n), bytes::key, bytes::public_auth, static_cast<std::uint8_t>(n));
    };
    const MeterConfig with_key = watched_meter(P1, bytes::key_text);
    return {
        {"P1", watched_meter(P1), p1, 11520, 1s},
        {"P1Every10s", watched_meter(P1), p1, 11520, 10s},
        {"P1EveryMinute", watched_meter(P1), p1, 11520, 60s},
        {"Dsmr3", watched_meter(P1), dsmr3, 960, 10s},
        {"Dsmr3WithParity", watched_meter(P1), [dsmr3](auto n) { return bytes::with_even_parity(dsmr3(n)); },
         960, 10s},
        {"P1At300", watched_meter(P1), p1, 30, 60s},
        {"EncryptedP1", with_key, encrypted, 11520, 10s},
        {"EncryptedP1Slowly", with_key, encrypted, 150, 10s},
        {"Sml", watched_meter(Sml), sml, 960, 1s},
        {"SmlEvery4s", watched_meter(Sml), sml, 960, 4s},
        {"D0Push", watched_meter(D0), d0({}), 960, 2s},
        {"D0", watched_meter(D0), d0({.has_checksum = true}), 30, 60s},
        {"D0ShortIds", watched_meter(D0), d0({.has_checksum = true, .short_ids = true}), 30, 60s},
        {"D0WithParity", watched_meter(D0),
         [d0](auto n) { return bytes::with_even_parity(d0({.has_checksum = true})(n)); }, 30, 90s},
        {"D0At9600", watched_meter(D0), d0({.has_checksum = true}), 960, 15s},
    };
}

class GoodStream : public testing::TestWithParam<Good> {};

TEST_P(GoodStream, IsNeverNamedAnything) {
    const Good& good = GetParam();
    const Bytes first = good.telegram(1);
    for (std::size_t from = 0; from < first.size(); from += first.size() / 37 + 1) {
        Watched line(good.meter);
        line.send(std::span(first).subspan(from), good.bytes_per_second);
        for (std::size_t n = 2; n < 6; ++n) {
            const auto next = good.telegram(n);
            const auto taken =
                std::chrono::duration<double>(static_cast<double>(next.size()) / good.bytes_per_second);
            line.wait(good.period -
                      std::min(good.period, std::chrono::duration_cast<Clock::duration>(taken)));
            line.send(next, good.bytes_per_second);
        }
        EXPECT_GE(line.telegrams, 3U);
        ASSERT_TRUE(line.complaints.empty()) << "from byte " << from << ": " << line.complaints[0].text;
    }
}

INSTANTIATE_TEST_SUITE_P(Stream, GoodStream, testing::ValuesIn(good_streams()),
                         [](const auto& param) { return param.param.name; });

fs::path corpus_folder() {
    const char* const place = std::getenv("GRIDBRIDGE_CORPUS"); // NOLINT(concurrency-mt-unsafe)
    return place != nullptr ? fs::path(place) : fs::path(GRIDBRIDGE_DEFAULT_CORPUS);
}

MeterConfig meter_of(const std::string& dialect, const json& expected) {
    static const std::map<std::string, DriverKind> drivers{
        {"p1", DriverKind::P1}, {"sml", DriverKind::Sml}, {"d0", DriverKind::D0}};
    MeterConfig meter = watched_meter(drivers.at(dialect));
    if (expected.contains("decrypt")) {
        meter.key = expected["decrypt"]["key"].get<std::string>();
        meter.auth_key = expected["decrypt"].value("auth_key", "");
    }
    return meter;
}

// What the recogniser says of the bytes since the last telegram, wherever they are cut.
std::string named(const MeterConfig& meter, const Bytes& bytes) {
    std::size_t since = 0;
    std::size_t at = 0;
    StreamCounters before;
    std::unique_ptr<StreamDecoder> decoder;
    decoder = make_stream_decoder(meter, [&](const Telegram&, auto) {
        since = at + 1;
        before = decoder->counters();
    });
    ReadAs read{meter.driver, std::nullopt, {}};
    if (const auto key = parse_cipher_key(meter.key)) {
        read.keys = CipherKeys{*key, parse_cipher_key(meter.auth_key)};
    }
    const bool begins_inside = meter.driver == DriverKind::Sml && bytes.at(1) != 0x1B;
    for (at = 0; at < bytes.size(); ++at) {
        decoder->feed(std::span(bytes).subspan(at, 1));
        if (at % 97 != 0 || since > at || (since == 0 && begins_inside)) {
            continue;
        }
        for (std::size_t i = 0; i < rejection_count; ++i) {
            const std::uint64_t now = decoder->counters().rejected.at(i);
            read.rejected.at(i) = now - std::min(now, before.rejected.at(i));
        }
        const StreamFinding finding = recognise(std::span(bytes).subspan(since, at + 1 - since), read);
        if (finding.kind != StreamKind::Nothing) {
            return "after " + std::to_string(at) + " bytes: " + finding_text(finding, meter.driver);
        }
    }
    return {};
}

class GoodCorpus : public testing::TestWithParam<std::string> {};

TEST_P(GoodCorpus, IsNeverNamedAnything) {
    const fs::path folder = corpus_folder() / GetParam();
    if (!fs::is_directory(folder)) {
        GTEST_SKIP() << "no captures in " << folder;
    }
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
        const std::string name = capture_name(entry.path());
        std::ifstream file(folder / (name + ".expected.json"));
        if (entry.path().extension() == ".json" || !file) {
            continue;
        }
        const std::string place = GetParam() == "field" ? name : GetParam();
        const MeterConfig meter = meter_of(place.substr(0, place.find('-')), json::parse(file));
        const Bytes bytes = captured_bytes(entry.path(), driver_row(meter.driver).name);
        Watched line(meter);
        line.interval = 10s;
        const bool hostile = name.starts_with("hostile"); // what is added there is no part of a good stream
        line.send(bytes, meter.driver == DriverKind::P1 || hostile ? 11520 : 960);
        line.silence();
        if (line.telegrams == 0) {
            continue; // it is not accepted
        }
        ++files;
        EXPECT_TRUE(line.complaints.empty()) << name << ": " << line.complaints[0].text;
        if (!hostile) {
            EXPECT_EQ(named(meter, bytes), "") << name;
        }
    }
    GTEST_LOG_(INFO) << files << " accepted files of " << GetParam() << " checked";
    EXPECT_GT(files, 0U);
}

INSTANTIATE_TEST_SUITE_P(Stream, GoodCorpus, testing::Values("p1", "sml", "d0-ascii", "field"),
                         [](const auto& param) { return param.param.substr(0, param.param.find('-')); });

} // namespace
} // namespace gridbridge::test
