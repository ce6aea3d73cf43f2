// What passes for an answer on a line without transaction ids, and when the next request leaves.
#include "drivers/modbus/line/untagged_dialogue.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::uint16_t>;

constexpr auto gap = 2ms;
constexpr auto timeout = 250ms;

Request read_of(RegisterAddress address, std::uint16_t words) {
    return {1, Function::ReadHolding, address, words, {}};
}

Bytes with_crc(Bytes frame) {
    const std::uint16_t crc = modbus_crc(frame);
    frame.push_back(static_cast<std::uint8_t>(crc & 0xFFU));
    frame.push_back(static_cast<std::uint8_t>(crc >> 8U));
    return frame;
}

Bytes answer_of(std::uint8_t unit, std::uint16_t words, std::uint8_t value) {
    Bytes frame{unit, 3, static_cast<std::uint8_t>(2 * words)};
    for (int i = 0; i < words; ++i) {
        frame.push_back(0);
        frame.push_back(value);
    }
    return with_crc(frame);
}

struct Line {
    UntaggedDialogue dialogue{Framing::Checksum, gap};
    Clock::time_point now{1h};

    Line() { dialogue.restart(now); }
    void ask(const Request& request) {
        now = std::max(now, dialogue.may_ask_at(request));
        dialogue.asked(request, timeout, now);
    }
    std::optional<Words> hears(const Bytes& bytes, Clock::duration later = 40ms) {
        now += later;
        return dialogue.received(bytes, now);
    }
    void overhears(const Bytes& bytes, Clock::duration later) {
        now += later;
        dialogue.overheard(bytes, now);
    }
    void gives_up() {
        now += timeout;
        EXPECT_THROW(dialogue.give_up(now), Timeout);
    }
    Clock::duration pause(const Request& request) const { return dialogue.may_ask_at(request) - now; }
};

const Request power = read_of(0x0012_reg, 7);
const Request energy = read_of(0x003E_reg, 7);
const Request total = read_of(0x0028_reg, 3);

TEST(UntaggedDialogue, AnAnswerCostsTheGapOnly) {
    Line line;
    line.ask(power);
    EXPECT_EQ(line.hears(answer_of(1, 7, 5)), Words(7, 5));
    EXPECT_EQ(line.pause(total), gap);
    EXPECT_EQ(line.dialogue.skipped_bytes(), 0U);
}

TEST(UntaggedDialogue, AnswersToOthersEndTheRequestAndAreWaitedFor) {
    Line line;
    line.ask(power);
    line.hears(answer_of(1, 7, 5), 60ms);
    line.ask(power);
    EXPECT_THROW(line.hears(answer_of(1, 2, 9)), BadReply) << "of another length";
    EXPECT_EQ(line.pause(power), 60ms) << "as long as the longest answer took";
    line.overhears(answer_of(1, 7, 5), 20ms);
    EXPECT_EQ(line.pause(power), 60ms) << "our own one";
    EXPECT_EQ(line.dialogue.health().foreign_frames, 1U);
    line.ask(power);
    EXPECT_EQ(line.hears(answer_of(1, 7, 6)), Words(7, 6));
    EXPECT_EQ(line.pause(power), gap) << "at full rate again";
}

TEST(UntaggedDialogue, ThreeForeignFramesAreAnotherClient) {
    Line line;
    for (int i = 0; i < 2; ++i) {
        line.overhears(answer_of(1, 2, 9), 100ms);
        line.overhears(answer_of(7, 2, 9), 10min);
    }
    EXPECT_FALSE(line.dialogue.health().is_shared) << "too rare";
    line.overhears(answer_of(1, 2, 9), 1s);
    line.overhears(with_crc({1, 3, 0, 0x3E, 0, 2}), 1s);
    line.overhears({0x55, 0xAA}, 1s);
    line.overhears(answer_of(1, 2, 9), 1s);
    const LineHealth health = line.dialogue.health();
    EXPECT_TRUE(health.is_shared);
    EXPECT_EQ(health.foreign_frames, 7U);
    EXPECT_NE(health.advice.find("another client"), std::string::npos);
    line.now += 11min;
    line.ask(power);
    EXPECT_FALSE(line.dialogue.health().is_shared);
}

TEST(UntaggedDialogue, FramesInPiecesAndBehindNoiseAreSeen) {
    Line line;
    const Bytes frame = answer_of(1, 2, 9);
    line.overhears({0x00, 0xFF}, 1ms);
    for (const std::uint8_t byte : frame) {
        line.overhears({byte}, 1ms);
    }
    EXPECT_EQ(line.dialogue.health().foreign_frames, 1U);
}

