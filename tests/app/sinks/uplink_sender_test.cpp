#include "app/sinks/uplink_sender.hpp"

#include "tests/app/sinks/sink_folder.hpp"
#include "tests/fakes/log_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>
#include <set>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

// A broker that acknowledges what it is told to, in any order.
class UplinkEnd {
  public:
    struct Client : MqttClient {
        Client(UplinkEnd& owner, ClientInbox& to) : end(owner), inbox(to) {}
        void connect(std::size_t server, const std::vector<std::string>&) override {
            end.attempts.push_back(server);
            end.is_up = end.accepts.contains(server);
            inbox.push({end.is_up ? ClientEvent::Kind::Connected : ClientEvent::Kind::Failed, "refused", {}});
        }
        Sent publish(const Message& message) override {
            if (!end.is_up || end.unacknowledged.size() >= end.room) {
                return Sent::Later;
            }
            end.unacknowledged.push_back(message);
            return Sent::Taken;
        }
        std::size_t queued() const override { return 0; }
        void abort() override { end.is_up = false; }
        void disconnect(std::chrono::milliseconds) override { end.is_up = false; }
        UplinkEnd& end;
        ClientInbox& inbox;
    };

    std::unique_ptr<MqttClient> make(ClientInbox& to) {
        inbox = &to;
        return std::make_unique<Client>(*this, to);
    }
    void acknowledge(std::size_t which) {
        const Message message = unacknowledged.at(which);
        unacknowledged.erase(unacknowledged.begin() + static_cast<std::ptrdiff_t>(which));
        kept.push_back(message);
        inbox->push({ClientEvent::Kind::Delivered, {}, message});
    }
    void lose() {
        is_up = false;
        unacknowledged.clear();
        inbox->push({ClientEvent::Kind::Lost, "the test cut it", {}});
    }

    std::set<std::size_t> accepts{0, 1};
    std::vector<std::size_t> attempts;
    bool is_up = false;
    std::size_t room = 1000;
    std::vector<Message> unacknowledged;
    std::vector<Message> kept; // acknowledged
    ClientInbox* inbox = nullptr;
};

class UplinkSenderTest : public testing::Test {
  protected:
    UplinkSenderTest() {
        shared_->name = "sink test";
        shared_->log = book_.log();
        shared_->wall_minus_steady_ms = [] { return std::optional<std::int64_t>(0); };
        open("r1");
        UplinkOptions options;
        options.portal_id = "p";
        options.servers = {"mqtts://one:8883", "mqtts://two:8883"};
        options.jitter = [] { return 0.5; };
        options.make_client = [this](ClientInbox& inbox) { return end_.make(inbox); };
        options.window = 10;
        sender_ = std::make_unique<UplinkSender>(shared_, options);
    }
    void open(const std::string& run) {
        shared_->queue.with([&](std::unique_ptr<SinkQueue>& queue) {
            queue = std::make_unique<SinkQueue>(make_memory_store(),
                                                SinkQueueOptions{64'000'000, 1, [run] { return run; }});
        });
    }
    void queue_points(int first, int count) {
        shared_->queue.with([&](std::unique_ptr<SinkQueue>& queue) {
            auto points = numbered(first, count, 0);
            for (QueuedPoint& point : points) {
                point.text = "\"n\":" + point.text;
            }
            queue->append(points);
        });
    }
    std::uint64_t waiting() {
        return shared_->queue.with([](std::unique_ptr<SinkQueue>& queue) { return queue->waiting(); });
    }
    void step(Clock::duration time = 1s) {
        now_ += time;
        sender_->step(now_, {});
    }
    SinkHealth health() {
        return shared_->health.with([](SinkHealth& now) { return now; });
    }

    UplinkEnd end_;
    LogBook book_;
    Clock::time_point now_{1h};
    std::shared_ptr<SinkShared> shared_ = std::make_shared<SinkShared>();
    std::unique_ptr<UplinkSender> sender_;
};

TEST_F(UplinkSenderTest, AcknowledgedPointsLeaveTheQueueInOrder) {
    queue_points(1, 25);
    step();
    step();
    ASSERT_THAT(end_.unacknowledged, SizeIs(10)) << "a bounded window";
    EXPECT_EQ(end_.unacknowledged[0].topic, "fleet/p/S/reading");
    EXPECT_EQ(end_.unacknowledged[0].payload, R"({"time":1,"run":"r1","seq":1,"n":1})");
    EXPECT_EQ(end_.unacknowledged[0].qos, 1);
    EXPECT_FALSE(end_.unacknowledged[0].retain);
    end_.acknowledge(3); // brokers need not keep the order
    step();
    EXPECT_EQ(waiting(), 25U);
    end_.acknowledge(0);
    step();
    EXPECT_EQ(waiting(), 24U);
    end_.acknowledge(0);
    end_.acknowledge(0);
    step();
    EXPECT_EQ(waiting(), 21U) << "the fourth was acknowledged already";
    while (waiting() > 0) {
        ASSERT_FALSE(end_.unacknowledged.empty());
        end_.acknowledge(0);
        step(10ms);
    }
    EXPECT_THAT(end_.kept, SizeIs(25));
    EXPECT_EQ(health().sent, 25U);
}

