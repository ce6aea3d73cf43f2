#include "drivers/meter/driver_table.hpp"
#include "drivers/meter/meter_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace gridbridge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

MeterConfig meter_of(std::string_view uri) {
    MeterConfig meter;
    EXPECT_THAT(parse_meter_uri(uri, meter), IsEmpty()) << uri;
    return meter;
}

std::vector<std::string> unused(std::string_view uri) {
    return unused_in_query(uri, meter_of(uri));
}

std::set<std::string> users_of(std::string_view key) {
    std::set<std::string> users;
    for (const DriverRow& row : driver_table) {
        if (uses(row, find_meter_key(key)->group)) {
            users.emplace(row.name);
        }
    }
    return users;
}

TEST(DriverTable, EveryNameOpensItsDriver) {
    for (const DriverRow& row : driver_table) {
        const MeterConfig meter = meter_of(std::string(row.name) + "+" +
                                           std::string(row.is_formed ? name_of(row.transports[0]) : "tcp") +
                                           "://" + (row.is_formed ? "Name" : "host:1"));
        EXPECT_EQ(meter.driver, row.kind);
        EXPECT_EQ(meter.interval, row.interval);
        EXPECT_EQ(&driver_row(row.kind), &row);
    }
}

TEST(DriverTable, LineSettingsAreThoseOfTheDriverUntilTheyAreGiven) {
    const auto line = [](std::string_view uri) { return to_text(line_settings(meter_of(uri))); };
    EXPECT_EQ(line("cg+rtu:///dev/x"), "9600 8N1");
    EXPECT_EQ(line("sunspec+rtu:///dev/x?baud=19200&parity=even"), "19200 8E1");
    EXPECT_EQ(line("p1+serial:///dev/x"), "115200 8N1");
    EXPECT_EQ(line("p1+serial:///dev/x?mode=request"), "115200 8N1");
    EXPECT_EQ(line("sml+serial:///dev/x?stop_bits=2"), "9600 8N2");
    EXPECT_EQ(line("d0+serial:///dev/x"), "9600 7E1");
    EXPECT_EQ(line("d0+serial:///dev/x?mode=request"), "300 7E1");
    EXPECT_EQ(line("d0+serial:///dev/x?mode=request&baud=2400"), "2400 7E1");
    EXPECT_EQ(line("d0+serial:///dev/x?data_bits=8"), "9600 8N1");
    EXPECT_EQ(line("d0+serial:///dev/x?parity=odd"), "9600 7O1");
}

TEST(DriverTable, KeysBelongToTheDriversThatReadThem) {
    const std::set<std::string> bus{"cg", "em580", "sunspec"};
    const std::set<std::string> streams{"p1", "sml", "d0"};
    const std::set<std::string> formed{"combine", "standby"};
    std::set<std::string> measuring = bus;
    measuring.insert(streams.begin(), streams.end());
    for (const char* key : {"baud", "interval", "phases", "invert", "ct_ratio", "vt_ratio"}) {
        EXPECT_EQ(users_of(key), measuring) << key;
    }
    std::set<std::string> all = measuring;
    all.insert(formed.begin(), formed.end());
    for (const char* key : {"name", "role", "instance", "stale_after", "fuse", "on_lost"}) {
        EXPECT_EQ(users_of(key), all) << key;
    }
    EXPECT_EQ(users_of("of"), formed);
    EXPECT_EQ(users_of("align"), std::set<std::string>{"combine"});
    for (const char* key : {"unit", "timeout", "multiphase"}) {
        EXPECT_EQ(users_of(key), bus) << key;
    }
    for (const char* key : {"share", "share_raw", "direction", "request"}) {
        EXPECT_EQ(users_of(key), streams) << key;
    }
    for (const char* key : {"setup", "model"}) {
        EXPECT_EQ(users_of(key), std::set<std::string>{"cg"}) << key;
    }
    for (const char* key : {"key", "auth_key", "key_file", "auth_key_file", "accept_without_crc"}) {
        EXPECT_EQ(users_of(key), std::set<std::string>{"p1"}) << key;
    }
    for (const char* key : {"mode", "address", "wakeup"}) {
        EXPECT_EQ(users_of(key), std::set<std::string>{"d0"}) << key;
    }
    for (const char* key : {"transaction_timeout", "transaction_retries", "ready_timeout", "utc_offset"}) {
        EXPECT_EQ(users_of(key), std::set<std::string>{"em580"}) << key;
    }
}