TEST(UntaggedDialogue, AfterATimeOutTheVendorsLimitIsWaitedFor) {
    Line line;
    line.ask(power);
    line.gives_up();
    EXPECT_EQ(line.pause(power), 250ms);
    line.overhears(answer_of(1, 7, 5), 100ms);
    EXPECT_LE(line.pause(power), 350ms) << "it has come; silent for as long as it took";
    EXPECT_EQ(line.dialogue.health().foreign_frames, 0U);
    EXPECT_EQ(line.dialogue.health().late_answers, 1U);
}

TEST(UntaggedDialogue, AnAnswerMayBeAsOldAsTheRequestThatWasNotAnswered) {
    Line line;
    line.ask(power);
    EXPECT_EQ(line.hears(answer_of(1, 7, 5)), Words(7, 5));
    EXPECT_EQ(line.dialogue.possible_lateness(), 0s);
    line.ask(power);
    const auto first = line.now;
    line.gives_up();
    line.ask(power);
    const auto second = line.now;
    EXPECT_EQ(line.hears(answer_of(1, 7, 6)), Words(7, 6));
    EXPECT_EQ(line.dialogue.possible_lateness(), second - first);
    for (const auto end = line.now + OwedAnswers::remembered + 3s; line.now < end; line.now += 1s) {
        line.ask(power);
        EXPECT_EQ(line.hears(answer_of(1, 7, 6)), Words(7, 6));
    }
    EXPECT_EQ(line.dialogue.possible_lateness(), 0s) << "not for ever";
}

TEST(UntaggedDialogue, WhereAnswersAreVeryLateTheyAreOwedForLonger) {
    Line line;
    line.ask(power);
    line.gives_up();
    line.overhears(answer_of(1, 7, 5), 1750ms); // 2 s after the request
    line.now += 10s;
    line.ask(power);
    const auto asked = line.now;
    line.gives_up();
    EXPECT_EQ(line.dialogue.may_ask_at(energy), asked + 4s);
}

TEST(UntaggedDialogue, AnAnswerThatComesTwiceIsNotThatOfAnotherRegister) {
    Line line;
    line.ask(power);
    EXPECT_EQ(line.hears(answer_of(1, 7, 5)), Words(7, 5));
    line.ask(energy);
    EXPECT_THROW(line.hears(answer_of(1, 7, 5)), BadReply) << "once more";
    line.overhears(answer_of(1, 7, 9), 30ms);
    line.ask(energy);
    EXPECT_EQ(line.hears(answer_of(1, 7, 9)), Words(7, 9));
    line.ask(energy);
    EXPECT_EQ(line.hears(answer_of(1, 7, 9)), Words(7, 9)) << "unchanged";
}

// What a meter is asked first has one word: its code, and what it measures.
TEST(UntaggedDialogue, NorIsOneOfASingleWord) {
    Line line;
    const Request code = read_of(0x000B_reg, 1);
    const Request firmware = read_of(0x0302_reg, 1);
    line.ask(code);
    EXPECT_EQ(line.hears(answer_of(1, 1, 4)), Words(1, 4));
    line.ask(firmware);
    EXPECT_THROW(line.hears(answer_of(1, 1, 4)), BadReply) << "once more";
    line.overhears(answer_of(1, 1, 66), 10ms);
    line.ask(firmware);
    EXPECT_EQ(line.hears(answer_of(1, 1, 66)), Words(1, 66));
}

TEST(UntaggedDialogue, NorIsOneThatWasOverheardFirst) {
    Line line;
    line.ask(power);
    line.gives_up();
    line.overhears(answer_of(1, 7, 5), 100ms); // late
    line.now += 1s;
    line.ask(energy);
    EXPECT_THROW(line.hears(answer_of(1, 7, 5)), BadReply) << "once more";
}

TEST(UntaggedDialogue, NorIsTheOneThatCameAfterSuchAnAnswerAndTwiceItself) {
    for (const bool is_damaged : {false, true}) {
        Line line;
        Bytes first = answer_of(1, 7, 5);
        line.ask(power);
        line.hears(first);
        line.ask(energy);
        first[9] ^= is_damaged ? 0x10U : 0U;
        EXPECT_THROW(line.hears(first), BadReply) << "once more";
        line.overhears(answer_of(1, 7, 9), 3ms); // the true one
        line.ask(energy);
        EXPECT_EQ(line.hears(answer_of(1, 7, 10)), Words(7, 10));
        line.ask(read_of(0x0050_reg, 7));
        EXPECT_THROW(line.hears(answer_of(1, 7, 9)), BadReply) << "the true one once more";
    }
}