TEST_F(UplinkSenderTest, WhatWasUnderWayIsSentAgainWithItsKey) {
    queue_points(1, 5);
    step();
    step();
    end_.acknowledge(0);
    const auto first_time = end_.unacknowledged;
    end_.lose();
    step();
    EXPECT_THAT(health().problem, HasSubstr("the test cut it"));
    step(10s);
    step();
    EXPECT_EQ(end_.unacknowledged, first_time);
    EXPECT_EQ(health().problem, "");
}

TEST_F(UplinkSenderTest, ServersAreTriedInOrder) {
    end_.accepts = {1};
    step();
    step();
    step();
    EXPECT_THAT(end_.attempts, ElementsAre(0, 1));
    EXPECT_TRUE(health().connected);
    EXPECT_TRUE(book_.wait_for("cannot connect to mqtts://one:8883: refused"));
    EXPECT_TRUE(book_.wait_for("connected to mqtts://two:8883"));
}

TEST_F(UplinkSenderTest, ABrokerThatAcknowledgesNothingIsLeft) {
    queue_points(1, 5);
    step();
    step();
    for (int i = 0; i < 50; ++i) {
        step();
    }
    EXPECT_TRUE(end_.is_up);
    for (int i = 0; i < 20; ++i) {
        step();
    }
    EXPECT_GE(end_.attempts.size(), 2U);
    EXPECT_TRUE(book_.wait_for("acknowledges nothing"));
}

TEST_F(UplinkSenderTest, StatesGoAtAConnectAndWhenTheyChange) {
    shared_->box->put_state("health", "{1}");
    shared_->box->put_state("info", "{2}");
    step();
    step();
    const auto topics = [&] {
        std::vector<std::string> all;
        for (const Message& message : end_.unacknowledged) {
            all.push_back(message.topic + " " + message.payload);
        }
        end_.unacknowledged.clear();
        return all;
    };
    EXPECT_THAT(topics(), ElementsAre("fleet/p/health {1}", "fleet/p/info {2}"));
    step();
    EXPECT_THAT(topics(), SizeIs(0));
    shared_->box->put_state("health", "{3}");
    step();
    EXPECT_THAT(topics(), ElementsAre("fleet/p/health {3}"));
    end_.lose();
    step();
    step(10s);
    step();
    EXPECT_THAT(topics(), ElementsAre("fleet/p/health {3}", "fleet/p/info {2}"));
}

TEST_F(UplinkSenderTest, AClientThatIsFullGetsTheRestLater) {
    end_.room = 3;
    queue_points(1, 8);
    step();
    step();
    ASSERT_THAT(end_.unacknowledged, SizeIs(3));
    for (int i = 0; i < 8; ++i) {
        ASSERT_FALSE(end_.unacknowledged.empty());
        EXPECT_THAT(end_.unacknowledged.front().payload, HasSubstr("\"seq\":" + std::to_string(i + 1) + ","));
        end_.acknowledge(0);
        step(100ms);
    }
    EXPECT_EQ(waiting(), 0U);
}

// Connections that end at any time, acknowledgements in any order: nothing is lost, and what comes twice has
// the same key and the same text.
TEST_F(UplinkSenderTest, NothingIsLostWhateverTheBrokerDoes) {
    std::minstd_rand random(7);
    int made = 0;
    std::map<std::string, std::string> kept; // by key
    std::size_t looked_at = 0;
    const auto look = [&] {
        for (; looked_at < end_.kept.size(); ++looked_at) {
            const auto json = nlohmann::json::parse(end_.kept[looked_at].payload);
            const std::string key = json["run"].get<std::string>() + json["seq"].dump();
            const auto [known, is_new] = kept.emplace(key, end_.kept[looked_at].payload);
            ASSERT_EQ(known->second, end_.kept[looked_at].payload);
        }
    };
    for (int i = 0; i < 5'000; ++i) {
        switch (random() % 8) {
        case 0:
            queue_points(made + 1, 3);
            made += 3;
            break;
        case 1:
            if (end_.is_up && random() % 8 == 0) {
                end_.lose();
            }
            break;
        default:
            if (!end_.unacknowledged.empty()) {
                end_.acknowledge(random() % end_.unacknowledged.size());
            }
            break;
        }
        step(std::chrono::milliseconds(random() % 2'000));
        look();
    }
    for (int i = 0; i < 20'000 && waiting() > 0; ++i) {
        if (!end_.unacknowledged.empty()) {
            end_.acknowledge(0);
        }
        step(1s);
        look();
    }
    EXPECT_EQ(waiting(), 0U);
    EXPECT_EQ(kept.size(), static_cast<std::size_t>(made));
}

} // namespace
} // namespace gridbridge
