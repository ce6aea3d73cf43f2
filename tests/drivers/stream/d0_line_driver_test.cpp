// Several D0 meters on one line, over real sockets and ptys.
#include "drivers/stream/d0_line_driver.hpp"

#include "app/simulate/d0_server.hpp"
#include "app/simulate/d0_telegram.hpp"
#include "drivers/factory.hpp"
#include "tests/drivers/stream/io_support.hpp"
#include "tests/fakes/log_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Simulated devices on a line of their own.
class Devices {
  public:
    Devices(StreamListen listen, std::vector<std::pair<std::string, D0Meter>> devices) {
        options_.listen = std::move(listen);
        for (const auto& device : devices) {
            options_.devices.push_back({device.first, [meter = device.second](double seconds) {
                                            return d0_telegram(simulate_values(seconds), meter);
                                        }});
        }
        options_.print_line = [this](const std::string& line) { where_.set_value(line); };
        thread_ = std::jthread([this](const std::stop_token& stop) { serve_d0_requests(options_, stop); });
        uri_ = where_.get_future().get().substr(std::string("listening on ").size());
    }
    const std::string& uri() const { return uri_; }

  private:
    D0ServerOptions options_;
    std::promise<std::string> where_;
    std::string uri_;
    std::jthread thread_;
};

D0Meter device(const std::string& serial) {
    return {.ident = "LOG5LK13BE803319", .serial = serial, .has_checksum = true};
}

// The drivers of a configuration on their threads, and what they hand over.
class Line {
  public:
    explicit Line(const std::vector<std::string>& uris) {
        for (const std::string& uri : uris) {
            EXPECT_THAT(parse_meter_uri(uri, meters_.emplace_back()), testing::IsEmpty());
        }
        drivers_ = make_drivers(meters_, handoff_, orders_, book_.log());
        for (const auto& driver : drivers_) {
            threads_.emplace_back([&driver](const std::stop_token& stop) { driver->run(stop); });
        }
    }
    std::size_t drivers() const { return drivers_.size(); }

    template <typename Wanted>
    bool wait_for(Wanted wanted) {
        const auto deadline = Clock::now() + 60s;
        while (Clock::now() < deadline) {
            for (MeterUpdate& update : handoff_.take(deadline, {})) {
                if (update.info) {
                    serials_[update.source.meter].insert(update.info->serial);
                    connections_[update.source.meter] = update.info->connection;
                }
                if (update.counters) {
                    counters_[update.source.meter] = *update.counters;
                }
                readings_[update.source.meter] += update.reading ? 1 : 0;
                if (update.lost) {
                    reasons_[update.source.meter] = *update.lost;
                }
                EXPECT_EQ(update.source.channel, 0U);
            }
            if (wanted()) {
                return true;
            }
        }
        return false;
    }
    Clock::duration stop() {
        const auto requested = Clock::now();
        threads_.clear();
        return Clock::now() - requested;
    }

    std::map<int, std::set<std::string>> serials_;
    std::map<int, std::string> connections_;
    std::map<int, int> readings_;
    std::map<int, std::string> reasons_;
    std::map<int, MeterCounters> counters_;
    LogBook book_;

  private:
    std::vector<MeterConfig> meters_;
    Handoff handoff_;
    Orders orders_;
    std::vector<std::unique_ptr<Driver>> drivers_;
    std::vector<std::jthread> threads_;
};

using Serials = std::set<std::string>;
const StreamListen any_tcp_port{StreamListen::Kind::Tcp, {}, "127.0.0.1", 0};

TEST(D0LineDriver, TwoAddressesOnATcpEndpointAreTwoMeters) {
    const Devices devices(any_tcp_port, {{"1", device("S1")}, {"2", device("S2")}});
    const std::string uri = "d0+" + devices.uri() + "?mode=request&interval=0&address=";
    Line line({uri + "1", uri + "2"});
    EXPECT_EQ(line.drivers(), 1U) << "one connection, one thread";
    ASSERT_TRUE(line.wait_for([&] { return line.readings_[0] >= 2 && line.readings_[1] >= 2; }))
        << line.book_.text();
    EXPECT_EQ(line.serials_[0], Serials{"S1"});
    EXPECT_EQ(line.serials_[1], Serials{"S2"});
    EXPECT_THAT(line.connections_[1], testing::EndsWith(" address 2"));
    EXPECT_LT(line.stop(), 1s);
}

TEST(D0LineDriver, TwoAddressesOnASerialPort) {
    const TemporaryFolder folder;
    const Devices devices({StreamListen::Kind::Pty, folder.file("port"), {}, 0},
                          {{"1", device("S1")}, {"2", device("S2")}});
    const std::string uri = "d0+" + devices.uri() + "?interval=0&address="; // not asked for by mode
    Line line({uri + "1", uri + "2"});
    ASSERT_TRUE(line.wait_for([&] { return line.readings_[0] >= 2 && line.readings_[1] >= 2; }))
        << line.book_.text();
    EXPECT_EQ(line.serials_[0], Serials{"S1"});
    EXPECT_EQ(line.serials_[1], Serials{"S2"});
    EXPECT_LT(line.stop(), 1s);
}

