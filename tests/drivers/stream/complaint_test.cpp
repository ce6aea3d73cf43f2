// What a driver says of bytes without a telegram: in the log, as reason and as advice, on every transport.
#include "drivers/stream/stream_driver.hpp"
#include "tests/drivers/stream/io_support.hpp"
#include "tests/drivers/stream/recognise/fixtures.hpp"
#include "tests/fakes/log_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <thread>
#include <utility>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr int haste = 50; // 10 s are 0.2 s

struct Case {
    std::string name;
    DriverKind driver;
    std::function<Bytes()> bytes; // made when the case runs: every test of this program lists all cases
    std::string said;
    std::string key{};
};

void PrintTo(const Case& row, std::ostream* out) {
    *out << row.name;
}

std::vector<Case> cases() {
    std::vector<Case> all;
    for (const DriverKind driver : {DriverKind::P1, DriverKind::Sml, DriverKind::D0}) {
        const std::string name(driver_row(driver).name);
        const auto add = [&](const std::string& kind, std::function<Bytes()> bytes, const std::string& said) {
            all.push_back({name + kind, driver, std::move(bytes), said});
        };
        add(
            "Hdlc", [] { return bytes::hdlc(); }, "DLMS in HDLC frames");
        add(
            "MBus", [] { return bytes::mbus(); }, "frames of the wired M-Bus");
        add(
            "Encrypted", [] { return bytes::encrypted_p1(bytes::own_auth); },
            "the telegrams are encrypted; set key");
        add(
            "Elgama", [] { return bytes::elgama(); }, "encrypted in the provider's own way");
        add(
            "Web", [] { return bytes::web_page(); }, "text of a web server");
        add(
            "Telnet", [] { return bytes::telnet(); }, "a terminal service");
        add(
            "Modem", [] { return bytes::modem(); }, "text of a modem");
        add(
            "Inverted", [] { return bytes::inverted(bytes::p1(2)); }, "the signal is inverted");
        add(
            "Noise", [] { return bytes::random_bytes(500); }, "noise, or a line of another speed or parity");
        if (driver != DriverKind::P1) {
            add(
                "P1", [] { return bytes::p1(); },
                "telegrams of a P1 port; the driver for them is p1, not " + name);
        }
        if (driver != DriverKind::Sml) {
            add(
                "Sml", [] { return bytes::sml(); }, "SML telegrams; the driver for them is sml, not " + name);
        }
        if (driver != DriverKind::D0) {
            add(
                "D0", [] { return bytes::d0(); },
                "IEC 62056-21 readouts in ASCII; the driver for them is d0, not " + name);
        }
    }
    all.push_back({"p1BadChecksum", DriverKind::P1, [] { return bytes::damaged(bytes::p1()); },
                   "every telegram has a wrong checksum (3 so far)"});
    all.push_back({"smlBadChecksum", DriverKind::Sml, [] { return bytes::damaged_sml(); },
                   "every telegram has a wrong checksum (3 so far)"});
    all.push_back({"d0BadChecksum", DriverKind::D0, [] { return bytes::damaged(bytes::d0()); },
                   "every telegram has a wrong checksum (3 so far)"});
    all.push_back({"p1WithoutCr", DriverKind::P1, [] { return bytes::without('\r', bytes::p1()); },
                   "the line ends were changed on the way: with CR LF the checksum is right (3 so far)"});
    all.push_back({"p1WrongKey", DriverKind::P1, [] { return bytes::encrypted_p1(bytes::public_auth); },
                   "the encrypted telegrams cannot be decrypted", bytes::other_key_text});
    all.push_back({"p1RightKey", DriverKind::P1, [] { return bytes::encrypted_dlms(bytes::public_auth); },
                   "the key is right, but what it opens is DLMS", bytes::key_text});
    return all;
}

