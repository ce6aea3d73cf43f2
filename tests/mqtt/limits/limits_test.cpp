// Limits of grid operators: what clients write, what is shown, what the log says and whether it can be
// changed.
#include "mqtt/limits/limit_outlet.hpp"

#include "tests/fakes/folder.hpp"
#include "tests/fakes/log_book.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/slow_disk.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <regex>
#include <sstream>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LimitsTest : public testing::Test {
  protected:
    LimitsTest() {
        meter_.info = em24_info();
        meter_.role = "grid";
        meter_.instance = 30;
        meter_.life = MeterLife::Live;
        start();
    }
    void start() {
        outlet_.reset();
        file_.emplace(path_, disk_, book_.log());
        outlet_.emplace(LimitOutletOptions{"p", [this] { return unix_ms_; }, book_.log()}, *file_);
        outlet_->added(meter_);
    }
    Messages write(const std::string& payload, const std::string& topic = "W/p/grid/30/Limit") {
        Messages out;
        outlet_->request({topic, payload}, now_, out);
        return out;
    }
    // A reading each second.
    Messages pass(int seconds, std::optional<double> watts) {
        Messages out;
        for (int second = 0; second < seconds; ++second) {
            now_ += 1s;
            *unix_ms_ += 1000;
            meter_.reading = {};
            meter_.reading.set(Quantity::Power, watts);
            outlet_->reading(meter_, now_, out);
            outlet_->tick(now_, out);
            disk_.deliver();
        }
        return out;
    }
    std::vector<std::string> lines() const {
        std::ifstream file(path_);
        std::vector<std::string> lines;
        for (std::string line; std::getline(file, line);) {
            lines.push_back(std::regex_replace(line, std::regex(R"(,"previous".*)"), ""));
        }
        return lines;
    }

    TestFolder folder_;
    std::string path_ = folder_.path() + "/limits.jsonl";
    std::optional<std::int64_t> unix_ms_ = 1764583200000; // 2025-12-01T10:00:00Z
    Clock::time_point now_ = Clock::time_point{} + 1h;
    Meter meter_;
    LogBook book_;
    SlowDisk disk_;
    std::optional<LimitFile> file_;
    std::optional<LimitOutlet> outlet_;
};

TEST_F(LimitsTest, ALimitIsShownAndEveryQuarterLogged) {
    pass(10, 5000);
    const Messages shown = write(R"({"value":{"power":4200,"end":"2025-12-01T10:20:10Z","id":"DSO 7"}})");
    ASSERT_EQ(shown.size(), 1U);
    EXPECT_EQ(shown[0].topic, "N/p/grid/30/Limit");
    EXPECT_EQ(shown[0].payload, R"({"value":{"power":4200.0,"end":1764584410000,"id":"DSO 7"}})");
    pass(290, 5000);
    pass(600, 3000);
    EXPECT_EQ(pass(310, 4100).back().payload, R"({"value":null})");
    const Messages out = pass(1, 4100);
    EXPECT_THAT(
        lines(),
        ElementsAre(
            R"({"seq":1,"kind":"limit","time":"2025-12-01T10:00:10Z","meter":"BX0120064003P","power":4200.0,"end":"2025-12-01T10:20:10Z","id":"DSO 7")",
            HasSubstr(
                R"("limit":1,"power":4200.0,"begin":"2025-12-01T10:00:10Z","until":"2025-12-01T10:15:00Z","known_seconds":890.0,"mean_import":3653.9,"highest_import":5000.0,"kept":true)"),
            HasSubstr(
                R"("begin":"2025-12-01T10:15:00Z","until":"2025-12-01T10:20:10Z","known_seconds":310.0,"mean_import":4096.5,"highest_import":4100.0,"kept":true)"),
            R"({"seq":4,"kind":"end","time":"2025-12-01T10:20:10Z","meter":"BX0120064003P","limit":1,"reason":"time")"));
    ASSERT_EQ(out.size(), 1U) << "once it is on disk";
    EXPECT_EQ(out.back().topic, "gridbridge/p/limits");
    EXPECT_THAT(out.back().payload, HasSubstr(file_->head().hash));
}

TEST_F(LimitsTest, WhatIsUnknownIsNotKept) {
    pass(1, -800);
    write(R"({"value":{"power":0,"end":1764583500000}})");
    pass(100, -800);
    pass(100, std::nullopt);
    pass(99, 10);
    const auto log = lines();
    ASSERT_EQ(log.size(), 3U);
    EXPECT_THAT(log[1],
                HasSubstr(R"("known_seconds":199.0,"mean_import":4.9,"highest_import":10.0,"kept":false)"));
}

TEST_F(LimitsTest, WithoutAReadingNothingIsSaidOfIt) {
    pass(1, std::nullopt);
    write(R"({"value":{"power":100,"end":null}})");
    pass(899, std::nullopt);
    ASSERT_EQ(lines().size(), 2U);
    EXPECT_THAT(lines()[1], HasSubstr(R"("mean_import":null,"highest_import":null,"kept":null)"));
}

TEST_F(LimitsTest, ItIsReplacedAndLifted) {
    pass(1, 100);
    write(R"({"value":{"power":4200}})");
    pass(10, 100);
    write(R"({"value":{"power":0}})");
    pass(10, 100);
    EXPECT_EQ(write(R"({"value":null})").back().payload, R"({"value":null})");
    const auto log = lines();
    ASSERT_EQ(log.size(), 6U);
    EXPECT_THAT(log[2], HasSubstr(R"("limit":1,"reason":"replaced")"));
    EXPECT_THAT(log[5], HasSubstr(R"("limit":4,"reason":"lifted")"));
}

