// Whose turn it is on a line with several devices: pure, on a clock of its own.
#include "drivers/stream/d0/d0_turns.hpp"

#include "drivers/stream/d0/d0_owners.hpp"
#include "tests/drivers/stream/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

// Devices behind the turns: each answers its address after its own delay, or never.
class TurnLine {
  public:
    explicit TurnLine(const std::vector<std::string>& addresses, std::chrono::milliseconds interval = 5s) {
        std::vector<D0SessionOptions> options;
        for (const std::string& address : addresses) {
            D0SessionOptions device;
            device.address = address;
            device.interval = interval;
            options.push_back(std::move(device));
        }
        turns_.emplace(std::move(options));
        turns_->start(now_);
    }

    void answers(const std::string& address, Clock::duration delay = 200ms) { delays_[address] = delay; }
    void is_silent(const std::string& address) { delays_.erase(address); }
    void chatters() { chatters_ = true; }

    void run(Clock::duration time) {
        const auto end = now_ + time;
        while (true) {
            act();
            auto next = turns_->wake_at();
            if (!coming_.empty()) {
                next = std::min(next, coming_.begin()->first);
            }
            if (chatters_) {
                next = std::min(next, now_ + 100ms);
            }
            if (next > end) {
                break;
            }
            now_ = std::max(now_, next);
            if (chatters_) {
                receive("x");
            }
            while (!coming_.empty() && coming_.begin()->first <= now_) {
                const std::string text = coming_.begin()->second;
                coming_.erase(coming_.begin());
                receive(text);
            }
        }
        now_ = end;
    }

    // Addresses of the requests since this was asked, in order.
    std::vector<std::string> requests() { return std::exchange(requests_, {}); }
    std::vector<Clock::time_point> times(const std::string& address) const {
        const auto known = times_.find(address);
        return known == times_.end() ? std::vector<Clock::time_point>() : known->second;
    }
    // Of what arrived in whose turn: "turn said".
    std::vector<std::string> heard() const { return heard_; }
    std::vector<D0Turns::Ended> ended() const { return ended_; }
    Clock::time_point now() const { return now_; }

  private:
    void act() {
        while (const auto action = turns_->next(now_)) {
            const std::string sent(action->send.begin(), action->send.end());
            if (sent.starts_with("/?")) {
                const std::string address = sent.substr(2, sent.size() - 5);
                requests_.push_back(address);
                times_[address].push_back(now_);
                if (delays_.contains(address)) {
                    coming_.emplace(now_ + delays_.at(address), "/ABC5" + address + "\r\n");
                    speaking_ = address;
                }
            } else if (!sent.empty() && delays_.contains(speaking_)) { // acknowledged
                coming_.emplace(now_ + 300ms, "\x02"
                                              "1.8.0(1*kWh)\r\n!\r\n\x03");
                coming_.emplace(now_ + 310ms, "b");
            }
        }
        if (const auto ended = turns_->take_ended()) {
            ended_.push_back(*ended);
        }
    }
    void receive(const std::string& text) {
        if (text.starts_with("/")) {
            const auto turn = turns_->turn();
            heard_.push_back((turn ? std::to_string(*turn) : "-") + " " + text.substr(5, text.size() - 7));
        }
        turns_->received(bytes_of(text), now_);
    }

    std::optional<D0Turns> turns_;
    Clock::time_point now_{1h};
    std::map<std::string, Clock::duration> delays_;
    std::multimap<Clock::time_point, std::string> coming_;
    std::string speaking_;
    bool chatters_ = false;
    std::vector<std::string> requests_;
    std::map<std::string, std::vector<Clock::time_point>> times_;
    std::vector<std::string> heard_;
    std::vector<D0Turns::Ended> ended_;
};

std::vector<Clock::duration> gaps(const std::vector<Clock::time_point>& times) {
    std::vector<Clock::duration> all;
    for (std::size_t i = 1; i < times.size(); ++i) {
        all.push_back(times[i] - times[i - 1]);
    }
    return all;
}

TEST(D0Turns, AsksEachAddressInTurnAtItsInterval) {
    TurnLine line({"1", "2"});
    line.answers("1");
    line.answers("2");
    line.run(19s);
    EXPECT_THAT(line.requests(), ElementsAre("1", "2", "1", "2", "1", "2", "1", "2"));
    EXPECT_THAT(gaps(line.times("1")), Each(testing::Ge(5s)));
    EXPECT_THAT(gaps(line.times("1")), Each(testing::Le(5500ms)));
    EXPECT_THAT(line.heard(), ElementsAre("0 1", "1 2", "0 1", "1 2", "0 1", "1 2", "0 1", "1 2"));
    for (const auto& ended : line.ended()) {
        EXPECT_TRUE(ended.has_answered);
    }
}

TEST(D0Turns, WithoutAnIntervalNobodyIsAskedTwiceInARow) {
    TurnLine line({"1", "2", "3"}, 0ms);
    for (const char* const address : {"1", "2", "3"}) {
        line.answers(address);
    }
    line.run(60s);
    const auto requests = line.requests();
    ASSERT_GT(requests.size(), 20U);
    for (std::size_t i = 3; i < requests.size(); ++i) {
        EXPECT_EQ(requests[i], requests[i - 3]);
    }
}