TEST(D0LineDriver, ASilentAddressIsLostByItselfAndTheOtherIsRead) {
    const Devices devices(any_tcp_port, {{"2", device("S2")}});
    const std::string uri = "d0+" + devices.uri() + "?mode=request&interval=0&address=";
    Line line({uri + "1", uri + "2"});
    ASSERT_TRUE(line.wait_for([&] { return !line.reasons_[0].empty(); })) << line.book_.text();
    EXPECT_THAT(line.reasons_[0], HasSubstr("no answer: is this the address"));
    EXPECT_EQ(line.counters_[0].timeouts, 3U);
    EXPECT_EQ(line.counters_[0].good, 0U);
    EXPECT_GE(line.readings_[1], 3);
    EXPECT_EQ(line.reasons_[1], "");
    EXPECT_TRUE(line.book_.wait_for(" address 1: no answer")) << line.book_.text();
}

// One device that answers to every address, as some do.
TEST(D0LineDriver, TheAnswerOfTheOtherDeviceIsNeverBooked) {
    const Devices devices(any_tcp_port, {{"", device("S1")}});
    const std::string uri = "d0+" + devices.uri() + "?mode=request&interval=0&address=";
    Line line({uri + "1", uri + "2"});
    ASSERT_TRUE(line.wait_for([&] { return !line.reasons_[1].empty(); })) << line.book_.text();
    EXPECT_GE(line.readings_[0], 2);
    EXPECT_EQ(line.readings_[1], 0);
    EXPECT_EQ(line.serials_[1], Serials{});
    EXPECT_THAT(line.reasons_[1], HasSubstr("is that of another address, by its serial number S1"));
    EXPECT_GE(line.counters_[1].unidentified, 3U);
}

TEST(D0LineDriver, WithoutSerialNumbersTheyAreTwoByTheirAddresses) {
    const Devices devices(any_tcp_port, {{"1", device("")}, {"2", device("")}});
    const std::string uri = "d0+" + devices.uri() + "?mode=request&interval=0&address=";
    Line line({uri + "1", uri + "2"});
    ASSERT_TRUE(line.wait_for([&] { return line.readings_[0] >= 1 && line.readings_[1] >= 1; }))
        << line.book_.text();
    ASSERT_EQ(line.serials_[0].size(), 1U);
    EXPECT_NE(line.serials_[0], line.serials_[1]);
}

TEST(D0LineDriver, TheLineIsOpenedAgainAndBothReturn) {
    auto devices = std::make_unique<Devices>(
        any_tcp_port, std::vector<std::pair<std::string, D0Meter>>{{"1", device("S1")}, {"2", device("S2")}});
    const std::string where = devices->uri();
    const std::string uri = "d0+" + where + "?mode=request&interval=0&address=";
    Line line({uri + "1", uri + "2"});
    ASSERT_TRUE(line.wait_for([&] { return line.readings_[0] >= 1 && line.readings_[1] >= 1; }))
        << line.book_.text();
    devices.reset();
    ASSERT_TRUE(line.wait_for([&] { return !line.reasons_[0].empty() && !line.reasons_[1].empty(); }))
        << line.book_.text();
    EXPECT_THAT(line.reasons_[0], HasSubstr("link lost"));
    const auto port = static_cast<std::uint16_t>(std::stoi(where.substr(where.rfind(':') + 1)));
    const Devices again({StreamListen::Kind::Tcp, {}, "127.0.0.1", port},
                        {{"1", device("S1")}, {"2", device("S2")}});
    line.readings_.clear();
    ASSERT_TRUE(line.wait_for([&] { return line.readings_[0] >= 1 && line.readings_[1] >= 1; }))
        << line.book_.text();
    EXPECT_EQ(line.serials_[0], Serials{"S1"});
    EXPECT_GE(line.counters_[1].reconnects, 1U);
}

TEST(D0LineDriver, OneAddressAloneIsAStreamAsBefore) {
    const Devices devices(any_tcp_port, {{"1", device("S1")}});
    Line line({"d0+" + devices.uri() + "?mode=request&interval=0&address=1", "d0+file:///nowhere?name=x"});
    EXPECT_EQ(line.drivers(), 2U);
    ASSERT_TRUE(line.wait_for([&] { return line.readings_[0] >= 1; })) << line.book_.text();
    EXPECT_THAT(line.connections_[0], testing::Not(HasSubstr("address")));
}

} // namespace
} // namespace gridbridge::test
