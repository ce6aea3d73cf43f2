// Nothing is left behind after many connections to a real broker.
#include "mqtt/broker/paho_client.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/integration/process.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <utility>

namespace gridbridge::testing_support {
namespace {

std::size_t open_descriptors() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        static_cast<void>(entry);
        ++count;
    }
    return count;
}

// A client and a wait for its next event.
class Listener {
  public:
    Listener(std::string server, const std::string& client_id) {
        BrokerOptions options;
        options.servers = {std::move(server)};
        options.client_id = client_id;
        client = make_paho_client(std::move(options), inbox_);
    }
    ClientEvent next() {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, patience, [&] {
            for (ClientEvent& event : inbox_.drain()) {
                events_.push_back(std::move(event));
            }
            return !events_.empty();
        });
        if (events_.empty()) {
            return {ClientEvent::Kind::Failed, "no event", {}};
        }
        ClientEvent event = std::move(events_.front());
        events_.pop_front();
        return event;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    ClientInbox inbox_{[this] {
        const std::lock_guard lock(mutex_);
        changed_.notify_one();
    }};
    std::deque<ClientEvent> events_;

  public:
    std::unique_ptr<MqttClient> client; // last: it uses the inbox
};

// A client that has left is freed by a thread of its own.
bool comes_down_to(std::size_t count) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (open_descriptors() > count && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5)); // polling a condition
    }
    return open_descriptors() <= count;
}

TEST(Descriptors, AThousandBrokerConnectionsLeaveNone) {
    constexpr std::size_t at_once = 10;
    constexpr int rounds = 100;
    const Broker broker;
    std::vector<std::unique_ptr<Listener>> listeners;
    for (std::size_t i = 0; i < at_once; ++i) {
        listeners.push_back(std::make_unique<Listener>(broker.url(), "gridbridge-test-" + std::to_string(i)));
    }
    std::size_t before = 0;
    for (int round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < at_once; ++i) {
            listeners[i]->client->connect(0, {"R/" + std::to_string(i) + "/#"});
        }
        for (std::size_t i = 0; i < at_once; ++i) {
            const std::string topic = "R/" + std::to_string(i) + "/x";
            const ClientEvent connected = listeners[i]->next();
            ASSERT_EQ(connected.kind, ClientEvent::Kind::Connected) << connected.text;
            ASSERT_EQ(listeners[i]->client->publish({topic, "y", false}), Sent::Taken);
            EXPECT_EQ(listeners[i]->next().message.topic, topic) << "subscribed before it was told";
            listeners[i]->client->disconnect(std::chrono::milliseconds(1000));
        }
        before = round == 5 ? open_descriptors() : before;
    }
    EXPECT_TRUE(comes_down_to(before)) << open_descriptors() << " instead of " << before;
}

TEST(Descriptors, RefusedConnectionsSayWhyAndLeaveNone) {
    Listener listener("mqtt://127.0.0.1:" + std::to_string(free_port()), "gridbridge-test"); // nobody listens
    std::size_t before = 0;
    for (int i = 0; i < 50; ++i) {
        listener.client->connect(0, {});
        const ClientEvent event = listener.next();
        EXPECT_EQ(event.kind, ClientEvent::Kind::Failed);
        EXPECT_EQ(event.text,
                  "connection refused: is the broker running, and is the port in [mqtt] servers right?");
        EXPECT_EQ(listener.client->publish({"test", "x", false}), Sent::Later);
        before = i == 10 ? open_descriptors() : before;
    }
    EXPECT_TRUE(comes_down_to(before)) << open_descriptors() << " instead of " << before;
}

} // namespace
} // namespace gridbridge::testing_support
