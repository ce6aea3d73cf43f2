#include "drivers/io/link_names.hpp"

#include "drivers/text/link_name.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint16_t id = 0x1234;
const Bytes meter_name{5, 'M', 'e', 't', 'e', 'r', 5, 'l', 'o', 'c', 'a', 'l', 0};

Bytes operator+(Bytes left, const Bytes& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

Bytes header(std::uint8_t questions, std::uint8_t answers, std::uint8_t additional = 0,
             std::uint8_t code = 0) {
    return {0x12, 0x34, 0x84, code, 0, questions, 0, answers, 0, 0, 0, additional};
}

// The class has the bit that responders set for what only they have.
Bytes record(const Bytes& name, std::uint8_t type, const Bytes& data, std::uint8_t seconds = 10) {
    return name + Bytes{0, type, 0x80, 1, 0, 0, 0, seconds, 0, static_cast<std::uint8_t>(data.size())} + data;
}

const Bytes v4{192, 0, 2, 7};
const Bytes v6{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};
const Bytes link_local{0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};

std::vector<std::string> told(const Bytes& message, std::string_view host = "meter.local") {
    return addresses_of_link_name(message, host, id);
}

TEST(LinkNames, EndInLocal) {
    EXPECT_TRUE(is_link_name("meter.local"));
    EXPECT_TRUE(is_link_name("Meter.LOCAL."));
    EXPECT_TRUE(is_link_name("p1.meter.local"));
    EXPECT_FALSE(is_link_name("local"));
    EXPECT_FALSE(is_link_name(".local"));
    EXPECT_FALSE(is_link_name("meter.locals"));
    EXPECT_FALSE(is_link_name("192.0.2.7"));
}

TEST(LinkNames, TheQuestionIsForBothKindsOfAddresses) {
    const Bytes name{1, 'm', 5, 'l', 'o', 'c', 'a', 'l', 0};
    EXPECT_EQ(link_name_question("m.local", id), (Bytes{0x12, 0x34, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0} + name +
                                                  Bytes{0, 1, 0, 1} + name + Bytes{0, 28, 0, 1}));
    EXPECT_EQ(link_name_question("m.local.", id), link_name_question("m.local", id));
}

TEST(LinkNames, WhatIsNoNameIsNotAskedFor) {
    EXPECT_THAT(link_name_question("a..local", id), IsEmpty());
    EXPECT_THAT(link_name_question(std::string(64, 'a') + ".local", id), IsEmpty());
    EXPECT_FALSE(link_name_question(std::string(63, 'a') + ".local", id).empty());
    std::string deep = "local";
    for (int i = 0; i < 130; ++i) {
        deep.insert(0, "a.");
    }
    EXPECT_THAT(link_name_question(deep, id), IsEmpty());
}

TEST(LinkNames, AnAnswerRepeatsTheQuestionAndRefersToIt) {
    const Bytes reference{0xc0, 12};
    const Bytes question = meter_name + Bytes{0, 1, 0, 1};
    EXPECT_THAT(told(header(1, 1) + question + record(reference, 1, v4)), ElementsAre("192.0.2.7"));
}

TEST(LinkNames, IPv4ComesFirstAndLinkLocalAddressesAreLeftOut) {
    EXPECT_THAT(told(header(0, 2, 1) + record(meter_name, 28, link_local) + record(meter_name, 28, v6) +
                     record(meter_name, 1, v4)),
                ElementsAre("192.0.2.7", "2001:db8::7"));
}

TEST(LinkNames, OthersAreNotMeant) {
    const Bytes other{4, 'c', 'a', 'r', 's', 5, 'l', 'o', 'c', 'a', 'l', 0};
    const Bytes answer = header(0, 1) + record(meter_name, 1, v4);
    EXPECT_THAT(told(answer, "cars.local"), IsEmpty());
    EXPECT_THAT(told(header(0, 2) + record(other, 1, {192, 0, 2, 8}) + record(meter_name, 1, v4)),
                ElementsAre("192.0.2.7"));
    EXPECT_THAT(addresses_of_link_name(answer, "meter.local", 1), IsEmpty()) << "of another question";
    EXPECT_THAT(told(header(0, 1, 0, 3) + record(meter_name, 1, v4)), IsEmpty()) << "an error";
    EXPECT_THAT(told(header(0, 1) + record(meter_name, 1, v4, 0)), IsEmpty()) << "it leaves";
    EXPECT_THAT(told(header(0, 1) + record(meter_name, 16, v4)), IsEmpty()) << "a text";
    EXPECT_THAT(told(header(0, 1) + record(meter_name, 1, v6)), IsEmpty()) << "no IPv4 address has 16 bytes";
    Bytes question = answer;
    question[2] = 0;
    EXPECT_THAT(told(question), IsEmpty()) << "a question";
}

TEST(LinkNames, WhatIsCutOffSaysNothing) {
    const Bytes answer = header(1, 1) + meter_name + Bytes{0, 1, 0, 1} + record({0xc0, 12}, 1, v4);
    ASSERT_THAT(told(answer), ElementsAre("192.0.2.7"));
    for (std::size_t size = 0; size < answer.size(); ++size) {
        EXPECT_THAT(told(Bytes(answer.begin(), answer.begin() + static_cast<std::ptrdiff_t>(size))),
                    IsEmpty())
            << size;
    }
}

TEST(LinkNames, ReferencesGoBackOnly) {
    EXPECT_THAT(told(header(0, 1) + record({0xc0, 12}, 1, v4)), IsEmpty()) << "to itself";
    EXPECT_THAT(told(header(0, 1) + record({0xc0, 14}, 1, v4)), IsEmpty()) << "ahead";
    EXPECT_THAT(told(header(0, 1) + record({0xc0, 0}, 1, v4)), IsEmpty()) << "into the header";
    EXPECT_THAT(told(header(0, 1) + record({0xff, 0xff}, 1, v4)), IsEmpty()) << "beyond the end";
    EXPECT_THAT(told(header(0, 1) + record({1, 'a', 0xc0, 12}, 1, v4)), IsEmpty()) << "to the name it is in";
}

TEST(LinkNames, WithoutAnswerTheWaitEnds) {
    EXPECT_THAT(ask_link("nobody-has-this-name.local", std::chrono::milliseconds(20)), IsEmpty());
}

} // namespace
} // namespace gridbridge::test
