// The program as a GX sees it: an EM24 Ethernet on Modbus TCP, made of P1 telegrams.
#include "app/simulate/p1_telegram.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/integration/modbus_client.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <thread>

#include <poll.h>

namespace gridbridge::testing_support {
namespace {

using namespace std::chrono_literals;
using Words = ModbusClient::Words;

// A P1 port behind a network adapter: the same telegram again and again, to every client, until it is paused.
class P1Port {
  public:
    P1Port() : port_(free_port()), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port_));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const int on = 1;
        ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        const void* const any = &address;
        EXPECT_EQ(::bind(listener_, static_cast<const sockaddr*>(any), sizeof address), 0);
        EXPECT_EQ(::listen(listener_, 8), 0);
        thread_ = std::jthread([this](const std::stop_token& stop) { send(stop); });
    }
    P1Port(const P1Port&) = delete;
    P1Port& operator=(const P1Port&) = delete;
    ~P1Port() {
        thread_ = {};
        ::close(listener_);
    }
    std::string uri() const { return "p1+tcp://127.0.0.1:" + std::to_string(port_); }
    void pause(bool silent) { silent_ = silent; }

  private:
    void send(const std::stop_token& stop) {
        const std::string telegram = p1_telegram(simulate_values(7));
        std::vector<int> clients;
        while (!stop.stop_requested()) {
            pollfd waiting{listener_, POLLIN, 0};
            if (::poll(&waiting, 1, 0) > 0) {
                clients.push_back(::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
            }
            for (const int client : clients) {
                if (!silent_) {
                    static_cast<void>(!::send(client, telegram.data(), telegram.size(), MSG_NOSIGNAL));
                }
            }
            std::this_thread::sleep_for(500ms); // the pace of the meter
        }
        for (const int client : clients) {
            ::close(client);
        }
    }

    int port_;
    int listener_;
    std::atomic<bool> silent_ = false;
    std::jthread thread_;
};