TEST(UntaggedDialogue, BehindTheAnswerToAnotherRequestTheTrueOneIsOwed) {
    Line line;
    const Request other = read_of(0x0050_reg, 7);
    line.ask(power);
    line.hears(answer_of(1, 7, 5));
    line.ask(energy);
    EXPECT_THROW(line.hears(answer_of(1, 7, 5)), BadReply) << "once more";
    EXPECT_GE(line.pause(other), 1s);
    EXPECT_LE(line.pause(energy), 100ms);
    line.overhears(answer_of(1, 7, 9), 3ms);
    EXPECT_LE(line.pause(other), 100ms) << "it has come";

    line.ask(power);
    EXPECT_THROW(line.hears(answer_of(1, 7, 9)), BadReply);
    line.ask(power);
    EXPECT_EQ(line.hears(answer_of(1, 7, 9)), Words(7, 9)) << "registers that are equal";
    EXPECT_LE(line.pause(other), 100ms) << "nothing is owed";
}

TEST(UntaggedDialogue, RegistersThatAreEqualAreBelievedTheSecondTime) {
    Line line;
    line.ask(power);
    EXPECT_EQ(line.hears(answer_of(1, 7, 5)), Words(7, 5));
    line.ask(energy);
    EXPECT_THROW(line.hears(answer_of(1, 7, 5)), BadReply);
    line.ask(energy);
    EXPECT_EQ(line.hears(answer_of(1, 7, 5)), Words(7, 5));
    line.ask(energy);
    EXPECT_EQ(line.hears(answer_of(1, 7, 5)), Words(7, 5));
    line.ask(power);
    EXPECT_EQ(line.hears(answer_of(1, 7, 5)), Words(7, 5)) << "its own";
    line.ask(read_of(0x0040_reg, 7));
    EXPECT_EQ(line.hears(answer_of(1, 7, 0)), Words(7, 0));
    line.ask(read_of(0x0050_reg, 7));
    EXPECT_EQ(line.hears(answer_of(1, 7, 0)), Words(7, 0)) << "zeros tell nothing";
}

TEST(UntaggedDialogue, AnAnswerOwedIsNotTakenForThatOfAnotherRegister) {
    Line line;
    line.ask(power);
    line.gives_up();
    EXPECT_EQ(line.pause(energy), OwedAnswers::doubtful - timeout);
    EXPECT_EQ(line.pause(total), 250ms) << "another length cannot pass";
    line.ask(power);
    EXPECT_EQ(line.hears(answer_of(1, 7, 5), 200ms), Words(7, 5)) << "700 ms late, but what was asked for";
    EXPECT_GE(line.pause(energy), 1s) << "now the second one is owed";
    line.ask(total);
    EXPECT_THROW(line.hears(answer_of(1, 7, 5)), BadReply);
    line.overhears(answer_of(1, 3, 8), 5ms);
    line.ask(total);
    EXPECT_EQ(line.hears(answer_of(1, 3, 8)), Words(3, 8)) << "not one behind for ever";
}

TEST(UntaggedDialogue, OfSeveralThatAreOwedTheNewestIsAwaitedLongest) {
    Line line;
    line.ask(power);
    line.gives_up();
    line.ask(power);
    line.gives_up();
    line.ask(power);
    const auto third = line.now;
    EXPECT_EQ(line.hears(answer_of(1, 7, 5), 2ms), Words(7, 5)) << "perhaps the first";
    line.overhears(answer_of(1, 7, 6), 160ms);
    EXPECT_EQ(line.dialogue.may_ask_at(energy), third + OwedAnswers::doubtful) << "the third may still come";
}

TEST(UntaggedDialogue, ACopyIsNotWhatIsOwed) {
    for (const std::uint8_t value : {std::uint8_t{0}, std::uint8_t{5}}) {
        Line line;
        line.ask(total);
        line.hears(answer_of(1, 3, 1));
        line.overhears(answer_of(1, 3, 1), 30ms); // this line sends frames twice
        line.ask(power);
        line.gives_up();
        line.ask(power);
        const auto second = line.now;
        EXPECT_EQ(line.hears(answer_of(1, 7, value)), Words(7, value)) << "perhaps the first";
        line.overhears(answer_of(1, 7, value), 50ms);
        EXPECT_EQ(line.dialogue.may_ask_at(energy), second + OwedAnswers::doubtful);
        line.overhears(answer_of(1, 7, 6), 100ms);
        EXPECT_LE(line.pause(energy), 500ms) << "it has come";
    }
}

TEST(UntaggedDialogue, WhereNothingComesTwiceALikeAnswerIsWhatIsOwed) {
    Line line;
    line.ask(power);
    line.gives_up();
    line.ask(power);
    EXPECT_EQ(line.hears(answer_of(1, 7, 5)), Words(7, 5)) << "perhaps the first";
    line.overhears(answer_of(1, 7, 5), 100ms);
    EXPECT_LE(line.pause(energy), 500ms);
}

