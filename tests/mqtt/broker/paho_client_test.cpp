// The real client against a broker's end that says what the test wants.
#include "mqtt/broker/paho_client.hpp"

#include "drivers/waist/handoff.hpp"
#include "tests/drivers/io/io_ends.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr std::array<unsigned char, 4> accepted{0x20, 2, 0, 0}; // CONNACK of MQTT 3.1.1
constexpr unsigned char unsubscribe_packet = 0xA2;

// All packets here are short: the second byte is the length of the rest.
std::vector<unsigned char> next_packet(const Descriptor& from) {
    std::array<unsigned char, 2> head{};
    EXPECT_EQ(::recv(from.get(), head.data(), head.size(), MSG_WAITALL), 2);
    std::vector<unsigned char> packet(head.begin(), head.end());
    packet.resize(head.size() + head[1]);
    EXPECT_EQ(::recv(from.get(), packet.data() + head.size(), head[1], MSG_WAITALL), head[1]);
    return packet;
}

struct Arrivals {
    Handoff handoff;
    ClientInbox inbox{[this] { handoff.wake(); }};
    std::vector<ClientEvent::Kind> kinds;

    bool wait_for(ClientEvent::Kind wanted) {
        const auto until = Clock::now() + 60s;
        while (Clock::now() < until) {
            for (const ClientEvent& event : inbox.drain()) {
                kinds.push_back(event.kind);
            }
            if (std::find(kinds.begin(), kinds.end(), wanted) != kinds.end()) {
                return true;
            }
            handoff.take(Clock::now() + 100ms, {});
        }
        return false;
    }
};

class PahoClientTest : public testing::Test {
  protected:
    PahoClientTest() {
        BrokerOptions options;
        options.servers = {"mqtt://127.0.0.1:" + std::to_string(listening_.port())};
        options.client_id = "test";
        client_ = make_paho_client(options, arrivals_.inbox);
        client_->connect(0, {});
        // The first connection may be a look whether anybody is there.
        do {
            broker_ = listening_.accept();
        } while (!is_connect());
        EXPECT_EQ(::send(broker_.get(), accepted.data(), accepted.size(), MSG_NOSIGNAL), 4);
        EXPECT_TRUE(arrivals_.wait_for(ClientEvent::Kind::Connected));
    }
    bool is_connect() const {
        unsigned char first = 0;
        if (::recv(broker_.get(), &first, 1, MSG_PEEK) <= 0) {
            return false;
        }
        next_packet(broker_);
        return true;
    }

    test::Listening listening_{"127.0.0.1"};
    Arrivals arrivals_;
    std::unique_ptr<MqttClient> client_;
    Descriptor broker_;
};

TEST_F(PahoClientTest, AnEchoIsTheAnswerOfTheBroker) {
    ASSERT_TRUE(client_->ask_echo());
    const auto question = next_packet(broker_);
    ASSERT_EQ(question[0], unsubscribe_packet);
    const std::array<unsigned char, 4> answer{0xB0, 2, question[2], question[3]}; // UNSUBACK
    EXPECT_EQ(::send(broker_.get(), answer.data(), answer.size(), MSG_NOSIGNAL), 4);
    EXPECT_TRUE(arrivals_.wait_for(ClientEvent::Kind::Echo));
}

TEST_F(PahoClientTest, ALostConnectionIsNoEcho) {
    ASSERT_TRUE(client_->ask_echo());
    EXPECT_EQ(next_packet(broker_)[0], unsubscribe_packet);
    broker_ = Descriptor();
    EXPECT_TRUE(arrivals_.wait_for(ClientEvent::Kind::Lost));
    client_->disconnect(100ms); // nothing is left under way
    arrivals_.wait_for(ClientEvent::Kind::Lost);
    EXPECT_EQ(std::count(arrivals_.kinds.begin(), arrivals_.kinds.end(), ClientEvent::Kind::Echo), 0);
}

} // namespace
} // namespace gridbridge
