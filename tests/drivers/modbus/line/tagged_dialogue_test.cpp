// Modbus TCP: answers by their transaction ids, and what gateways make of these.
#include "drivers/modbus/line/tagged_dialogue.hpp"

#include "drivers/modbus/line/closed_connections.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::uint16_t>;

constexpr auto timeout = 1000ms;
const Request two_words{1, Function::ReadHolding, 0x0028_reg, 2, {}};

Bytes answer_with(std::uint16_t id, std::uint8_t unit = 1) {
    return {static_cast<std::uint8_t>(id >> 8U),
            static_cast<std::uint8_t>(id & 0xFFU),
            0,
            0,
            0,
            7,
            unit,
            3,
            4,
            0,
            8,
            0,
            9};
}

struct Connection {
    TaggedDialogue dialogue{true};
    Clock::time_point now{1h};
    std::uint16_t id = 0;

    Connection() { restart(); }
    void restart() {
        dialogue.restart(now);
        id = 0;
    }
    void ask() {
        dialogue.asked(two_words, timeout, now);
        const Bytes frame = dialogue.frame();
        id = static_cast<std::uint16_t>(frame[0] << 8U | frame[1]);
    }
    std::optional<Words> hears(const Bytes& bytes, Clock::duration later = 40ms) {
        now += later;
        return dialogue.received(bytes, now);
    }
    std::string gives_up() {
        now += timeout;
        try {
            dialogue.give_up(now);
        } catch (const Timeout& error) {
            return error.what();
        }
    }
};

TEST(TaggedDialogue, TakesTheAnswerWithItsIdWhateverTheGatewayPutsForTheUnit) {
    Connection connection;
    for (const std::uint8_t unit : {std::uint8_t{1}, std::uint8_t{0}, std::uint8_t{255}}) {
        connection.ask();
        EXPECT_EQ(connection.hears(answer_with(connection.id, unit)), (Words{8, 9}));
    }
    connection.ask();
    try {
        connection.hears(answer_with(connection.id, 2));
        ADD_FAILURE();
    } catch (const BadReply& error) {
        EXPECT_STREQ(error.what(), "the answer is from unit 2, not 1");
    }
}

TEST(TaggedDialogue, IdsStartOverWithAConnection) {
    Connection connection;
    connection.ask();
    connection.ask();
    EXPECT_EQ(connection.id, 2);
    connection.restart();
    connection.ask();
    EXPECT_EQ(connection.id, 1);
}

TEST(TaggedDialogue, AnswersInPiecesAndBehindOlderOnesAreFound) {
    Connection connection;
    connection.ask();
    connection.gives_up();
    connection.ask();
    Bytes both = answer_with(1);
    const Bytes answer = answer_with(2);
    both.insert(both.end(), answer.begin(), answer.end());
    for (std::size_t i = 0; i + 1 < both.size(); ++i) {
        EXPECT_FALSE(connection.hears({both[i]}, 1ms)) << i;
    }
    EXPECT_EQ(connection.hears({both.back()}, 1ms), (Words{8, 9}));
    EXPECT_EQ(connection.dialogue.skipped_bytes(), answer.size());
}

TEST(TaggedDialogue, AChecksumThatFollowsIsLeftOut) {
    Connection connection;
    for (int i = 0; i < 3; ++i) {
        connection.ask();
        EXPECT_TRUE(connection.hears(answer_with(connection.id)));
        connection.dialogue.overheard(Bytes{0x55, 0xAA}, connection.now);
    }
}

TEST(TaggedDialogue, ASlowDeviceIsWaitedForAndNamed) {
    Connection connection;
    EXPECT_EQ(connection.dialogue.patience(), 0ms);
    for (int i = 0; i < 3; ++i) {
        connection.ask();
        EXPECT_GE(connection.dialogue.patience(), timeout);
        connection.gives_up();
        connection.now += 500ms;
        connection.dialogue.overheard(answer_with(connection.id), connection.now);
    }
    connection.ask();
    EXPECT_GT(connection.dialogue.patience(), 2s);
    EXPECT_LE(connection.dialogue.patience(), TaggedDialogue::most_patience);
    EXPECT_NE(connection.dialogue.health().advice.find("timeout="), std::string::npos);
    for (int i = 0; i < 100; ++i) {
        connection.ask();
        connection.hears(answer_with(connection.id));
    }
    EXPECT_EQ(connection.dialogue.patience(), timeout) << "it has become quick";
    TaggedDialogue fixed(false);
    fixed.restart(connection.now);
    fixed.asked(two_words, timeout, connection.now);
    fixed.overheard(answer_with(1), connection.now + 3s);
    EXPECT_EQ(fixed.patience(), timeout) << "as the user has said";
}

struct IdHabit {
    const char* name;
    std::function<int(int)> answer_to;
    const char* words;
};

class StrangeIds : public testing::TestWithParam<IdHabit> {};

TEST_P(StrangeIds, AreNamedForWhatTheyAreWithTheRemedy) {
    Connection connection;
    std::string reason;
    for (int i = 0; i < 3; ++i) {
        connection.ask();
        EXPECT_FALSE(
            connection.hears(answer_with(static_cast<std::uint16_t>(GetParam().answer_to(connection.id)))));
        reason = connection.gives_up();
        EXPECT_EQ(i == 0, reason == "no answer") << reason;
    }
    EXPECT_NE(reason.find(GetParam().words), std::string::npos) << reason;
    EXPECT_NE(reason.find("tolerant=true"), std::string::npos) << reason;
    EXPECT_NE(connection.dialogue.health().advice.find(GetParam().words), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Gateways, StrangeIds,
                         testing::Values(IdHabit{"OffByOne", [](int id) { return id + 1; }, "off by 1"},
                                         IdHabit{"Constant", [](int) { return 0; },
                                                 "every request with transaction id 0"},
                                         IdHabit{"Swapped", [](int id) { return id << 8; }, "swapped"}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(TransactionIds, OfAGatewayThatAnswersSmallOnesOnlyStartOverThere) {
    Connection connection;
    constexpr int largest = 40;
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < largest; ++i) {
            connection.ask();
            connection.hears(answer_with(connection.id));
        }
        connection.ask();
        connection.gives_up();
        connection.restart();
    }
    for (int i = 0; i < 3 * largest; ++i) {
        connection.ask();
        EXPECT_LE(connection.id, largest);
        connection.hears(answer_with(connection.id));
    }
}

TEST(ClosedConnections, AreNamedWhenTheyAreNotIdle) {
    ClosedConnections closings;
    Clock::time_point now{1h};
    const auto use = [&](int answers, Clock::duration idle) {
        closings.opened();
        for (int i = 0; i < answers; ++i) {
            closings.answered(now += 100ms);
        }
        closings.closed(now += idle);
    };
    for (int i = 0; i < 10; ++i) {
        use(5, 3s);
    }
    EXPECT_EQ(closings.advice(), "");
    use(6, 0ms);
    use(6, 0ms);
    EXPECT_EQ(closings.advice(), "");
    use(6, 0ms);
    EXPECT_NE(closings.advice().find("after at most 6 answers"), std::string::npos);
    closings.opened();
    EXPECT_NE(closings.reason().find("one client only"), std::string::npos);
    closings.answered(now);
    EXPECT_EQ(closings.reason(), "connection closed by the other side");
}

} // namespace
} // namespace gridbridge