TEST(UnusedKeys, AreNamedWithTheMeterAndTheDriversThatHaveThem) {
    EXPECT_THAT(unused("cg+rtu:///dev/x?wakeup=true&unit=2"),
                ElementsAre("meter \"cg+rtu:///dev/x\" does not use \"wakeup\": only d0 has it, remove it"));
    EXPECT_THAT(unused("p1+tcp://h:1?unit=1"), ElementsAre(HasSubstr("only cg, em580, sunspec have it")));
    const std::string key = "00112233445566778899AABBCCDDEEFF";
    const auto secret = unused("sml+tcp://h:1?key=" + key);
    EXPECT_THAT(secret, ElementsAre(HasSubstr("\"key\": only p1 has it")));
    EXPECT_THAT(secret.front(), testing::Not(HasSubstr(key)));
    EXPECT_THAT(unused("em580+tcp://h?model=em24&setup=false").size(), 2U);
    EXPECT_THAT(unused("d0+file:///x?wakeup=true&mode=push"),
                ElementsAre(HasSubstr("a file cannot be asked")));
    EXPECT_THAT(unused("cg+rtu:///dev/x?request=false"), ElementsAre(HasSubstr("\"request\"")));
}

TEST(UnusedKeys, SettingsOfASerialPortAreIgnoredOnOtherTransports) {
    EXPECT_THAT(unused("cg+tcp://h?baud=19200&parity=even&data_bits=8&stop_bits=1&request=false"), IsEmpty());
    EXPECT_THAT(unused("p1+tcp://h:1?baud=9600&request=false"), IsEmpty());
    EXPECT_THAT(unused("sml+file:///x?baud=9600"), IsEmpty());
}

TEST(UnusedKeys, AreNoErrorsAndHaveNoEffect) {
    const std::string key = "00112233445566778899AABBCCDDEEFF";
    for (const std::string& uri :
         std::vector<std::string>{"cg+tcp://h?share=3240&share_raw=true", "em580+tcp://h?share_raw=true",
                                  "sunspec+tcp://h?mode=request", "sml+file:///x?mode=request",
                                  "cg+tcp://h?auth_key=" + key, "sml+tcp://h:1?key_file=/x&key=" + key,
                                  "p1+tcp://h:1?model=em999", "sunspec+tcp://h?model=em999"}) {
        MeterConfig meter = meter_of(uri);
        EXPECT_THAT(check_meter(meter), IsEmpty()) << uri;
        EXPECT_FALSE(unused_in_query(uri, meter).empty()) << uri;
        forget_unused(meter);
        EXPECT_EQ(meter.share + meter.key + meter.auth_key + meter.key_file, "") << uri;
    }
    MeterConfig shared = meter_of("sml+tcp://h:1?share=3240");
    forget_unused(shared);
    EXPECT_EQ(shared.share, "127.0.0.1:3240");
}

TEST(MeterCheck, AModelThatNobodyKnowsIsAnError) {
    EXPECT_THAT(check_meter(meter_of("cg+tcp://h?model=em42")),
                ElementsAre(testing::AllOf(HasSubstr("\"em42\" must be one of em24, em24_ethernet"),
                                           HasSubstr("did you mean \"em24\"?"))));
    EXPECT_THAT(check_meter(meter_of("cg+tcp://h?model=em580")), IsEmpty());
}

TEST(MeterCheck, WhatAStreamNeedsTogether) {
    EXPECT_THAT(check_meter(meter_of("sml+tcp://h:1?share_raw=true")), ElementsAre(HasSubstr("needs share")));
    EXPECT_THAT(check_meter(meter_of("d0+file:///x?mode=request")),
                ElementsAre(HasSubstr("cannot ask a file")));
    EXPECT_THAT(check_meter(meter_of("p1+tcp://h:1?auth_key_file=/x")), ElementsAre(HasSubstr("needs key")));
}

} // namespace
} // namespace gridbridge
