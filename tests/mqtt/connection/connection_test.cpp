// One connection with a line and a broker that do what the test says.
#include "mqtt/connection/connection.hpp"

#include "tests/fakes/log_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LineEnd final : public MqttClient {
  public:
    void connect(std::size_t /*server*/, const std::vector<std::string>& /*filters*/) override { ++attempts; }
    Sent publish(const Message& message) override {
        if (is_full) {
            return Sent::Later;
        }
        if (message.topic == no_text) {
            ++refusals;
            return Sent::Refused;
        }
        sent.push_back(message.payload);
        line.sent += message.payload.size();
        if (moves) {
            line.acknowledged = line.sent;
        }
        return Sent::Taken;
    }
    std::size_t queued() const override { return 0; }
    Backlog backlog() const override { return line; }
    bool ask_echo() override {
        ++echoes;
        return true;
    }
    void abort() override { ++aborts; }
    void disconnect(std::chrono::milliseconds /*limit*/) override {}

    std::vector<std::string> sent;
    Backlog line;
    bool moves = true;
    bool is_full = false;
    const std::string no_text = "\xFF"; // a topic that no broker takes
    int attempts = 0, echoes = 0, aborts = 0, refusals = 0;
};

class ConnectionTest : public testing::Test {
  protected:
    ConnectionTest() { come_up(); }
    void come_up() {
        now_ += 1min;
        connection_.connect_when_due(now_, [] { return std::vector<std::string>(); });
        client_.sent.clear();
        client_.line = {};
        EXPECT_TRUE(connection_.take({ClientEvent::Kind::Connected, {}, {}}, now_));
    }
    void answer() { connection_.take({ClientEvent::Kind::Echo, {}, {}}, now_); }
    // A value, and what is done in the time after it.
    void say(const std::string& payload, Clock::duration time = 100ms) {
        connection_.send({"t", payload}, now_);
        connection_.flush(now_);
        now_ += time;
        connection_.flush(now_);
    }

    Clock::time_point now_ = Clock::time_point{} + 1h;
    LogBook book_;
    LineEnd client_;
    ClientInbox inbox_{[] {}};
    Link link_{1, [] { return 0.5; }};
    Connection connection_{{inbox_, client_, link_, "mqtt", "id", {"mqtt://a"}, {}, 10s}, book_.log()};
};

TEST_F(ConnectionTest, WhatIsTakenBackIsNotSentWhenTheBrokerAnswersAgain) {
    now_ += 5s;
    say("1", 10s); // no answer
    say("2");
    EXPECT_EQ(connection_.waiting(), 1U);
    connection_.send(taken_back("t", 0), now_);
    EXPECT_EQ(connection_.waiting(), 0U);
    answer();
    say("3");
    connection_.send(taken_back("t", 0), now_);
    EXPECT_THAT(client_.sent, ElementsAre("1", "3"));
}

TEST_F(ConnectionTest, AsksForAnAnswerOnceASecondAndOnlyAfterValues) {
    now_ += 5s;
    connection_.flush(now_);
    EXPECT_EQ(client_.echoes, 0) << "nothing was sent";
    say("1");
    EXPECT_EQ(client_.echoes, 1);
    say("2", 5s);
    EXPECT_EQ(client_.echoes, 1) << "one at a time";
    answer();
    say("3");
    EXPECT_EQ(client_.echoes, 2);
}

// On a busy machine the client's thread takes each message only after the publisher has looked.
TEST_F(ConnectionTest, WhatIsAlwaysTakenALittleLaterIsNotOld) {
    constexpr int values = 20;
    for (int i = 0; i < values; ++i) {
        client_.line.queued = 0; // taken meanwhile
        connection_.send({"t", std::to_string(i)}, now_);
        client_.line.queued = 1;
        connection_.flush(now_);
        answer();
        now_ += 1s;
    }
    EXPECT_EQ(client_.aborts, 0);
    EXPECT_EQ(client_.sent.size(), values);
}

// The kernel of the other machine takes everything, the broker reads none of it.
TEST_F(ConnectionTest, ABrokerThatOwesAnAnswerGetsNothingMore) {
    say("1", 2s); // asked
    say("2");
    say("3", 1s);
    client_.sent.clear();
    say("4");
    say("5");
    EXPECT_THAT(client_.sent, IsEmpty());
    EXPECT_GT(connection_.lag(now_), 1s);
    answer();
    connection_.flush(now_);
    EXPECT_THAT(client_.sent, ElementsAre("5")) << "the newest of what waited";
}