TEST(D0Turns, ASilentAddressDelaysTheOtherForABoundedTimeAndEverLessOften) {
    TurnLine line({"1", "2"});
    line.answers("2");
    line.run(10min);
    const auto other = gaps(line.times("2"));
    ASSERT_GT(other.size(), 100U) << "10 min at 5 s, less what the silent one takes";
    EXPECT_LT(*std::max_element(other.begin(), other.end()), 12s);
    const auto silent = gaps(line.times("1"));
    EXPECT_GT(silent.size(), 8U);
    EXPECT_LT(silent.size(), 18U);
    for (std::size_t i = 1; i < 5; ++i) {
        EXPECT_GT(silent[i], silent[i - 1]);
    }
    EXPECT_GE(silent.back(), 60s);
    EXPECT_LT(silent.back(), 75s) << "it is never given up";
}

TEST(D0Turns, OneThatReturnsHasItsIntervalAgain) {
    TurnLine line({"1", "2"});
    line.answers("2");
    line.run(3min);
    line.answers("1");
    line.run(2min);
    const auto gaps_of_it = gaps(line.times("1"));
    EXPECT_LT(gaps_of_it.back(), 6s);
}

TEST(D0Turns, ALateAnswerIsNobodysEvenWhenItIsTheOtherThatIsSilent) {
    for (const auto delay : {4300ms, 5000ms, 6000ms}) {
        TurnLine line({"1", "2"});
        line.answers("1", delay);
        line.run(5min);
        EXPECT_FALSE(line.heard().empty());
        EXPECT_THAT(line.heard(), Each("- 1")) << "never in the turn of 2, nor in a later one of its own";
    }
}

TEST(D0Turns, AllSilentIsAskedForEver) {
    TurnLine line({"1", "2"});
    line.run(30min);
    line.requests();
    line.run(3min);
    const auto requests = line.requests();
    EXPECT_GE(std::count(requests.begin(), requests.end(), "1"), 2);
    EXPECT_GE(std::count(requests.begin(), requests.end(), "2"), 2);
}

TEST(D0Turns, NoiseEndsATurnAndTheRest) {
    TurnLine line({"1", "2"});
    line.chatters();
    line.run(10min);
    EXPECT_GE(line.times("1").size(), 2U);
    EXPECT_GE(line.times("2").size(), 2U);
}

TEST(D0Turns, AReadoutThatNeverEndsHasABound) {
    D0SessionOptions options;
    options.address = "1";
    D0SessionOptions other;
    other.address = "2";
    D0Turns turns({options, other});
    Clock::time_point now{1h};
    turns.start(now);
    const auto begin = now;
    std::set<std::size_t> asked;
    bool is_identified = false;
    while (!asked.contains(1) && now - begin < 30min) {
        while (turns.next(now)) {
        }
        turns.take_ended();
        if (const auto turn = turns.turn()) {
            asked.insert(*turn);
        }
        turns.received(bytes_of(std::exchange(is_identified, true) ? "x" : "/ABC0x\r\n"), now);
        now = std::min(turns.wake_at(), now + 1s); // one byte a second keeps it going
    }
    EXPECT_TRUE(asked.contains(1));
    EXPECT_LE(now - begin, D0Turns::longest_turn + D0Turns::longest_rest + 5s);
}

Telegram readout(const std::string& ident, const std::string& serial) {
    Telegram telegram;
    telegram.ident = ident;
    telegram.serial = serial;
    return telegram;
}

TEST(D0Owners, ASerialNumberBelongsToTheDeviceThatSentItFirst) {
    D0Owners owners(2);
    EXPECT_EQ(owners.other_owner(1, readout("A", "S1")), std::nullopt) << "nothing is known";
    owners.accepted(0, readout("A", "S1"));
    EXPECT_EQ(owners.other_owner(1, readout("A", "S1")), 0U);
    EXPECT_EQ(owners.other_owner(0, readout("A", "S1")), std::nullopt);
    EXPECT_EQ(owners.other_owner(1, readout("A", "S2")), std::nullopt) << "two of one kind";
    owners.accepted(1, readout("A", "S2"));
    EXPECT_EQ(owners.other_owner(0, readout("A", "S2")), 1U);
    EXPECT_EQ(owners.other_owner(0, readout("A", "S3")), std::nullopt) << "an exchange";
}

TEST(D0Owners, WithoutASerialNumberTheIdentificationTells) {
    D0Owners owners(2);
    owners.accepted(0, readout("A", ""));
    EXPECT_EQ(owners.other_owner(1, readout("A", "")), std::nullopt) << "it may be of the same kind";
    owners.accepted(1, readout("B", ""));
    EXPECT_EQ(owners.other_owner(1, readout("A", "")), 0U);
    EXPECT_EQ(owners.other_owner(0, readout("B", "")), 1U);
    EXPECT_EQ(owners.other_owner(0, readout("C", "")), std::nullopt);
}

} // namespace
} // namespace gridbridge::test
