#include "drivers/stream/line_identities.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;

// A line whose telegrams come once a second.
class Line {
  public:
    explicit Line(std::size_t places = LineIdentities::most_places) : identities_(places) {}

    std::optional<Sender> hear(std::string_view serial, bool has_checksum = true) {
        now_ += 1s;
        return identities_.judge({std::string(serial), {}}, has_checksum, now_);
    }
    void pass(Clock::duration time) { now_ += time; }
    bool is_unsteady() const { return identities_.is_unsteady(now_); }
    std::size_t meters() const { return identities_.meters(); }

  private:
    LineIdentities identities_;
    Clock::time_point now_{1h};
};

Sender sender(std::string serial, std::size_t place = 0) {
    return {place, {std::move(serial), {}}};
}

TEST(LineIdentities, TheFirstUnderAChecksumCountsAtOnce) {
    Line line;
    EXPECT_EQ(line.hear("A"), sender("A"));
    EXPECT_EQ(line.hear("A"), sender("A"));
    EXPECT_FALSE(line.is_unsteady());
}

TEST(LineIdentities, WithoutChecksumItCountsWhenSeenTwiceWithinFour) {
    Line line;
    EXPECT_FALSE(line.hear("A", false));
    EXPECT_FALSE(line.hear("X", false));
    EXPECT_FALSE(line.hear("Y", false));
    EXPECT_EQ(line.hear("A", false), sender("A"));
    EXPECT_FALSE(line.hear("B", false)) << "once is damage";
    EXPECT_EQ(line.hear("A", false), sender("A"));
}

TEST(LineIdentities, TwiceWithinFiveIsNotEnough) {
    Line line;
    line.hear("A");
    EXPECT_FALSE(line.hear("B"));
    line.hear("A");
    line.hear("A");
    line.hear("A");
    EXPECT_FALSE(line.hear("B"));
}

TEST(LineIdentities, AnExchangeTakesThePlace) {
    Line line;
    line.hear("A");
    line.hear("A");
    EXPECT_FALSE(line.hear("B"));
    EXPECT_EQ(line.hear("B"), sender("B"));
    EXPECT_EQ(line.hear("B"), sender("B"));
    EXPECT_EQ(line.meters(), 1U);
    EXPECT_FALSE(line.is_unsteady());
}

TEST(LineIdentities, TwoThatTakeTurnsAreTwo) {
    Line line;
    EXPECT_EQ(line.hear("A"), sender("A"));
    EXPECT_FALSE(line.hear("B"));
    EXPECT_EQ(line.hear("A"), sender("A"));
    EXPECT_EQ(line.hear("B"), sender("B", 1));
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(line.hear("A"), sender("A"));
        EXPECT_EQ(line.hear("B"), sender("B", 1));
    }
}

TEST(LineIdentities, OneThatComesBackIsNoExchangeAgain) {
    Line line;
    for (int i = 0; i < 4; ++i) {
        line.hear("A");
    }
    line.hear("B");
    for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(line.hear("B"), sender("B"));
    }
    EXPECT_FALSE(line.hear("A"));
    EXPECT_EQ(line.hear("A"), sender("A", 1));
    EXPECT_EQ(line.hear("B"), sender("B"));
    EXPECT_EQ(line.hear("A"), sender("A", 1));
}

TEST(LineIdentities, WithoutSerialNumberItIsTheOnlyMeterThereWas) {
    Line line;
    EXPECT_EQ(line.hear(""), sender("")) << "a meter that never tells one";
    EXPECT_EQ(line.hear("A"), sender("A")) << "the first one it tells";
    EXPECT_EQ(line.hear(""), sender("A"));
    line.hear("B");
    line.hear("A");
    EXPECT_EQ(line.hear("B"), sender("B", 1));
    EXPECT_FALSE(line.hear("")) << "of one of the two";
}

TEST(LineIdentities, AfterAnExchangeNothingSaysWhoHasNoSerialNumber) {
    Line line;
    line.hear("A");
    line.hear("B");
    EXPECT_EQ(line.hear("B"), sender("B"));
    EXPECT_FALSE(line.hear(""));
}

TEST(LineIdentities, WithoutSerialNumberAndChecksumItIsAwaitedTwice) {
    Line line;
    EXPECT_FALSE(line.hear("", false));
    EXPECT_EQ(line.hear("", false), sender(""));
}

TEST(LineIdentities, FourNewOnesAnHour) {
    Line line;
    line.hear("0");
    for (const char* const serial : {"1", "2", "3", "4"}) {
        line.hear(serial);
        EXPECT_EQ(line.hear(serial), sender(serial));
    }
    line.hear("5");
    EXPECT_FALSE(line.hear("5"));
    line.pass(59min);
    EXPECT_FALSE(line.hear("5"));
    line.pass(1min);
    line.hear("5");
    EXPECT_EQ(line.hear("5"), sender("5"));
}

TEST(LineIdentities, ThreeRefusedWithinAnHourAreSaid) {
    Line line;
    line.hear("A");
    line.hear("B");
    line.hear("C");
    EXPECT_FALSE(line.is_unsteady());
    line.hear("D");
    EXPECT_TRUE(line.is_unsteady());
    line.pass(61min);
    EXPECT_FALSE(line.is_unsteady());
}

TEST(LineIdentities, WhereThereIsOnePlaceTheOtherMustHaveLeft) {
    Line line(1);
    line.hear("A");
    line.hear("B");
    line.hear("A");
    EXPECT_FALSE(line.hear("B"));
    line.hear("B");
    EXPECT_EQ(line.hear("B"), sender("B")) << "A was not heard for four telegrams";
}

// Whatever comes, there are never more meters than four new ones an hour allow, and a sender is one that was
// sent.
TEST(LineIdentities, RandomDamageNeverMakesMore) {
    for (unsigned seed = 0; seed < 300; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        Line line;
        std::set<std::string> made;
        const unsigned damaged_of_ten = static_cast<unsigned>(random() % 11);
        const unsigned real = 1 + static_cast<unsigned>(random() % 3);
        for (int i = 0; i < 1800; ++i) { // half an hour
            std::string serial = "METER" + std::to_string(random() % real);
            if (random() % 10 < damaged_of_ten) {
                const bool is_cut = random() % 8 == 0;
                serial.at(random() % serial.size()) =
                    static_cast<char>('0' + random() % (seed % 2 == 0 ? 3 : 64));
                serial = is_cut ? std::string() : serial;
            }
            if (const auto found = line.hear(serial, random() % 2 == 0)) {
                made.insert(found->serial.text);
                EXPECT_TRUE(serial.empty() || found->serial.text == serial);
                EXPECT_LT(found->place, LineIdentities::most_places);
            }
        }
        made.erase("");
        EXPECT_LE(made.size(), 1 + LineIdentities::most_new);
    }
}

} // namespace
} // namespace gridbridge::test