// At night each is like the one before.
TEST(UntaggedDialogue, ALateAnswerThatIsLikeTheLastOneIsNoCopy) {
    Line line;
    for (int i = 0; i < 3; ++i) {
        line.ask(power);
        line.gives_up();
        line.overhears(answer_of(1, 7, 5), 100ms);
        EXPECT_LE(line.pause(energy), 500ms) << i;
        line.now += 500ms;
    }
}

TEST(UntaggedDialogue, ADamagedAnswerIsNotOwed) {
    Line line;
    line.ask(power);
    Bytes damaged = answer_of(1, 7, 5);
    damaged[9] ^= 0x10U;
    EXPECT_THROW(line.hears(damaged), BadReply);
    EXPECT_LE(line.pause(energy), 40ms);
}

TEST(UntaggedDialogue, ARefusalThatMayBeOfAnOlderRequestProvesNothing) {
    Line line;
    line.ask(energy);
    line.gives_up();
    line.ask(total);
    EXPECT_THROW(line.hears(with_crc({1, 0x83, 2})), BadReply);
    line.now += 2s;
    line.ask(total);
    EXPECT_THROW(line.hears(with_crc({1, 0x83, 2})), ExceptionReply);
}

TEST(UntaggedDialogue, ALineThatIsNeverSilentIsUsedAllTheSame) {
    Line line;
    const auto began = line.now;
    const auto limit = line.dialogue.asks_anyway_at(power, began);
    EXPECT_LE(limit - began, 1s);
    line.ask(power);
    line.gives_up();
    EXPECT_LE(line.dialogue.asks_anyway_at(energy, line.now) - line.now, 2500ms);
}

TEST(UntaggedDialogue, LateAnswersAreNamedWithTheRemedy) {
    Line line;
    for (int i = 0; i < 3; ++i) {
        line.ask(power);
        line.gives_up();
        line.overhears(answer_of(1, 7, 5), 150ms);
    }
    const std::string advice = line.dialogue.health().advice;
    EXPECT_NE(advice.find("400 ms late"), std::string::npos) << advice;
    EXPECT_NE(advice.find("timeout=900"), std::string::npos) << advice;
}

TEST(UntaggedDialogue, AnEchoIsTakenOff) {
    Line line;
    for (int i = 0; i < 2; ++i) {
        line.ask(power);
        EXPECT_FALSE(line.hears(serial_frame(power), 1ms));
        EXPECT_EQ(line.hears(answer_of(1, 7, 5)), Words(7, 5));
    }
    line.ask(power);
    Bytes both = serial_frame(power);
    const Bytes answer = answer_of(1, 7, 5);
    both.insert(both.end(), answer.begin(), answer.end());
    for (std::size_t i = 0; i + 1 < both.size(); ++i) {
        EXPECT_FALSE(line.hears({both[i]}, 1ms)) << i;
    }
    EXPECT_EQ(line.hears({both.back()}, 1ms), Words(7, 5));
    EXPECT_TRUE(line.dialogue.health().echoes);
    EXPECT_EQ(line.dialogue.health().foreign_frames, 0U);
    const Request write{1, Function::WriteSingle, 0x1101_reg, 7, {}};
    line.ask(write);
    EXPECT_FALSE(line.hears(serial_frame(write), 1ms)) << "its echo is no confirmation";
    EXPECT_EQ(line.hears(serial_frame(write)), Words());
}

TEST(UntaggedDialogue, AnEchoAloneIsNoMeter) {
    Line line;
    line.ask(power);
    line.hears(serial_frame(power), 1ms);
    try {
        line.dialogue.give_up(line.now + timeout);
    } catch (const Timeout& error) {
        EXPECT_NE(std::string(error.what()).find("echo"), std::string::npos);
    }
}

TEST(UntaggedDialogue, HeadersWithoutTransactionsAreReadAsALine) {
    UntaggedDialogue dialogue(Framing::Header, 0ms);
    Clock::time_point now{1h};
    dialogue.restart(now);
    dialogue.asked(total, timeout, now);
    const Bytes answer{0xAB, 0xCD, 0, 0, 0, 9, 0, 3, 6, 0, 8, 0, 8, 0, 8};
    EXPECT_EQ(dialogue.received(answer, now += 10ms), Words(3, 8)) << "any id; unit 0 is that of a gateway";
    dialogue.asked(power, timeout, now);
    EXPECT_THROW(dialogue.received(answer, now += 10ms), BadReply) << "but not any length";
    EXPECT_EQ(dialogue.health().foreign_frames, 1U);
}

} // namespace
} // namespace gridbridge