class GxEm24 : public testing::Test {
  protected:
    GxEm24() {
        folder.write("gridbridge.toml",
                     "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") +
                         "\"\n[mqtt]\nservers = [\"" + broker.url() +
                         "\"]\n[gx]\nmode = \"em24-ethernet\"\nlisten = \"127.0.0.1:" + std::to_string(port) +
                         "\"\nmeter = \"Main\"\n[[meter]]\nuri = \"" + source.uri() +
                         "\"\nname = \"Main\"\n");
        service = std::make_unique<Process>(
            std::vector<std::string>{GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gridbridge.toml")});
        EXPECT_TRUE(service->wait_for_line("waiting for a GX")) << service->errors();
        gx = std::make_unique<ModbusClient>(port);
        EXPECT_TRUE(wait_until([this] { return gx->read(0x0000, 80).has_value(); })) << service->errors();
    }

    static bool wait_until(const std::function<bool()>& holds) {
        for (const auto limit = std::chrono::steady_clock::now() + patience;
             std::chrono::steady_clock::now() < limit;) {
            if (holds()) {
                return true;
            }
            std::this_thread::sleep_for(10ms);
        }
        return false;
    }

    P1Port source;
    Broker broker;
    Folder folder;
    int port = free_port();
    std::unique_ptr<Process> service;
    std::unique_ptr<ModbusClient> gx;
};

nlohmann::json reading_of(const std::string& uri) {
    const Result result = gridbridge({"read", "--meter", uri, "--json"});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    return nlohmann::json::parse(result.output, nullptr, false);
}

struct Shown {
    const char* path;
    int address;
    int divisor;
};
constexpr Shown shown[] = {
    {"Ac/L1/Voltage", 0x00, 10},   {"Ac/L2/Voltage", 0x02, 10},     {"Ac/L3/Voltage", 0x04, 10},
    {"Ac/L1/Current", 0x0C, 1000}, {"Ac/L2/Current", 0x0E, 1000},   {"Ac/L3/Current", 0x10, 1000},
    {"Ac/L1/Power", 0x12, 10},     {"Ac/L2/Power", 0x14, 10},       {"Ac/L3/Power", 0x16, 10},
    {"Ac/Power", 0x28, 10},        {"Ac/Energy/Forward", 0x34, 10}, {"Ac/Energy/Reverse", 0x4E, 10}};

TEST_F(GxEm24, TheSameNumbersOnBothSides) {
    const auto meter = reading_of(source.uri());
    const nlohmann::json served = reading_of("cg+tcp://127.0.0.1:" + std::to_string(port));
    EXPECT_EQ(served["meter"]["serial"], "44000000000001");
    EXPECT_EQ(served["meter"]["product"], "Carlo Gavazzi EM24 Ethernet Energy Meter");
    const auto words = gx->read(0x0000, 80);
    ASSERT_TRUE(words);
    for (const Shown& row : shown) {
        ASSERT_TRUE(meter["venus"][row.path].is_number()) << row.path << meter;
        ASSERT_TRUE(served["venus"][row.path].is_number()) << row.path << served;
        const double value = meter["venus"][row.path];
        const double step = 1.0 / row.divisor;
        EXPECT_NEAR(served["venus"][row.path].get<double>(), value, step) << row.path;
        const auto raw = int32_at(*words, static_cast<std::size_t>(row.address));
        EXPECT_NEAR(raw, value * row.divisor, 1.0) << row.path;
    }
    EXPECT_EQ(served["venus"].value("Ac/Frequency", -1.0), 0.0) << "P1 does not tell, a GX knows no null";
}

TEST_F(GxEm24, AnIndependentClientReadsAndWrites) {
    if (run({"sh", "-c", "command -v mbpoll"}).exit_code != 0) {
        GTEST_SKIP() << "MBPOLL IS NOT INSTALLED";
    }
    const auto mbpoll = [this](std::vector<std::string> more, const std::string& value = {}) {
        std::vector<std::string> command{"mbpoll", "-m", "tcp", "-p", std::to_string(port), "-a", "1",
                                         "-0",     "-1", "-o",  "5"};
        command.insert(command.end(), more.begin(), more.end());
        command.emplace_back("127.0.0.1");
        if (!value.empty()) {
            command.push_back(value);
        }
        const Result result = run(command);
        return result.output + result.errors;
    };
    const auto meter = reading_of(source.uri());
    for (const Shown& row : shown) {
        const std::string address = std::to_string(row.address);
        const std::string output = mbpoll({"-t", "4:int", "-r", address, "-c", "1"});
        const auto at = output.find("[" + address + "]:");
        ASSERT_NE(at, std::string::npos) << output;
        const double raw = std::atof(output.c_str() + at + address.size() + 3);
        EXPECT_NEAR(raw, meter["venus"][row.path].get<double>() * row.divisor, 1.0) << row.path;
    }
    EXPECT_THAT(mbpoll({"-r", "11", "-c", "1"}), testing::HasSubstr("1648"));
    EXPECT_THAT(mbpoll({"-r", "35168", "-c", "2"}), testing::HasSubstr("Illegal data address"));
    EXPECT_THAT(mbpoll({"-r", "4098"}, "3"), testing::HasSubstr("Written 1"));
    EXPECT_THAT(mbpoll({"-r", "4098", "-c", "1"}), testing::ContainsRegex("\\[4098\\]:[ \t]*3"));
    EXPECT_THAT(mbpoll({"-r", "4098"}, "5"), testing::HasSubstr("Illegal data value"));
    EXPECT_THAT(mbpoll({"-r", "40960"}, "7"), testing::HasSubstr("Written 1"));
    const auto words = gx->read(0x0012, 6);
    ASSERT_TRUE(words);
    EXPECT_NEAR(int32_at(*words, 0), meter["venus"]["Ac/Power"].get<double>() * 10, 1.0)
        << "one phase: the total";
}

TEST_F(GxEm24, OldValuesAreRefusedAndNewOnesServedAtOnce) {
    source.pause(true);
    EXPECT_TRUE(wait_until([this] { return !gx->read(0x0000, 80).has_value(); }));
    EXPECT_EQ(gx->exception(), 11);
    EXPECT_FALSE(gx->read(0x000B, 1)) << "nor is it found anew";
    EXPECT_EQ(gx->exception(), 11);
    source.pause(false);
    EXPECT_TRUE(wait_until([this] { return gx->read(0x0000, 80).has_value(); }));
}

// What dbus-modbus-client asks before it shows a meter.
void expect_found(ModbusClient& client) {
    EXPECT_FALSE(client.read(0x8960, 2));
    EXPECT_EQ(client.exception(), 2);
    EXPECT_EQ(client.read(0x000B, 1), Words{1648});
    EXPECT_EQ(client.read(0xA000, 1), Words{7});
    EXPECT_TRUE(client.read(0x0302, 1));
    EXPECT_TRUE(client.read(0x0304, 1));
    EXPECT_EQ(client.read(0x1002, 1), Words{0});
    EXPECT_TRUE(client.read(0x5000, 7));
}

TEST_F(GxEm24, TheRequestsOfAGxAtItsPace) {
    const char* const wish = std::getenv("GRIDBRIDGE_GX_SECONDS"); // 60 for a long run
    const int seconds = wish == nullptr ? 5 : std::atoi(wish);
    ModbusClient client(port);
    expect_found(client);
    auto due = std::chrono::steady_clock::now();
    for (int second = 0; second < seconds; ++second) {
        const auto words = client.read(0x0000, 80);
        ASSERT_TRUE(words) << "second " << second << ", exception " << client.exception();
        EXPECT_EQ(words->at(0x3C), 0);
        if (second % 4 == 0) {
            EXPECT_EQ(client.read(0xA100, 1), Words{3});
        }
        due += 1s;
        std::this_thread::sleep_until(due);
    }
}

TEST_F(GxEm24, TenClientsAtTenHertz) {
    std::atomic<int> good = 0;
    {
        std::vector<std::jthread> clients;
        for (int i = 0; i < 10; ++i) {
            clients.emplace_back([&] {
                ModbusClient client(port);
                for (int n = 0; n < 30; ++n) {
                    const auto words = client.read(0x0000, 80);
                    good += words && words->size() == 80 ? 1 : 0;
                    std::this_thread::sleep_for(100ms);
                }
            });
        }
    }
    EXPECT_EQ(good, 300) << service->errors();
}

TEST_F(GxEm24, EndsInOrderWithAGxConnected) {
    service->signal(SIGTERM);
    EXPECT_EQ(service->wait(), 0) << service->errors();
    EXPECT_TRUE(gx->is_closed());
}

} // namespace
} // namespace gridbridge::testing_support