TEST_F(ConnectionTest, ABrokerThatNeverAnswersIsLeft) {
    say("1", 2s);
    now_ += 12s;
    connection_.flush(now_);
    EXPECT_EQ(client_.aborts, 0);
    now_ += 4s;
    connection_.flush(now_);
    EXPECT_EQ(client_.aborts, 1);
    EXPECT_FALSE(connection_.up());
    EXPECT_THAT(book_.text(), HasSubstr("has not answered for 15 s"));
}

TEST_F(ConnectionTest, ALineThatDoesNotMoveIsLeftWithWhatWaits) {
    client_.moves = false;
    say("1", 3s);
    EXPECT_EQ(client_.aborts, 0);
    say("2", 2s);
    EXPECT_EQ(client_.aborts, 1);
    EXPECT_FALSE(connection_.up());
    EXPECT_EQ(connection_.waiting(), 0U);
    EXPECT_THAT(book_.text(), HasSubstr("does not move"));
}

TEST_F(ConnectionTest, WhatWaitedIsNotSentOverANewConnection) {
    client_.is_full = true;
    say("old");
    EXPECT_EQ(connection_.waiting(), 1U);
    connection_.take({ClientEvent::Kind::Lost, "cut", {}}, now_);
    client_.is_full = false;
    come_up();
    connection_.flush(now_);
    say("new");
    EXPECT_THAT(client_.sent, ElementsAre("new"));
}

TEST_F(ConnectionTest, ANewConnectionHasNoDebtsOfTheOld) {
    client_.moves = false;
    say("1", 3s);
    say("2");
    connection_.take({ClientEvent::Kind::Lost, "cut", {}}, now_);
    client_.moves = true;
    come_up();
    say("3");
    EXPECT_THAT(client_.sent, ElementsAre("3"));
    EXPECT_EQ(client_.aborts, 0);
    EXPECT_TRUE(connection_.up());
}

TEST_F(ConnectionTest, WhatIsTooLargeIsRefusedAndSaidOncePerTopic) {
    const auto arrives = [&](const std::string& topic) {
        connection_.take({ClientEvent::Kind::TooLarge, "70000 bytes, at most 65536 are taken", {topic, {}}},
                         now_);
    };
    arrives("W/p/grid/30/CustomName");
    arrives("W/p/grid/30/CustomName");
    EXPECT_EQ(book_.count("too large"), 1U);
    EXPECT_THAT(book_.text(), HasSubstr("W/p/grid/30/CustomName"));
    arrives("W/p/grid/30/Role");
    EXPECT_EQ(book_.count("too large"), 2U);
    EXPECT_TRUE(connection_.up());
}

// One that is repeated with every reading must not have everything said again each time.
TEST_F(ConnectionTest, AMessageThatNoBrokerTakesIsCountedSaidOnceAndGone) {
    for (int i = 0; i < 50; ++i) {
        connection_.send({client_.no_text, "x"}, now_);
        say("v");
        answer();
        EXPECT_FALSE(connection_.take_resync());
    }
    EXPECT_EQ(client_.refusals, 50) << "each is offered once";
    EXPECT_EQ(connection_.dropped(), 50U);
    EXPECT_EQ(connection_.waiting(), 0U);
    EXPECT_EQ(client_.sent.size(), 50U) << "the others go out";
    EXPECT_EQ(book_.count("no valid text"), 1U);
    EXPECT_TRUE(connection_.up());
}

TEST_F(ConnectionTest, WhatAccessRulesRefuseIsSaidOncePerTopic) {
    for (int i = 0; i < 3; ++i) {
        connection_.take({ClientEvent::Kind::Denied, {}, {"gridbridge/p/ocmf/1", {}}}, now_);
    }
    EXPECT_EQ(
        book_.count("a message to \"gridbridge/p/ocmf/1\" was refused: check the broker's access rules"), 1U);
    connection_.take({ClientEvent::Kind::Denied, {}, {}}, now_);
    EXPECT_EQ(book_.count("a subscription was refused"), 1U);
}

} // namespace
} // namespace gridbridge
