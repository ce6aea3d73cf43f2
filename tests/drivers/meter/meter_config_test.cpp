#include "drivers/meter/meter_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

MeterConfig good(std::string_view uri) {
    MeterConfig meter;
    EXPECT_THAT(parse_meter_uri(uri, meter), IsEmpty()) << uri;
    return meter;
}

std::vector<std::string> problems(std::string_view uri) {
    MeterConfig meter;
    return parse_meter_uri(uri, meter);
}

TEST(MeterUri, TakesEveryDriverAndTransport) {
    EXPECT_EQ(good("cg+rtu:///dev/ttyUSB0").path, "/dev/ttyUSB0");
    EXPECT_EQ(good("cg+tcp://192.0.2.10").port, 502);
    EXPECT_EQ(good("cg+tcp://[2001:db8::1]:1502").host, "2001:db8::1");
    EXPECT_EQ(good("cg+rtutcp://gateway:4001").transport, Transport::RtuOverTcp);
    EXPECT_EQ(good("em580+tcp://meter").driver, DriverKind::Em580);
    const MeterConfig inverter = good("sunspec+tcp://inverter");
    EXPECT_EQ(inverter.driver, DriverKind::SunSpec);
    EXPECT_EQ(inverter.interval, std::chrono::milliseconds(1000));
    EXPECT_EQ(inverter.port, 502);
    EXPECT_EQ(good("sunspec+rtu:///dev/x?interval=500").interval, std::chrono::milliseconds(500));
    EXPECT_TRUE(means_inverter(inverter));
    EXPECT_TRUE(means_inverter(good("sunspec+tcp://inverter?role=pvinverter")));
    EXPECT_FALSE(means_inverter(good("sunspec+tcp://inverter?role=grid")));
    EXPECT_EQ(good("p1+serial:///dev/serial/by-id/usb-P1").driver, DriverKind::P1);
    EXPECT_EQ(good("p1+tcp://dongle:23").port, 23);
    EXPECT_EQ(good("sml+file:///tmp/with%20blank").path, "/tmp/with blank");
    EXPECT_EQ(good("d0+serial:///dev/ttyAMA0").driver, DriverKind::D0);
}

TEST(MeterUri, QueryHoldsEveryKey) {
    const MeterConfig meter =
        good("cg+rtu:///dev/"
             "x?unit=7&baud=19200&parity=even&timeout=300&interval=0&setup=false&name=Main%20grid&role=genset"
             "&stale_after=2.5&phases=L2,L3,L1&invert=L2&on_lost=exit&instance=42&multiphase=false&fuse=250");
    EXPECT_EQ(meter.uri, "cg+rtu:///dev/x");
    EXPECT_EQ(meter.unit, 7);
    EXPECT_EQ(meter.baud, 19200);
    EXPECT_EQ(meter.parity, Parity::Even);
    EXPECT_EQ(meter.timeout, std::chrono::milliseconds(300));
    EXPECT_EQ(meter.interval.count(), 0);
    EXPECT_FALSE(meter.setup);
    EXPECT_EQ(meter.name, "Main grid");
    EXPECT_EQ(meter.role, "genset");
    EXPECT_EQ(meter.stale_after, std::chrono::milliseconds(2500));
    EXPECT_THAT(meter.phases, ElementsAre(2, 3, 1));
    EXPECT_THAT(meter.invert, ElementsAre(2));
    EXPECT_EQ(meter.on_lost, OnLost::Exit);
    EXPECT_EQ(meter.instance, 42);
    EXPECT_EQ(meter.multiphase, false);
    EXPECT_EQ(meter.fuse, 250);
    EXPECT_EQ(good("cg+rtu:///dev/x").multiphase, std::nullopt);
}

TEST(MeterUri, RepeatsOfReadsHaveBoundsAndNoDefault) {
    const MeterConfig meter = good("em580+tcp://h?retries=0&retry_pause=500");
    EXPECT_EQ(meter.retries, 0);
    EXPECT_EQ(meter.retry_pause, std::chrono::milliseconds(500));
    EXPECT_EQ(good("cg+tcp://h").retries, std::nullopt);
    EXPECT_EQ(good("cg+tcp://h").retry_pause, std::nullopt);
    EXPECT_THAT(problems("cg+tcp://h?retries=101&retry_pause=9"),
                ElementsAre(HasSubstr("from 0 to 100"), HasSubstr("from 10 to 10000")));
}

