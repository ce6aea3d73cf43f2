#include "app/log/log_ring.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <thread>
#include <vector>

namespace gridbridge {
namespace {

using nlohmann::json;

TEST(LogRing, KeepsTheNewestLinesAndWhatTheySay) {
    const auto ring = std::make_shared<LogRing>();
    int logged = 0;
    const Log log = with_ring([&](LogLevel, std::string_view, std::string_view) { ++logged; }, ring,
                              [] { return std::int64_t{1764500000123}; });
    EXPECT_EQ(json::parse(ring->json()), json::array());
    log(LogLevel::Debug, "a", "not for people");
    log(LogLevel::Warn, "meter \"1\"", "line\nend \xFF");
    const json lines = json::parse(ring->json());
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0]["time"], 1764500000123);
    EXPECT_EQ(lines[0]["level"], "warn");
    EXPECT_EQ(lines[0]["component"], "meter \"1\"");
    EXPECT_EQ(lines[0]["text"], "line\nend \xEF\xBF\xBD");
    for (int i = 0; i < 1000; ++i) {
        log(LogLevel::Info, "x", std::string(10000, 'y') + std::to_string(i));
    }
    EXPECT_EQ(logged, 1002) << "the log itself has everything";
    const json last = json::parse(ring->json());
    EXPECT_EQ(last.size(), LogRing::most_lines);
    EXPECT_EQ(last[0]["text"].get<std::string>().size(), LogRing::longest_text);
}

TEST(LogRing, IsWrittenAndReadByManyThreads) {
    LogRing ring;
    std::vector<std::jthread> writers;
    for (int i = 0; i < 3; ++i) {
        writers.emplace_back([&] {
            for (int n = 0; n < 500; ++n) {
                ring.add({0, LogLevel::Info, "c", "t"});
            }
        });
    }
    for (int i = 0; i < 20; ++i) {
        EXPECT_FALSE(json::parse(ring.json(), nullptr, false).is_discarded());
    }
    writers.clear();
    EXPECT_EQ(json::parse(ring.json()).size(), LogRing::most_lines);
}

} // namespace
} // namespace gridbridge