// A driver on its thread, hasty, and what it hands over.
class Running {
  public:
    explicit Running(const MeterConfig& meter)
        : driver_({0, 0}, meter, handoff_, log.log(), make_byte_source, SerialSearch(meter, haste),
                  ByteWatch(meter, haste)),
          thread_([this](const std::stop_token& stop) { driver_.run(stop); }) {}

    template <typename Wanted>
    bool wait_for(Wanted wanted) {
        const auto deadline = Clock::now() + 20s;
        while (Clock::now() < deadline) {
            for (const MeterUpdate& update : handoff_.take(deadline, {})) {
                if (wanted(update)) {
                    return true;
                }
            }
        }
        return false;
    }
    // Of the meter itself: the devices behind it are lost too, and may be seen before it.
    std::string wait_for_loss() {
        std::string reason;
        wait_for([&](const MeterUpdate& update) {
            reason = update.lost.value_or("");
            return update.lost.has_value() && update.source.channel == 0;
        });
        return reason;
    }

    LogBook log;

  private:
    Handoff handoff_;
    StreamDriver driver_;
    std::jthread thread_;
};

MeterConfig meter_of(const Case& row, Transport transport) {
    MeterConfig meter;
    meter.driver = row.driver;
    meter.transport = transport;
    meter.key = row.key;
    meter.uri = "test";
    meter.host = "127.0.0.1";
    meter.mode = ReadoutMode::Push;
    return meter;
}

class Complaints : public testing::TestWithParam<Case> {};

TEST_P(Complaints, OverTcpOnceInTheLogAndAsReason) {
    const TcpServer server;
    MeterConfig meter = meter_of(GetParam(), Transport::Tcp);
    meter.port = server.port();
    Running running(meter);
    const Descriptor peer = server.accept();
    peer.send(GetParam().bytes());
    const std::string reason = running.wait_for_loss();
    EXPECT_THAT(reason, HasSubstr(GetParam().said));
    EXPECT_EQ(running.log.count(reason), 1U) << running.log.text();
    EXPECT_EQ(running.log.count("bytes arrive, but no good telegram"), 1U) << running.log.text();
}

TEST_P(Complaints, FromAFile) {
    const TemporaryFolder folder;
    const Bytes bytes = GetParam().bytes();
    std::ofstream(folder.file("bytes"), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), std::ssize(bytes));
    MeterConfig meter = meter_of(GetParam(), Transport::File);
    meter.path = folder.file("bytes");
    Running running(meter);
    EXPECT_THAT(running.wait_for_loss(), HasSubstr(GetParam().said));
}

INSTANTIATE_TEST_SUITE_P(Stream, Complaints, testing::ValuesIn(cases()),
                         [](const auto& param) { return param.param.name; });

// A serial line: with the search for the settings of a P1 port, and with settings that are given.
TEST(SerialComplaint, AllSettingsAreTriedFirst) {
    Pty pty;
    MeterConfig meter = meter_of({"", DriverKind::P1, {}, ""}, Transport::Serial);
    meter.path = pty.path();
    Running running(meter);
    std::jthread sender([&](const std::stop_token& stop) {
        for (unsigned seed = 0; !stop.stop_requested(); ++seed) {
            pty.master().send(bytes::random_bytes(20, seed));
            std::this_thread::sleep_for(20ms);
        }
    });
    const std::string reason = running.wait_for_loss();
    EXPECT_THAT(reason, HasSubstr("no good telegram at 115200 8N1 or 9600 7E1: noise"));
    EXPECT_THAT(running.log.text(), HasSubstr("listening at 9600 7E1"));
}