TEST_F(LimitsTest, EndsThoughAnotherMeterIsInThePlaceOfItsOwn) {
    pass(1, 100);
    write(R"({"value":{"power":4200,"end":"2025-12-01T10:01:00Z"}})");
    pass(10, 100);
    meter_.info.serial = "another";
    pass(60, 100);
    EXPECT_THAT(lines().back(), HasSubstr(R"("meter":"BX0120064003P","limit":1,"reason":"time")"));
}

TEST_F(LimitsTest, GoesOnAfterAKill) {
    pass(1, 100);
    write(R"({"value":{"power":4200,"end":"2025-12-01T10:30:00Z"}})");
    pass(60, 100);
    start();
    pass(30, 100);
    EXPECT_EQ(write("", "R/p/grid/30/Limit").back().payload,
              R"({"value":{"power":4200.0,"end":1764585000000}})");
    pass(1800, 100);
    EXPECT_THAT(lines().back(), HasSubstr(R"("limit":1,"reason":"time")"));
    EXPECT_THAT(lines()[1], HasSubstr(R"("begin":"2025-12-01T10:01:02Z","until":"2025-12-01T10:15:00Z")"))
        << "the time before the kill is not known";
    EXPECT_EQ(check_limit_log(path_).problem, "");
}

TEST_F(LimitsTest, NonsenseIsRefusedWithItsReason) {
    pass(1, 100);
    std::size_t refused = 0;
    for (const char* const payload :
         {"", "{}", "4200", R"({"value":4200})", R"({"value":{"power":-1}})", R"({"value":{"power":"a"}})",
          R"({"value":{"power":1e9}})", R"({"value":{"power":1,"end":"tomorrow"}})",
          R"({"value":{"power":1,"end":1000}})", R"({"value":{"power":1,"id":7}})"}) {
        write(payload);
        EXPECT_EQ(book_.count("is refused: "), ++refused) << payload;
    }
    write(R"({"value":{"power":1}})", "W/p/grid/31/Limit");
    write(R"({"value":{"power":1}})", "W/q/grid/30/Limit");
    meter_.role = "pvinverter";
    write(R"({"value":{"power":1}})", "W/p/pvinverter/30/Limit");
    meter_.role = "grid";
    unix_ms_.reset();
    write(R"({"value":{"power":1}})");
    EXPECT_THAT(book_.text(), HasSubstr("clock of this machine is not set"));
    EXPECT_THAT(lines(), IsEmpty());
}

TEST_F(LimitsTest, ASlowDiskGetsEveryLineOnce) {
    pass(1, 100);
    disk_.is_slow = true;
    for (int limit = 0; limit < 5; ++limit) {
        write(R"({"value":{"power":4200}})");
        if (limit == 2) {
            disk_.work(); // done, but not told yet
        }
    }
    disk_.work();
    disk_.deliver();
    write(R"({"value":null})");
    disk_.work();
    EXPECT_EQ(check_limit_log(path_).problem, "");
    EXPECT_EQ(check_limit_log(path_).head, file_->head());
}

TEST_F(LimitsTest, ATornLineIsWrittenOver) {
    pass(1, 100);
    write(R"({"value":{"power":4200}})");
    const auto head = file_->head();
    std::ofstream(path_, std::ios::app) << R"({"seq":2,"kind":"qua)";
    EXPECT_TRUE(check_limit_log(path_).is_cut_off);
    start();
    EXPECT_EQ(file_->head(), head);
    pass(1, 100);
    write(R"({"value":null})");
    EXPECT_EQ(check_limit_log(path_).problem, "");
}

// Every byte of every line.
TEST_F(LimitsTest, NoByteCanBeChangedAndNoLineLeftOut) {
    pass(1, 100);
    for (const char* const power : {"1", "2", "3"}) {
        write(std::string(R"({"value":{"power":)") + power + "}}");
    }
    std::ifstream file(path_);
    std::stringstream content;
    content << file.rdbuf();
    const std::string sound = content.str();
    const auto is_sound = [&](const std::string& text) {
        std::ofstream(path_) << text;
        return check_limit_log(path_).problem.empty();
    };
    ASSERT_TRUE(is_sound(sound));
    for (std::size_t i = 0; i < sound.size(); ++i) {
        std::string changed = sound;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_FALSE(is_sound(changed)) << i;
    }
    const std::size_t first = sound.find('\n') + 1;
    const std::size_t second = sound.find('\n', first) + 1;
    EXPECT_FALSE(is_sound(sound.substr(first)));
    EXPECT_FALSE(is_sound(sound.substr(0, first) + sound.substr(second)));
    EXPECT_FALSE(is_sound(sound + sound.substr(first, second - first)));
}

// By another program.
TEST_F(LimitsTest, TheHashIsThatOfSha256sum) {
    pass(1, 100);
    write(R"({"value":{"power":1}})");
    const std::string command = R"(head -1 )" + path_ + R"( | sed 's/,"hash":.*//' | tr -d '\n' | sha256sum)";
    FILE* const sum = ::popen(command.c_str(), "r");
    std::string told(64, '\0');
    ASSERT_EQ(std::fread(told.data(), 1, told.size(), sum), told.size());
    ::pclose(sum);
    EXPECT_EQ(file_->head().hash, told);
}

TEST_F(LimitsTest, AChangedLogIsLeftAsItIs) {
    pass(1, 100);
    write(R"({"value":{"power":4200}})");
    write(R"({"value":{"power":4300}})");
    std::fstream(path_) << "X";
    start();
    EXPECT_THAT(book_.text(), HasSubstr("limits.jsonl: line 1: it "));
    pass(1, 100);
    write(R"({"value":{"power":1}})");
    std::ifstream file(path_);
    std::string first;
    std::getline(file, first);
    EXPECT_EQ(first[0], 'X');
}

} // namespace
} // namespace gridbridge
