// When the watch speaks, on a clock of its own.
#include "tests/drivers/stream/recognise/fixtures.hpp"
#include "tests/drivers/stream/recognise/watched.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr double fast = 11520; // bytes a second

TEST(ByteWatch, SaysOnceWhatBytesWithoutATelegramAre) {
    Watched line(watched_meter(DriverKind::P1));
    for (int i = 0; i < 30; ++i) {
        line.send(bytes::hdlc(), fast);
        EXPECT_EQ(line.complaints.size(), i < 10 ? 0U : 1U) << i;
        line.wait(1s);
    }
    ASSERT_EQ(line.complaints.size(), 1U);
    EXPECT_THAT(line.complaints[0].text,
                HasSubstr("DLMS in HDLC frames (7E A0); gridbridge does not read DLMS"));
    EXPECT_TRUE(line.complaints[0].is_news);
    EXPECT_TRUE(line.complaints[0].is_lost);
}

TEST(ByteWatch, LooksWithoutAFurtherByteAndThenWaitsForOne) {
    Watched line(watched_meter(DriverKind::Sml));
    EXPECT_EQ(line.watch().deadline(), Clock::time_point::max());
    line.send(bytes::p1(), fast);
    line.wait(9s);
    EXPECT_TRUE(line.complaints.empty());
    line.wait(1s);
    EXPECT_EQ(line.complaints.size(), 1U);
    EXPECT_EQ(line.watch().deadline(), Clock::time_point::max());
}

TEST(ByteWatch, ATelegramTakesTheComplaintBack) {
    Watched line(watched_meter(DriverKind::P1));
    line.send(bytes::sml(), fast);
    line.wait(11s);
    ASSERT_EQ(line.complaints.size(), 1U);
    line.send(bytes::p1(1), fast);
    line.wait(60s);
    EXPECT_EQ(line.complaints.size(), 1U);
    line.send(bytes::sml(), fast); // the same again within the hour: for the log it is no news
    line.wait(60s);
    ASSERT_EQ(line.complaints.size(), 2U);
    EXPECT_FALSE(line.complaints[1].is_news);
    line.send(bytes::p1(1), fast);
    line.wait(1h);
    line.send(bytes::sml(), fast);
    line.wait(60s);
    ASSERT_EQ(line.complaints.size(), 3U);
    EXPECT_TRUE(line.complaints[2].is_news);
}

TEST(ByteWatch, WaitsForTheIntervalOfTheMeterAndLeavesItsValuesWhileTheyStand) {
    Watched line(watched_meter(DriverKind::P1));
    line.interval = 10s;
    line.send(bytes::p1(1), fast);
    const auto telegram = line.now;
    for (int i = 0; i < 60; ++i) {
        line.send(bytes::hdlc(), fast);
        line.wait(1s);
        if (!line.complaints.empty() && line.complaints.size() == 1) {
            EXPECT_GE(line.now - telegram, 20s);
            EXPECT_FALSE(line.complaints[0].is_lost);
        }
    }
    ASSERT_EQ(line.complaints.size(), 2U);
    EXPECT_TRUE(line.complaints[1].is_lost);
    EXPECT_FALSE(line.complaints[1].is_news);
    EXPECT_EQ(line.complaints[1].text, line.complaints[0].text);
}

TEST(ByteWatch, LosesAMeterAfterItsStaleAfter) {
    MeterConfig meter = watched_meter(DriverKind::P1);
    meter.stale_after = 120s;
    Watched line(meter);
    line.send(bytes::p1(1), fast);
    line.send(bytes::hdlc(), fast);
    line.wait(100s);
    ASSERT_EQ(line.complaints.size(), 1U);
    EXPECT_FALSE(line.complaints[0].is_lost);
    line.wait(20s);
    ASSERT_EQ(line.complaints.size(), 2U);
    EXPECT_TRUE(line.complaints[1].is_lost);
}

TEST(ByteWatch, OneDamagedTelegramIsNothingButSeveralAre) {
    for (const DriverKind driver : {DriverKind::P1, DriverKind::D0, DriverKind::Sml}) {
        SCOPED_TRACE(driver_row(driver).name);
        Watched line(watched_meter(driver));
        const auto bad = driver == DriverKind::P1   ? bytes::damaged(bytes::p1(1))
                         : driver == DriverKind::D0 ? bytes::damaged(bytes::d0(1))
                                                    : bytes::damaged_sml(1);
        line.send(bad, fast);
        line.wait(60s);
        EXPECT_TRUE(line.complaints.empty());
        for (int i = 0; i < 3; ++i) {
            line.send(bad, fast);
            line.wait(11s);
        }
        ASSERT_EQ(line.complaints.size(), 1U);
        EXPECT_THAT(line.complaints[0].text, HasSubstr("every telegram has a wrong checksum (2 so far)"));
    }
}