TEST(SerialComplaint, DialectsAreToldApartOnAPty) {
    for (const DriverKind driver : {DriverKind::P1, DriverKind::D0}) {
        Pty pty;
        MeterConfig meter = meter_of({"", driver, {}, ""}, Transport::Serial);
        meter.path = pty.path();
        Running running(meter);
        const Bytes telegrams = driver == DriverKind::D0 ? bytes::through_7e1(bytes::sml()) : bytes::sml();
        const std::jthread sender([&](const std::stop_token& stop) {
            while (!stop.stop_requested()) { // what comes before the port is open does not count
                pty.master().send(telegrams);
                std::this_thread::sleep_for(100ms);
            }
        });
        EXPECT_THAT(running.wait_for_loss(), HasSubstr("SML telegrams; the driver for them is sml"));
    }
}

TEST(Complaint, IsAdviceOfAMeterThatWasHeardAndGoesWithTheNextTelegram) {
    const TcpServer server;
    MeterConfig meter = meter_of({"", DriverKind::P1, {}, ""}, Transport::Tcp);
    meter.port = server.port();
    Running running(meter);
    const Descriptor peer = server.accept();
    peer.send(bytes::p1(1));
    const auto advice_is = [](const std::string& wanted) {
        return [wanted](const MeterUpdate& update) {
            return update.source.channel == 0 && update.info && update.info->serial == "E0044000000000001" &&
                   (wanted.empty() ? update.info->advice.empty()
                                   : update.info->advice.find(wanted) != std::string::npos);
        };
    };
    ASSERT_TRUE(running.wait_for(advice_is("")));
    peer.send(bytes::hdlc());
    ASSERT_TRUE(running.wait_for(advice_is("DLMS in HDLC frames")));
    EXPECT_THAT(running.wait_for_loss(), HasSubstr("DLMS in HDLC frames")); // when its values are too old
    peer.send(bytes::p1(2));
    EXPECT_TRUE(running.wait_for(advice_is("")));
}

TEST(Complaint, IsTheReasonAtOnceWhereTheMeterWasLost) {
    const TcpServer server;
    MeterConfig meter = meter_of({"", DriverKind::P1, {}, ""}, Transport::Tcp);
    meter.port = server.port();
    meter.stale_after = 1h;
    Running running(meter);
    server.accept().send(bytes::p1(1)); // and closed
    EXPECT_THAT(running.wait_for_loss(), Not(HasSubstr("bytes arrive")));
    const Descriptor again = server.accept();
    again.send(bytes::random_bytes(500));
    EXPECT_THAT(running.wait_for_loss(), HasSubstr("bytes arrive, but no good telegram: noise"));
}

// What came of a telegram before its link was cut is to be looked at some time later. When the link is back
// that time is long past, and nothing but a telegram is owed.
TEST(Complaint, AMeterIsBackWhoseLinkWasCutWithinATelegramAndAwayForLong) {
    auto server = std::make_unique<TcpServer>();
    MeterConfig meter = meter_of({"", DriverKind::Sml, {}, ""}, Transport::Tcp);
    meter.port = server->port();
    Running running(meter);
    const auto telegram = [](int second) { return sml_telegram(simulate_values(second)); };
    {
        const Descriptor peer = server->accept();
        server.reset();
        const Bytes second = telegram(2);
        peer.send(telegram(1));
        ASSERT_TRUE(running.wait_for([](const MeterUpdate& update) { return update.reading.has_value(); }));
        peer.send(std::span(second).first(second.size() / 2));
    }
    EXPECT_THAT(running.wait_for_loss(), HasSubstr("closed the connection"));
    ASSERT_THAT(running.wait_for_loss(), HasSubstr("refused")); // and is looked for again 2 s later
    server = std::make_unique<TcpServer>(meter.port);
    const Descriptor peer = server->accept();
    std::this_thread::sleep_for(100ms); // most meters send a second or two later, not at once
    peer.send(telegram(6));
    EXPECT_TRUE(running.wait_for([](const MeterUpdate& update) { return update.reading.has_value(); }))
        << running.log.text();
    EXPECT_EQ(running.log.count("bytes arrive"), 0U) << "half a telegram is no noise\n" << running.log.text();
}

} // namespace
} // namespace gridbridge::test