TEST(MeterUri, ProblemsNameTheThingAndTheFix) {
    EXPECT_THAT(problems("/dev/ttyUSB0"), ElementsAre(HasSubstr("<driver>+<transport>://")));
    EXPECT_THAT(problems("em24+rtu:///dev/x"), ElementsAre(HasSubstr("must be one of cg, em580")));
    EXPECT_THAT(problems("p1+rtu:///dev/x"), ElementsAre(HasSubstr("it takes serial, tcp, file")));
    EXPECT_THAT(problems("cg+rtu://dev/x"), ElementsAre(HasSubstr("absolute")));
    EXPECT_THAT(problems("p1+tcp://host"), ElementsAre(HasSubstr("host:port")));
    EXPECT_THAT(problems("cg+tcp://host:70000"), ElementsAre(HasSubstr("70000")));
}

TEST(MeterUri, AllProblemsAtOnceWithTheNearestKey) {
    EXPECT_THAT(problems("cg+rtu:///dev/x?unti=1&timeout=1&parity=mark"),
                ElementsAre(HasSubstr("did you mean \"unit\"?"), HasSubstr("from 150 to 10000"),
                            HasSubstr("none, even, odd")));
}

TEST(MeterKeys, AreShownAsTheyAreWritten) {
    MeterConfig meter = good("p1+tcp://h:1?key=00112233445566778899AABBCCDDEEFF&request=false&stale_after=7");
    std::string shown;
    for (const MeterKey& key : meter_keys()) {
        if (const auto value = key.show(meter)) {
            shown += std::string(key.name) + "=" + *value + " ";
        }
    }
    EXPECT_EQ(shown, "interval=250 stale_after=7 request=false key=*** ");
}

TEST(MeterKeys, OfTransactions) {
    const MeterConfig meter = good("em580+tcp://h?transaction_timeout=60&transaction_retries=5"
                                   "&transaction_retry_delay=250&ready_timeout=20&utc_offset=-60");
    EXPECT_EQ(meter.transaction_timeout, std::chrono::seconds(60));
    EXPECT_EQ(meter.transaction_retries, 5);
    EXPECT_EQ(meter.transaction_retry_delay, std::chrono::milliseconds(250));
    EXPECT_EQ(meter.ready_timeout, std::chrono::seconds(20));
    EXPECT_EQ(meter.utc_offset, -60);
    std::string shown;
    for (const MeterKey& key : meter_keys()) {
        shown += key.show(meter).value_or("") + " ";
    }
    EXPECT_THAT(shown, HasSubstr("60 5 250 20 -60"));
    EXPECT_THAT(problems("em580+tcp://h?transaction_timeout=4&utc_offset=1441"),
                ElementsAre(HasSubstr("from 5 to 600"), HasSubstr("from -1440 to 1440")));
}

TEST(MeterCheck, FindsWhatNeedsTwoKeys) {
    MeterConfig meter = good("cg+rtu:///dev/x?parity=even&stop_bits=2");
    EXPECT_THAT(check_meter(meter), ElementsAre(HasSubstr("one stop bit")));
}

TEST(MeterUri, ObisCodes) {
    const MeterConfig some = good("d0+tcp://d:1?obis=1-0:1.8.0*255,%201-0:1.8.0*96,1-0:1.8.0&raw=true");
    EXPECT_THAT(some.obis, ElementsAre("1-0:1.8.0", "1-0:1.8.0*96")) << "each once";
    EXPECT_TRUE(some.raw);
    EXPECT_TRUE(publishes_objects(some));
    EXPECT_EQ(find_meter_key("obis")->show(some), "1-0:1.8.0,1-0:1.8.0*96");
    const MeterConfig all = good("p1+tcp://d:1?obis=all");
    EXPECT_TRUE(all.obis_all);
    EXPECT_EQ(find_meter_key("obis")->show(all), "all");
    EXPECT_FALSE(publishes_telegrams(good("p1+tcp://d:1?obis=")));
    EXPECT_THAT(problems("p1+tcp://d:1?obis=1.8.0"),
                ElementsAre(HasSubstr("must be \"all\" or codes as in 1-0:1.4.0: \"1.8.0\" is none")));
    EXPECT_THAT(problems("p1+tcp://d:1?obis=1-0:1.8.0,all"), ElementsAre(HasSubstr("\"all\" is none")));
    for (const char* const bad :
         {"1-0:1.8.0%2F", "1-0:1.8.0%23", "%2B-0:1.8.0", "1-0:1.8.256", ",", "1-0:1.8.0,"}) {
        EXPECT_THAT(problems(std::string("p1+tcp://d:1?obis=") + bad), testing::SizeIs(1)) << bad;
    }
    std::string many;
    for (int i = 0; i <= 64; ++i) {
        many += (many.empty() ? "" : ",") + std::string("1-0:1.8.") + std::to_string(i);
    }
    EXPECT_THAT(problems("p1+tcp://d:1?obis=" + many),
                ElementsAre(HasSubstr("has 65 codes: name at most 64")));
    MeterConfig em24 = good("cg+tcp://d?obis=all&raw=true");
    forget_unused(em24);
    EXPECT_FALSE(publishes_telegrams(em24));
}

} // namespace
} // namespace gridbridge