TEST(ByteWatch, ALongReadoutOfTheRightDialectIsLeftAlone) {
    std::string readout = "/ELS5\\@V9.10\r\n\x02";
    for (int i = 0; i < 300; ++i) {
        readout += "1-0:1.8.0*" + std::to_string(i % 100) + "(0001234.567*kWh)\r\n";
    }
    const Bytes long_one = bytes_of(readout);
    for (const bool parity : {false, true}) {
        Watched line(watched_meter(DriverKind::D0));
        line.send(parity ? bytes::with_even_parity(long_one) : long_one, 30); // 300 bit/s: five minutes
        EXPECT_TRUE(line.complaints.empty()) << line.complaints[0].text;
    }
    Watched joined_inside(watched_meter(DriverKind::D0));
    joined_inside.send(std::span(long_one).subspan(3000), 30);
    EXPECT_TRUE(joined_inside.complaints.empty());
}

TEST(ByteWatch, AReadoutThatNeverEndsIsDamaged) {
    const Bytes endless =
        bytes::repeated(800, [](auto) { return bytes_of("1-0:1.8.0(0001234.567*kWh)\r\n"); });
    Watched line(watched_meter(DriverKind::D0));
    line.send(endless, 960);
    ASSERT_EQ(line.complaints.size(), 1U);
    EXPECT_THAT(line.complaints[0].text, HasSubstr("no telegram is whole"));
}

TEST(ByteWatch, AGuessGivesWayToWhatIsProved) {
    Watched line(watched_meter(DriverKind::P1));
    line.send(bytes::random_bytes(1000), fast);
    line.wait(11s);
    ASSERT_EQ(line.complaints.size(), 1U);
    EXPECT_THAT(line.complaints[0].text, HasSubstr("noise"));
    line.send(bytes_of("something else in plain text, and quite long"), fast);
    line.wait(11s);
    EXPECT_EQ(line.complaints.size(), 1U) << "one guess is enough";
    line.send(bytes::mbus(), fast);
    line.wait(11s);
    ASSERT_EQ(line.complaints.size(), 2U);
    EXPECT_THAT(line.complaints[1].text, HasSubstr("wired M-Bus"));
}

TEST(ByteWatch, NothingIsGuessedBeforeAllSettingsAreTried) {
    Watched line(watched_meter(DriverKind::P1));
    line.may_guess = false;
    line.send(bytes::random_bytes(1000), fast);
    line.wait(11s);
    EXPECT_TRUE(line.complaints.empty());
    line.watch().changed_settings(line.counters(), line.now);
    line.send(bytes::random_bytes(30), fast);
    line.wait(13s);
    EXPECT_TRUE(line.complaints.empty());
    line.watch().changed_settings(line.counters(), line.now);
    line.may_guess = true;
    line.tried = SerialSearch::all_settings;
    line.look();
    ASSERT_EQ(line.complaints.size(), 1U);
    EXPECT_THAT(line.complaints[0].text, HasSubstr("no good telegram at 115200 8N1 or 9600 7E1: "));
}

TEST(ByteWatch, WhatIsProvedAtOneSettingIsKept) {
    Watched line(watched_meter(DriverKind::P1));
    line.may_guess = false;
    line.wait(5s);
    line.send(bytes::sml(), fast);
    line.wait(6s);
    line.watch().changed_settings(line.counters(), line.now);
    line.send(bytes::random_bytes(1000), fast);
    line.wait(5s);
    ASSERT_EQ(line.complaints.size(), 1U);
    EXPECT_THAT(line.complaints[0].text, HasSubstr("SML telegrams; the driver for them is sml, not p1"));
}

TEST(ByteWatch, AfterAReopenedLinkItIsSaidAgainButNotLogged) {
    Watched line(watched_meter(DriverKind::P1));
    line.send(bytes::web_page(), fast);
    line.watch().reopened(); // a server that closes soon: the bytes add up
    line.wait(5s);
    line.send(bytes::web_page(), fast);
    line.wait(6s);
    ASSERT_EQ(line.complaints.size(), 1U);
    line.watch().reopened();
    line.wait(60s);
    EXPECT_EQ(line.complaints.size(), 1U);
    line.send(bytes::web_page(), fast);
    line.wait(11s);
    ASSERT_EQ(line.complaints.size(), 2U);
    EXPECT_FALSE(line.complaints[1].is_news);
}

TEST(ByteWatch, AnEncryptedStreamThatWasJoinedInsideAFrameIsLeftAlone) {
    Watched line(watched_meter(DriverKind::P1, bytes::key_text));
    const Bytes frames = bytes::encrypted_p1(bytes::public_auth);
    const std::size_t frame = frames.size() / 2;
    line.send(std::span(frames).subspan(frame / 4, frame - frame / 4), 100); // a frame takes 9 s
    line.wait(9s);
    line.send(std::span(frames).subspan(frame), 100);
    EXPECT_EQ(line.telegrams, 1U);
    EXPECT_TRUE(line.complaints.empty()) << line.complaints[0].text;
}

TEST(ByteWatch, MemoryIsBounded) {
    Watched line(watched_meter(DriverKind::Sml));
    line.send(bytes::random_bytes(100000), 1e6);
    line.send(Bytes(50000, 0x55), 1e6);
    line.wait(11s);
    ASSERT_EQ(line.complaints.size(), 1U);
    EXPECT_THAT(line.complaints[0].text, HasSubstr("unknown bytes (55555555555555555555555555555555)"));
}

} // namespace
} // namespace gridbridge::test
